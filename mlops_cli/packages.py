"""The packages of a workflow's container on this machine, for what its sample data are made with."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mlops_cli.errors import UNAVAILABLE, CliError
from mlops_cli.project import CACHE


def folder_with(lock: Path) -> Path:
    """A folder with the packages that a lock file names; installed once for each content of the file.

    Raises:
        CliError: they cannot be installed.
    """
    key = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = CACHE / f"packages-{key}"
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=CACHE))
    try:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        ended = _run([*pip, "--require-hashes", "--target", str(made), "--requirement", str(lock)], dict(os.environ))
        if ended.returncode:
            raise CliError(
                f"could not install the packages of {lock}:\n{ended.stderr.strip()}",
                hint="is the package index reachable? (PIP_INDEX_URL names a mirror)",
                exit_code=UNAVAILABLE,
            )
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another command has just installed them
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


def run(program: Path, *arguments: str, imports: list[Path]) -> None:
    """Runs a Python program with other packages than the command line's own.

    Args:
        program: its file.
        arguments: of the program.
        imports: folders that it imports from.

    Raises:
        CliError: it failed.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, imports)), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = _run([sys.executable, str(program), *arguments], environment)
    if ended.returncode:
        raise CliError(f"{program.name} ended with exit code {ended.returncode}:\n{ended.stderr.strip()}")


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
