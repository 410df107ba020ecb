"""Where things lie in this checkout."""

import json
import os
from pathlib import Path
from typing import Final

from mlops_cli.errors import BAD_INPUT, CliError

ROOT: Final = Path(__file__).resolve().parent.parent
STATE: Final = Path(os.environ.get("MLOPS_STATE_DIR", ROOT / ".mlops"))
"""What the command line remembers: the local AWS that it started, the synthesized app, the last demo."""
LOCAL_STATE_FILE: Final = STATE / "local.json"
LOCAL_LOG: Final = STATE / "local.log"
CACHE: Final = ROOT / ".mlops" / "cache"
CDK_HOME: Final = STATE / "cdk"
CLOUD_ASSEMBLY: Final = STATE / "cdk.out"
CDK: Final = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
WORKFLOWS: Final = ROOT / "workflows"
LOCAL_ENVIRONMENT: Final = "dev"
"""The environment of cdk.json that the local AWS gets."""


def shown(path: Path) -> str:
    """A path as a person reads it: relative to the checkout where it lies in it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def environments() -> list[str]:
    """The environments that cdk.json describes."""
    return sorted(json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]["environments"])


def output_file(path: Path) -> Path:
    """A file to write that a person gave: looked at before anything is done whose result it is to hold.

    Raises:
        CliError: it lies in no folder, or is one.
    """
    file = from_caller(path)
    if file.is_dir():
        raise CliError(f"cannot write {path}: it is a folder", exit_code=BAD_INPUT)
    if not file.parent.is_dir():
        raise CliError(f"cannot write {path}: there is no folder {path.parent}", exit_code=BAD_INPUT)
    return file


def from_caller(path: Path) -> Path:
    """A path that a person gave, relative to where they stood when they called ``./mlops``."""
    return path if path.is_absolute() else Path(os.environ.get("MLOPS_CALLER_DIR", Path.cwd())) / path
