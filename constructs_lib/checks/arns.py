"""What IAM statements name: functions, repositories and keys, by their ARNs."""

import re
from collections.abc import Iterator, Mapping

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

_EXPECTED = {
    "function_arn": (r"arn:[^:]+:lambda:.+", "the ARN of a function"),
    "kms_key": (r"arn:[^:]+:kms:[^:]*:[^:]*:key/.+", "the ARN of a key, not its id or an alias"),
    "repository_arn": (r"arn:[^:]+:ecr:.+", "the ARN of a repository"),
}


_MEMBERS: Mapping[type[Need], str] = {
    InvokeFunction: "function_arn",
    ReadObjects: "kms_key",
    WriteObjects: "kms_key",
    EncryptVolumes: "kms_key",
    PullImage: "repository_arn",
}


@rule_of_steps
def what_iam_names_is_an_arn(subject: Steps) -> Iterator[Problem]:
    """The services take names and aliases in many places; a role's policy takes ARNs, and IAM refuses the rest."""
    for step in subject.tasks:
        for need in _needs(step):
            name = _MEMBERS.get(type(need))
            value = None if name is None else getattr(need, name)
            if name is None or not isinstance(value, str) or has_text_token(value):
                continue
            pattern, expected = _EXPECTED[name]
            if not re.fullmatch(pattern, value):
                yield Problem(step=step.name, path=name, message=f"got {shown(value)}, expected {expected}")


def _needs(step: TaskStep) -> Iterator[Need]:
    yield from step.engine_needs
    yield from step.job_needs if isinstance(step, JobStep) else ()
    yield from (need for _, need in step.model_needs)
