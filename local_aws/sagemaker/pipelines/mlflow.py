"""MLflow of pipelines: where a definition says that its executions are tracked. There is no MLflow server here.

What is said is checked, kept and answered by DescribePipelineExecution, as AWS does; nothing is handed to the jobs.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from local_aws.sagemaker.pipelines.failures import StepFailedError
from local_aws.sagemaker.pipelines.parameters import text_of
from local_aws.sagemaker.pipelines.records import Execution
from local_aws.sagemaker.pipelines.references import (
    JsonGet,
    MalformedReferenceError,
    function_of,
    references,
)
from local_aws.sagemaker.pipelines.resolving import Resolver
from local_aws.sagemaker.pipelines.step_work import variables_of

MEMBER = "MlflowConfig"
_RESOURCE, _EXPERIMENT = "MlflowResourceArn", "MlflowExperimentName"
# of MLflowConfiguration, in which DescribePipelineExecution tells it
_ARN = re.compile(r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:mlflow-[a-zA-Z-]*/.*")
_LONGEST = {_RESOURCE: 2048, _EXPERIMENT: 256}


def mlflow_faults(config: Any) -> Iterator[str]:
    """What is wrong with the member of a definition; references are looked at elsewhere."""
    if config is None:
        return
    if not isinstance(config, dict):
        yield f"{MEMBER} must be an object"
        return
    yield from (f"{MEMBER}: unknown property '{member}'" for member in sorted(set(config) - set(_LONGEST)))
    if _RESOURCE not in config:
        yield f"{MEMBER} needs {_RESOURCE}"
    yield from _value_faults({name: value for name, value in config.items() if function_of(value) is None})
    try:
        found = list(references(config))
    except MalformedReferenceError:
        return  # who looks at references tells it
    if any(isinstance(each, JsonGet) or each.root == "Steps" for each in found):
        yield f"{MEMBER} refers to a step, but no step has run yet"


def track(execution: Execution, experiment_name: str | None) -> None:
    """Notes at a new execution where it is tracked.

    Args:
        execution: with its parameters.
        experiment_name: that the request to start it gives, in place of the definition's.

    Raises:
        ValueError: values of parameters do not make an ARN or a name.
    """
    resolver = Resolver(
        parameters=execution.parameters,
        variables=variables_of(execution),
        properties=_nothing_has_run,
        read_file=_nothing_has_run,
    )
    found = resolver.resolve(execution.definition.mlflow or {})
    told = {member: text_of(value) for member, value in found.items() if value is not None}
    if experiment_name is not None:
        told[_EXPERIMENT] = experiment_name
    if faults := list(_value_faults(told)):
        raise ValueError("; ".join(faults))
    execution.mlflow = told or None


def _value_faults(config: Mapping[str, Any]) -> Iterator[str]:
    for member, longest in _LONGEST.items():
        value = config.get(member)
        if value is None:
            continue
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            yield f"{MEMBER}.{member} must be a text of 1 to {longest} characters"
        elif member == _RESOURCE and not _ARN.fullmatch(value):
            yield f"{MEMBER}.{member} is {value!r}, which does not match {_ARN.pattern}"


def _nothing_has_run(_asked: JsonGet | str) -> NoReturn:
    raise StepFailedError(f"ClientError: {MEMBER} refers to a step, but no step has run yet")
