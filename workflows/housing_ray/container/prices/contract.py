"""The SageMaker container contract: where things lie, which hosts there are, and how a failure is told.

Source: "How Amazon SageMaker AI provides training information", "How Amazon SageMaker Processing configures input and
output for your processing container" in the SageMaker developer guide.
"""

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

_LONGEST_REASON = 1024


class InputError(Exception):
    """Bad data, arguments or hyperparameters: the message is for the person who sent them."""


class ArgumentParser(argparse.ArgumentParser):
    """Tells of wrong arguments as of all that is wrong with a job, not on standard error alone."""

    def error(self, message: str) -> NoReturn:
        """Ends the job."""
        raise InputError(message)


@dataclass(frozen=True)
class Hosts:
    """The hosts of a job.

    Attributes:
        names: of all, in the job's order; the first one leads.
        current: the name of this host.
        job: what the job is called, the same on all of its hosts.
    """

    names: tuple[str, ...]
    current: str
    job: str

    @property
    def leads(self) -> bool:
        """Whether this host is the first."""
        return self.current == self.names[0]


def base_dir() -> Path:
    """The folder of the contract: /opt/ml, or SAGEMAKER_BASE_DIR where no such folder can be mounted."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def model_dir() -> Path:
    """Where training leaves the model, and serving finds it."""
    return base_dir() / "model"


def channel(name: str) -> Path:
    """The files of an input channel of a training job."""
    return base_dir() / "input" / "data" / name


def processing(name: str) -> Path:
    """An input or output folder of a processing job, made where it is missing."""
    folder = base_dir() / "processing" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def hyperparameters() -> dict[str, str]:
    """The training job's hyperparameters; all values are texts. Empty where there are none."""
    return dict(_read("input", "config", "hyperparameters.json"))


def hosts() -> Hosts:
    """The hosts of this job; this machine alone where the job says nothing of them."""
    found = _read("input", "config", "resourceconfig.json") or _read("config", "resourceconfig.json")
    names = tuple(found.get("hosts", ("localhost",)))
    job = os.environ.get("TRAINING_JOB_ARN") or _read("config", "processingjobconfig.json").get("ProcessingJobArn", "")
    return Hosts(names, found.get("current_host", names[0]), job)


def _read(*path: str) -> dict[str, Any]:
    file = base_dir().joinpath(*path)
    return dict(json.loads(file.read_text())) if file.exists() else {}


def run(work: Callable[[], None]) -> int:
    """Does a job's work; gives the exit code, with the reason told where training and processing jobs look for it."""
    try:
        work()
    except InputError as error:
        tell_failure(str(error))
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001 - whatever it is, SageMaker must be told before the process ends
        tell_failure(f"{type(error).__name__}: {error}")
        traceback.print_exc()
        return 1
    return 0


def tell_failure(reason: str) -> None:
    """Leaves the reason of a failure where training and processing jobs look for it."""
    output = base_dir() / "output"
    output.mkdir(parents=True, exist_ok=True)
    for name in ("failure", "message"):
        (output / name).write_text(reason[:_LONGEST_REASON])
