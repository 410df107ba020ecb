"""Steps that call nothing: Condition and Fail."""

from typing import Any

from local_aws.sagemaker.pipelines.conditions import ConditionError, holds
from local_aws.sagemaker.pipelines.failures import StepFailedError
from local_aws.sagemaker.pipelines.parameters import text_of
from local_aws.sagemaker.pipelines.records import EXECUTING
from local_aws.sagemaker.pipelines.step_work import StepWork


async def decide(work: StepWork, request: dict[str, Any]) -> None:
    """Carries out a Condition step.

    Raises:
        StepFailedError: the condition cannot be decided.
    """
    work.enter(EXECUTING)
    try:
        outcome = holds(request["Conditions"])
    except ConditionError as error:
        raise StepFailedError(f"ClientError: {error}") from error
    work.run.outcome = outcome
    work.run.properties = {"Outcome": outcome}
    work.run.metadata = {"Condition": {"Outcome": str(outcome)}}


async def fail(work: StepWork, request: dict[str, Any]) -> None:
    """Carries out a Fail step.

    Raises:
        StepFailedError: always.
    """
    message = text_of(request["ErrorMessage"])
    work.run.metadata = {"Fail": {"ErrorMessage": message}}
    raise StepFailedError(message)
