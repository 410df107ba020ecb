"""Whether a process of this machine runs."""

from pathlib import Path


def runs(pid: int) -> bool:
    """False too for one that has ended and that nobody has asked about yet."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return fields[0] != "Z"
