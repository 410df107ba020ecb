"""Makes an environment for an oracle, and its golden files in it.

    ./mlops python tests/oracles/remake.py ORACLE [FOLDER]

ORACLE: a folder beside this file, such as ``sagemaker_sdk``. FOLDER: where the files go. Default: into the oracle's.
"""

import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent


class EnvironmentNotMadeError(Exception):
    """The oracle's packages could not be installed: says why."""


@contextmanager
def environment(oracle: str) -> Iterator[str]:
    """Installs what an oracle's ``requirements.txt`` locks into a folder that goes away; gives the Python in it.

    Raises:
        EnvironmentNotMadeError: not all packages could be had.
    """
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        command = (python, "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement")
        lock = str(HERE / oracle / "requirements.txt")
        done = subprocess.run([*command, lock], capture_output=True, text=True, check=False)
        if done.returncode:
            raise EnvironmentNotMadeError(done.stderr.strip())
        yield python


def main() -> None:
    """Runs the oracle's ``make.py`` in an environment of its own."""
    oracle = sys.argv[1]
    with environment(oracle) as python:
        subprocess.run([python, str(HERE / oracle / "make.py"), *sys.argv[2:3]], check=True)


if __name__ == "__main__":
    main()
