"""Training on spare instances, and the checkpoints that it goes on from."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from constructs_lib.checks.rules import Steps, rule_of_steps
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.training import TrainingStep
from constructs_lib.definitions.steps.tuning import TuningStep
from constructs_lib.definitions.tokens import has_text_token, is_number_token

_OPT_ML = PurePosixPath("/opt/ml")


@rule_of_steps
def spot_training_has_the_time_that_it_may_run(subject: Steps) -> Iterator[Problem]:
    """The time for a job on spare instances holds the time that it may run."""
    for step in subject.all_steps:
        if not isinstance(step, TrainingStep | TuningStep) or step.spot is None:
            continue
        wait, run = step.spot.max_wait_seconds, step.max_runtime_seconds
        if not isinstance(wait, int) or not isinstance(run, int) or is_number_token(wait) or is_number_token(run):
            continue
        if wait < run:
            message = f"got {wait}, expected at least max_runtime_seconds, {run}"
            yield Problem(step=step.name, path="spot.max_wait_seconds", message=message)


@rule_of_steps
def checkpoints_lie_where_a_job_may_write(subject: Steps) -> Iterator[Problem]:
    """SageMaker shares the folders below ``/opt/ml`` with a training container."""
    for step in subject.all_steps:
        if not isinstance(step, TrainingStep | TuningStep) or step.checkpoints is None:
            continue
        path = step.checkpoints.path
        if not isinstance(path, str) or has_text_token(path):
            continue
        if not PurePosixPath(path).is_relative_to(_OPT_ML) or ".." in PurePosixPath(path).parts:
            message = f"got {shown(path)}, expected a folder below {_OPT_ML}"
            yield Problem(step=step.name, path="checkpoints.path", message=message)
