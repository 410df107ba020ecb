"""The work of steps that SageMaker's own operations carry out."""

import asyncio
import logging
from typing import Any

from attrs import define
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.pipelines.failures import StepFailedError, StepStoppedError, of_call, of_job
from local_aws.sagemaker.pipelines.records import EXECUTING, STOPPING
from local_aws.sagemaker.pipelines.service_steps import SERVICE_STEPS, ServiceStep
from local_aws.sagemaker.pipelines.step_work import StepWork
from local_aws.sagemaker.pipelines.watch import Watch

_log = logging.getLogger(__name__)
_FIRST_LOOK_SECONDS = 2.0
_LONGEST_BETWEEN_LOOKS_SECONDS = 15.0
_TRAININGS = 100
_GROUP = "ModelPackageGroupName"


@define(eq=False)
class ServiceWork:
    """Begins a step's job or resource with the pipeline's role, and waits for its end.

    Args:
        watch: tells of events.
    """

    watch: Watch

    async def carry_out(self, work: StepWork, request: dict[str, Any]) -> None:
        """Carries out a step.

        Args:
            work: the step.
            request: of its operation, resolved.

        Raises:
            StepFailedError: it failed.
            StepStoppedError: it was stopped.
        """
        kind = SERVICE_STEPS[work.run.step.type]
        name = None if kind.name is None else str(request[kind.name])
        arn = await self._begin(work, kind, request)
        work.run.metadata = {kind.metadata: {"Arn": arn}}
        work.enter(EXECUTING)
        description = await self._end(work, kind, kind.target(name, arn), arn)
        work.run.properties = await self._properties(work, kind, description)
        work.run.artifacts = tuple(kind.artifacts(description))
        if kind.status is not None and description[kind.status] != kind.succeeded:
            if work.stop.is_set() and description[kind.status] == "Stopped":
                raise StepStoppedError
            raise of_job(_reason(kind, description))
        if kind.change is not None and "FailureReason" in description:
            # a rollback ends in service, with what served before
            raise of_job(_reason(kind, description))

    async def _begin(self, work: StepWork, kind: ServiceStep, request: dict[str, Any]) -> str:
        def begin() -> dict[str, Any]:
            try:
                return work.calls.ask("sagemaker", kind.create, request)
            except (ClientError, BotoCoreError) as error:
                if kind.grouped and _GROUP in request and "does not exist" in str(error):
                    _make_group(work, request[_GROUP])
                    return work.calls.call("sagemaker", kind.create, request)
                if kind.change is None or "already existing" not in str(error):
                    raise of_call("sagemaker", kind.create, error) from error
            change = {member: value for member, value in request.items() if member not in kind.unchanged}
            return work.calls.call("sagemaker", kind.change, change)

        return str((await work.blocking(begin))[kind.arn])

    async def _end(self, work: StepWork, kind: ServiceStep, target: dict[str, str], arn: str) -> dict[str, Any]:
        told = asyncio.Event()
        pause = _FIRST_LOOK_SECONDS
        stop_asked = kind.stop is None
        stopping = asyncio.ensure_future(work.stop.wait())
        try:
            with self.watch.on(arn, told):
                while True:
                    told.clear()
                    description = await work.call("sagemaker", kind.describe, target)
                    if kind.status is None or description[kind.status] not in kind.going:
                        return description
                    if work.stop.is_set() and not stop_asked:
                        stop_asked = True
                        work.enter(STOPPING)
                        await self._stop(work, kind, target)
                    await _either(told, None if stop_asked else stopping, pause)
                    pause = min(pause * 2, _LONGEST_BETWEEN_LOOKS_SECONDS)
        finally:
            stopping.cancel()

    async def _stop(self, work: StepWork, kind: ServiceStep, target: dict[str, str]) -> None:
        try:
            await work.call("sagemaker", str(kind.stop), target)
        except StepFailedError as error:
            # it may have ended by itself in the meantime; what the role may not stop runs to its end
            _log.info("%s of %s was not stopped: %s", work.run.step.name, work.execution.arn, error)

    async def _properties(self, work: StepWork, kind: ServiceStep, description: dict[str, Any]) -> dict[str, Any]:
        found = {name: value for name, value in description.items() if name != "ResponseMetadata"}
        # not in the job's description: asked for, and the role's right to ask needed, where a step refers to it
        if kind.metadata != "TuningJob" or "TrainingJobSummaries" not in work.execution.definition.text:
            return found
        listing = {
            "HyperParameterTuningJobName": found["HyperParameterTuningJobName"],
            "SortBy": "FinalObjectiveMetricValue",
            "SortOrder": _best_first(found),
            "MaxResults": _TRAININGS,
        }
        answer = await work.call("sagemaker", "ListTrainingJobsForHyperParameterTuningJob", listing)
        return found | {"TrainingJobSummaries": answer["TrainingJobSummaries"]}


def _make_group(work: StepWork, name: str) -> None:
    try:
        work.calls.ask("sagemaker", "CreateModelPackageGroup", {_GROUP: name})
    except (ClientError, BotoCoreError) as error:
        # another step may have made it at the same time
        if "already exists" not in str(error):
            raise of_call("sagemaker", "CreateModelPackageGroup", error) from error


def _best_first(description: dict[str, Any]) -> str:
    objective = description["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective", {})
    return "Descending" if objective.get("Type") == "Maximize" else "Ascending"


def _reason(kind: ServiceStep, description: dict[str, Any]) -> str:
    status = description.get(str(kind.status))
    reason = description.get("FailureReason")
    if reason is None and kind.create == "CreateModelPackage":
        details = description.get("ModelPackageStatusDetails", {}).get("ValidationStatuses", [])
        reason = next((each["FailureReason"] for each in details if "FailureReason" in each), None)
    return str(reason) if reason is not None else f"{kind.metadata} ended with status {status}"


async def _either(told: asyncio.Event, stopping: "asyncio.Future[Any] | None", seconds: float) -> None:
    waiting = asyncio.ensure_future(told.wait())
    others = set() if stopping is None else {stopping}
    try:
        await asyncio.wait({waiting, *others}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
