"""The smallest program there is: proof that an engine runs containers on this machine, without any image to fetch."""

import io
import platform
import struct
import tarfile

EXIT_CODE = 42
_ENTRY = 0x400078
_MACHINES = {
    # machine number of ELF, then: exit_group(42)
    "x86_64": (62, bytes.fromhex("b8e7000000bf2a0000000f05")),
    "aarch64": (183, bytes.fromhex("400580d2c80b80d2010000d4")),
}


def archive() -> bytes | None:
    """A tar archive of a root file system with one static program ``/trial``; None for an unknown machine."""
    known = _MACHINES.get({"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine(), platform.machine()))
    if known is None:
        return None
    program = _program(*known)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("trial")
        entry.size, entry.mode = len(program), 0o755
        tar.addfile(entry, io.BytesIO(program))
    return buffer.getvalue()


def _program(machine: int, code: bytes) -> bytes:
    """An ELF file of 64 bits with one loaded segment."""
    size = 64 + 56 + len(code)
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header = identity + struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, _ENTRY, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 0x1000)
    return header + segment + code
