"""Carries out steps: values, cache, the work of the type, retries, and what is told of it."""

import asyncio
import logging
from typing import Any, Protocol, Self

from attrs import frozen

from local_aws.platform import Platform
from local_aws.sagemaker.pipelines import local_work
from local_aws.sagemaker.pipelines.callback_work import Callbacks, CallbackWork
from local_aws.sagemaker.pipelines.earlier_results import EarlierResults
from local_aws.sagemaker.pipelines.failures import StepFailedError, StepStoppedError
from local_aws.sagemaker.pipelines.lambda_work import LambdaWork
from local_aws.sagemaker.pipelines.lineage_work import LineageWork
from local_aws.sagemaker.pipelines.notifications import Notifications
from local_aws.sagemaker.pipelines.records import FAILED, STARTING, STOPPED, SUCCEEDED
from local_aws.sagemaker.pipelines.requests import request_of
from local_aws.sagemaker.pipelines.retries import Retries, policies_of
from local_aws.sagemaker.pipelines.service_steps import SERVICE_STEPS
from local_aws.sagemaker.pipelines.service_work import ServiceWork
from local_aws.sagemaker.pipelines.settings import PipelineSettings
from local_aws.sagemaker.pipelines.stand_ins import StandInWork
from local_aws.sagemaker.pipelines.step_types import STEP_TYPES
from local_aws.sagemaker.pipelines.step_work import StepWork
from local_aws.sagemaker.pipelines.watch import Watch

_log = logging.getLogger(__name__)


class CarryOut(Protocol):
    """The work of one type of step."""

    async def __call__(self, work: StepWork, request: dict[str, Any]) -> None:
        """Does it.

        Raises:
            StepFailedError: it failed.
            StepStoppedError: it was stopped.
        """


@frozen
class StepRunner:
    """Runs one step after the other, or many at once.

    Args:
        platform: the local AWS.
        work: by type of step.
        results: of earlier executions.
        notifications: told of every change.
    """

    platform: Platform
    work: dict[str, CarryOut]
    results: EarlierResults
    notifications: Notifications

    @classmethod
    def of(
        cls,
        platform: Platform,
        settings: PipelineSettings,
        watch: Watch,
        callbacks: Callbacks,
        notifications: Notifications,
    ) -> Self:
        """With the work of every type."""
        stand_in = StandInWork(platform, settings.stand_ins, settings.stand_in_seconds)
        work: dict[str, CarryOut] = {name: stand_in.carry_out for name, kind in STEP_TYPES.items() if kind.stand_in}
        work |= dict.fromkeys(SERVICE_STEPS, ServiceWork(watch).carry_out)
        work |= {
            "Condition": local_work.decide,
            "Fail": local_work.fail,
            "Callback": CallbackWork(callbacks, settings.callback_seconds).carry_out,
            "Lambda": LambdaWork(settings.function_seconds).carry_out,
            "Lineage": LineageWork(platform).carry_out,
        }
        return cls(platform, work, EarlierResults(platform), notifications)

    async def carry_out(self, work: StepWork) -> None:
        """Runs a step to an end that its record tells."""
        run = work.run
        self.notifications.step_began(work.execution, run)
        status, failure = SUCCEEDED, None
        try:
            await self._attempts(work)
        except StepFailedError as error:
            status, failure = FAILED, str(error)
        except StepStoppedError:
            status = STOPPED
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 - whatever goes wrong here, the step must end, and say so
            _log.exception("step %s of %s", run.step.name, work.execution.arn)
            status, failure = FAILED, "InternalServerError: the local AWS failed; its own log says why"
        before = run.status
        run.end(status, failure)
        self.notifications.step_ended(work.execution, run, before)

    async def _attempts(self, work: StepWork) -> None:
        retries = Retries(policies_of(work.run.step.document.get("RetryPolicies")))
        while True:
            work.run.attempts += 1
            try:
                await self._attempt(work)
            except StepFailedError as failure:
                pause = retries.pause(failure.exception_type)
                if pause is None:
                    raise
                work.enter(STARTING)
                if await work.stopped_within(pause):
                    raise StepStoppedError from failure
            else:
                return

    async def _attempt(self, work: StepWork) -> None:
        request = await request_of(work)
        cache = work.run.step.document.get("CacheConfig") or {}
        if cache.get("Enabled"):
            found = await work.blocking(lambda: self.results.take(work.execution, work.run, request, cache))
            if found:
                return
        await self.work[work.run.step.type](work, request)
        if cache.get("Enabled"):
            await work.blocking(lambda: self.results.keep(work.execution, work.run))
