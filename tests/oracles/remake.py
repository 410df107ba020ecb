"""Makes an environment for an oracle, and its golden files in it.

    ./mlops python tests/oracles/remake.py ORACLE [FOLDER]

ORACLE: a folder beside this file, such as ``sagemaker_sdk``. FOLDER: where the files go. Default: into the oracle's.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Installs what the oracle's ``requirements.txt`` locks into a folder that goes away, and runs its ``make.py``."""
    oracle = HERE / sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        lock = str(oracle / "requirements.txt")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock], check=True)
        subprocess.run([python, str(oracle / "make.py"), *sys.argv[2:3]], check=True)


if __name__ == "__main__":
    main()
