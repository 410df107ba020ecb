"""Where SageMaker puts things, and how a failure is told."""

import os
import sys
from collections.abc import Callable
from pathlib import Path


class InputError(Exception):
    """Bad data or arguments: the message is for the person who sent them."""


def base() -> Path:
    """The folder of the container contract: /opt/ml, or SAGEMAKER_BASE_DIR where no such folder can be mounted."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def processing(name: str) -> Path:
    """An input or output folder of a processing job, made where it is missing."""
    folder = base() / "processing" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def channel(name: str) -> Path:
    """A channel of a training job."""
    return base() / "input" / "data" / name


def failed(reason: str) -> int:
    """Leaves the reason of a failure where training and processing jobs look for it; gives the exit code."""
    output = base() / "output"
    output.mkdir(parents=True, exist_ok=True)
    for name in ("failure", "message"):
        (output / name).write_text(reason[:1024])
    print(f"error: {reason}", file=sys.stderr)
    return 1


def run(main: Callable[[], None]) -> None:
    """Runs a script's work and ends the process: with 1 and the reason told where its input is bad."""
    try:
        main()
    except InputError as error:
        sys.exit(failed(str(error)))
