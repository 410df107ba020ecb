"""Tasks that end with the job they start (``.sync``)."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import define, field

from local_aws.stepfunctions.language.documents import parse_json, to_json
from local_aws.stepfunctions.language.errors import TASK_FAILED, StatesError
from local_aws.stepfunctions.running.clock import Clock
from local_aws.stepfunctions.tasks.aws_calls import AwsCalls, Dialect
from local_aws.stepfunctions.tasks.integrations import Integration, SyncJob
from local_aws.stepfunctions.tasks.job_watch import JobWatch
from local_aws.stepfunctions.tasks.sdk_names import service_model

if TYPE_CHECKING:
    from local_aws.stepfunctions.tasks.runner import Work

_log = logging.getLogger(__name__)
_FIRST_LOOK_SECONDS = 1.0
_LONGEST_BETWEEN_LOOKS_SECONDS = 15.0


@define(eq=False, kw_only=True)
class SyncJobs:
    """Starts jobs, waits for their end, and stops them when nobody waits any more.

    Args:
        calls: to AWS services.
        blocking: runs a function in a worker thread.
        watch: tells of the jobs' events.
        clock: time.
    """

    calls: AwsCalls
    blocking: Callable[[Callable[[], Any]], "asyncio.Future[Any]"]
    watch: JobWatch
    clock: Clock
    stopping: bool = field(default=False)

    async def run(
        self, work: "Work", row: Integration, request: dict[str, Any], start: Callable[[], dict[str, Any]]
    ) -> Any:
        """Starts a job and gives its description once it has ended.

        When the task is cancelled (a stop, a timeout, another branch's failure), the job is stopped.

        Raises:
            StatesError: it could not be started, or did not succeed.
        """
        job = row.sync
        if job is None:
            raise TypeError(f"{row.operation} starts no job")
        submission = self.blocking(start)
        try:
            answer = await asyncio.shield(submission)
        except asyncio.CancelledError:
            # the request may still be taken: what it starts must not stay behind
            submission.add_done_callback(lambda done: self._stop_started(work, row, job, request, done))
            raise
        operation = service_model(row.client).operation_model(row.operation)
        work.history.submitted(to_json(Dialect(optimized=row).result(operation, answer, metadata=True)))
        name = job.job_id(request, answer)
        try:
            description = await self._end(work, row, job, name)
        except asyncio.CancelledError:
            self._stop(work, row, job, name)
            raise
        describe = service_model(row.client).operation_model(job.describe)
        result = _described(row, describe, job.description(description), work.resource.pattern)
        if row.client == "sagemaker":
            # AWS gives what the job's last event tells: a description, with the tags as a map
            result["Tags"] = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        if job.status(job.description(description)) not in job.succeeded:
            raise StatesError(TASK_FAILED, to_json(result))
        return result

    async def _end(self, work: "Work", row: Integration, job: SyncJob, name: str) -> dict[str, Any]:
        told = self.watch.watch(job.detail_type, name)
        pause = _FIRST_LOOK_SECONDS
        try:
            while True:
                told.clear()
                description: dict[str, Any] = await self.blocking(
                    lambda: self.calls.call(
                        row.client,
                        job.describe,
                        job.describe_request(name),
                        role=work.role,
                        region=work.region,
                        dialect=Dialect(optimized=row),
                    )
                )
                if job.status(job.description(description)) in job.ended:
                    return description
                alarm = self.clock.call_at(self.clock.now() + pause, told.set)
                try:
                    await told.wait()
                finally:
                    alarm.cancel()
                pause = min(pause * 2, _LONGEST_BETWEEN_LOOKS_SECONDS)
        finally:
            self.watch.forget(job.detail_type, name, told)

    def _stop_started(
        self, work: "Work", row: Integration, job: SyncJob, request: dict[str, Any], done: "asyncio.Future[Any]"
    ) -> None:
        if not done.cancelled() and done.exception() is None:
            self._stop(work, row, job, job.job_id(request, done.result()))

    def _stop(self, work: "Work", row: Integration, job: SyncJob, name: str) -> None:
        if self.stopping:
            return

        def stop() -> None:
            try:
                self.calls.call(
                    row.client,
                    job.stop,
                    job.stop_request(name),
                    role=work.role,
                    region=work.region,
                    dialect=Dialect(optimized=row),
                )
            except StatesError as error:
                # best effort, as on AWS: the job may have ended by itself, or the role may not stop it
                _log.info("%s %s was not stopped: %s", row.operation, name, error)

        self.blocking(stop)


def _described(row: Integration, operation: Any, description: dict[str, Any], pattern: str) -> dict[str, Any]:
    shape = operation.output_shape
    if row.client == "codebuild":
        build = shape.members["builds"].member
        dialect = Dialect(optimized=row)
        return {"Build": dialect.result(_Output(build), description["build"], metadata=False)}
    result = Dialect(optimized=row).result(operation, description, metadata=False)
    if pattern == "sync:2":
        for member in ("Input", "Output"):
            if isinstance(result.get(member), str):
                result[member] = parse_json(result[member])
    return result


@define(frozen=True)
class _Output:
    """Stands for an operation whose output is a part of another's."""

    output_shape: Any
