"""What IAM statements name: functions, repositories and keys, by their ARNs."""

import re
from collections.abc import Iterator

from constructs_lib.checks.rules import Steps, rule_of_steps
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.needs import (
    EncryptVolumes,
    InvokeFunction,
    Need,
    PullImage,
    ReadObjects,
    WriteObjects,
)
from constructs_lib.definitions.steps.base import JobStep, TaskStep
from constructs_lib.definitions.tokens import has_text_token
from constructs_lib.definitions.values import Text

_EXPECTED = {
    "function_arn": (r"arn:[^:]+:lambda:.+", "the ARN of a function"),
    "kms_key": (r"arn:[^:]+:kms:[^:]*:[^:]*:key/.+", "the ARN of a key, not its id or an alias"),
    "repository_arn": (r"arn:[^:]+:ecr:.+", "the ARN of a repository"),
}


@rule_of_steps
def what_iam_names_is_an_arn(subject: Steps) -> Iterator[Problem]:
    """The services take names and aliases in many places; a role's policy takes ARNs, and IAM refuses the rest."""
    for step in subject.tasks:
        for name, value in (found for need in _needs(step) for found in _named(need)):
            pattern, expected = _EXPECTED[name]
            if isinstance(value, str) and not has_text_token(value) and not re.fullmatch(pattern, value):
                yield Problem(step=step.name, path=name, message=f"got {shown(value)}, expected {expected}")


def _needs(step: TaskStep) -> Iterator[Need]:
    yield from step.engine_needs
    yield from step.job_needs if isinstance(step, JobStep) else ()
    yield from (need for _, need in step.model_needs)


def _named(need: Need) -> Iterator[tuple[str, Text | None]]:
    if isinstance(need, InvokeFunction):
        yield "function_arn", need.function_arn
    elif isinstance(need, ReadObjects | WriteObjects | EncryptVolumes):
        yield "kms_key", need.kms_key
    elif isinstance(need, PullImage):
        yield "repository_arn", need.repository_arn
