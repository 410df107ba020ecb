"""What the work of every step has at hand: its execution, its role's calls, its values, its stop."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from attrs import define, field
from botocore.exceptions import ClientError

from local_aws.sagemaker.pipelines.calls import RoleCalls
from local_aws.sagemaker.pipelines.failures import StepFailedError
from local_aws.sagemaker.pipelines.notifications import Notifications
from local_aws.sagemaker.pipelines.records import Execution, StepRun
from local_aws.sagemaker.pipelines.references import JsonGet
from local_aws.sagemaker.pipelines.resolving import Resolver, moment_text
from local_aws.sagemaker.resource_names import now
from local_aws.sagemaker.s3_locations import S3Location

T = TypeVar("T")
Blocking = Callable[[Callable[[], T]], Awaitable[T]]
# "The maximum size of a property file": quotas of SageMaker Pipelines
_MOST_FILE_BYTES = 2 * 1024 * 1024


@define(eq=False, kw_only=True)
class StepWork:
    """The ground of one step's work, in the engine's loop.

    Attributes:
        execution: that the step is part of.
        run: its record.
        calls: AWS with the execution's role.
        blocking: runs a function in a worker thread.
        notifications: told of the step's statuses.
        stop: set once the execution is to stop.
    """

    execution: Execution
    run: StepRun
    calls: RoleCalls
    blocking: "Callable[[Callable[[], Any]], Awaitable[Any]]"
    notifications: Notifications
    stop: asyncio.Event = field(factory=asyncio.Event)

    def enter(self, status: str) -> None:
        """The step goes on in another status, which is told."""
        before, self.run.status = self.run.status, status
        self.notifications.step_changed(self.execution, self.run, before)

    async def resolve(self, value: Any, **variables: str) -> Any:
        """A document with values for its expressions.

        Args:
            value: of the step's definition.
            variables: further ``Execution.`` variables.

        Raises:
            StepFailedError: a value is not there.
        """
        resolver = resolver_of(self.execution, self.calls, **variables)
        return await self.blocking(lambda: resolver.resolve(value))

    async def call(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """One call with the role's rights.

        Raises:
            StepFailedError: it failed.
        """
        answer: dict[str, Any] = await self.blocking(lambda: self.calls.call(service, operation, request))
        return answer

    async def stopped_within(self, seconds: float) -> bool:
        """Waits; True as soon as the execution is to stop."""
        try:
            await asyncio.wait_for(self.stop.wait(), seconds)
        except TimeoutError:
            return False
        return True


def resolver_of(execution: Execution, calls: RoleCalls, **variables: str) -> Resolver:
    """What gives values to an execution's expressions.

    Args:
        execution: its parameters, variables and steps.
        calls: reads property files.
        variables: further ``Execution.`` variables.
    """
    return Resolver(
        parameters=execution.parameters,
        variables=variables_of(execution) | variables,
        properties=lambda step: _properties(execution, step),
        read_file=lambda reference: _read_file(execution, calls, reference),
    )


def variables_of(execution: Execution) -> dict[str, str]:
    """The ``Execution.`` variables that every expression has."""
    return {
        "PipelineName": execution.pipeline.name,
        "PipelineArn": execution.pipeline.arn,
        "PipelineExecutionId": execution.id,
        "PipelineExecutionArn": execution.arn,
        "StartDateTime": moment_text(execution.created),
        "CurrentDateTime": moment_text(now()),
    }


def _properties(execution: Execution, step: str) -> Any:
    run = execution.runs.get(step)
    if run is None or run.properties is None:
        raise StepFailedError(f"ClientError: step {step} has no properties: it was not executed")
    return run.properties


def _read_file(execution: Execution, calls: RoleCalls, reference: JsonGet) -> Any:
    address = reference.s3_uri or _property_file(execution, str(reference.step), str(reference.property_file))
    try:
        location = S3Location.parse(str(address))
    except ValueError as error:
        raise StepFailedError(f"ClientError: {error}") from error
    try:
        answer = calls.ask("s3", "GetObject", {"Bucket": location.bucket, "Key": location.key})
    except ClientError as error:
        told = error.response["Error"]
        raise StepFailedError(
            f"ClientError: Failed to read the JSON file {location.uri}: {told.get('Code')}: {told.get('Message')}"
        ) from error
    if answer["ContentLength"] > _MOST_FILE_BYTES:
        raise StepFailedError(
            f"ClientError: {location.uri} has {answer['ContentLength']} bytes, expected at most {_MOST_FILE_BYTES}"
        )
    try:
        return json.loads(answer["Body"].read())
    except ValueError as error:
        raise StepFailedError(f"ClientError: {location.uri} is not JSON: {error}") from error


def _property_file(execution: Execution, step: str, name: str) -> str:
    entry = execution.definition.steps[step].property_files()[name]
    outputs = _properties(execution, step).get("ProcessingOutputConfig", {}).get("Outputs", [])
    for output in outputs:
        if output["OutputName"] == entry["OutputName"] and "S3Output" in output:
            folder = str(output["S3Output"]["S3Uri"])
            return f"{folder.rstrip('/')}/{entry['FilePath'].lstrip('/')}"
    raise StepFailedError(f"ClientError: step {step} has no output {entry['OutputName']} for property file {name}")
