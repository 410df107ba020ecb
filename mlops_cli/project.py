"""Where things lie in this checkout."""

import os
from pathlib import Path
from typing import Final

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


def from_caller(path: Path) -> Path:
    """A path that a person gave, relative to where they stood when they called ``./mlops``."""
    return path if path.is_absolute() else Path(os.environ.get("MLOPS_CALLER_DIR", Path.cwd())) / path
