"""Where MLflow keeps what executions of a pipeline did."""

import re
from collections.abc import Iterator
from typing import TypeGuard

from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.tokens import has_text_token

# of MLflowConfiguration, in which DescribePipelineExecution tells it
_ARN = re.compile(r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:mlflow-[a-zA-Z-]*/.*")
_LONGEST_ARN = 2048
_LONGEST_NAME = 256


@pipeline_rule
def mlflow_is_named_by_its_arn(subject: PipelineSubject) -> Iterator[Problem]:
    """Executions are refused otherwise."""
    if (config := subject.mlflow) is None:
        return
    arn, name = config.resource_arn, config.experiment_name
    if _is_known(arn) and (len(arn) > _LONGEST_ARN or not _ARN.fullmatch(arn)):
        message = f"got {shown(arn)}, expected the ARN of an MLflow app or tracking server"
        yield Problem(path="mlflow.resource_arn", message=message)
    if _is_known(name) and not 1 <= len(name) <= _LONGEST_NAME:
        message = f"got {len(name)} characters, expected 1 to {_LONGEST_NAME}"
        yield Problem(path="mlflow.experiment_name", message=message)


def _is_known(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and not has_text_token(value)
