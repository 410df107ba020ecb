"""Makes an environment for the Data Science SDK, and the golden files in it.

    ./mlops python tests/oracles/data_science_sdk/remake.py [FOLDER]

FOLDER: where the files go. Default: beside this file.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Installs what ``requirements.txt`` locks into a folder that goes away again, and runs ``make.py`` there."""
    with tempfile.TemporaryDirectory(prefix="data-science-sdk-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        lock = str(HERE / "requirements.txt")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock], check=True)
        subprocess.run([python, str(HERE / "make.py"), *sys.argv[1:2]], check=True)


if __name__ == "__main__":
    main()
