"""Small programs for a build's PATH that run code of the local AWS with its own Python."""

import os
import shlex
import sys
from pathlib import Path


def python_words(code: str) -> str:
    """The start of a shell command that runs Python code with the server's packages, whatever the build's variables.

    Args:
        code: Python statements; arguments of the command are in ``sys.argv[1:]``.
    """
    root = str(Path(__file__).parents[2])
    search_path = list(dict.fromkeys([root, *(entry for entry in sys.path if entry)]))
    start = f"import sys; sys.path[:] = {search_path!r}; {code}"
    return shlex.join([sys.executable, "-I", "-c", start])


def write(path: Path, text: str) -> None:
    """Writes a program that can be started at once by others: it appears whole."""
    fresh = path.with_name(f".{path.name}-{os.urandom(4).hex()}")
    fresh.write_text(text)
    fresh.chmod(0o755)
    fresh.rename(path)
