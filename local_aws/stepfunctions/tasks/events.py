"""The events of a Task state's attempt, in the words of its kind of resource."""

from typing import Any

from attrs import define

from local_aws.stepfunctions.language.errors import TIMEOUT, StatesError
from local_aws.stepfunctions.language.resources import Resource
from local_aws.stepfunctions.running.executions import Branch
from local_aws.stepfunctions.running.history import History

_PREFIXES = {"lambda": "LambdaFunction", "activity": "Activity"}


@define(eq=False, kw_only=True)
class TaskHistory:
    """Records the events of one attempt.

    Args:
        history: of the execution.
        branch: the line of states that the task is on.
        resource: what is called.
        region: where.
    """

    history: History
    branch: Branch
    resource: Resource
    region: str
    _submitting: bool = False

    def scheduled(self, arguments: str, timeout: float | None, heartbeat: float | None, role: str | None) -> None:
        """The task is about to be started."""
        details: dict[str, Any] = {}
        if timeout is not None:
            details["timeoutInSeconds"] = int(timeout)
        if heartbeat is not None:
            details["heartbeatInSeconds"] = int(heartbeat)
        if role is not None:
            details["taskCredentials"] = {"roleArn": role}
        if self.resource.kind in _PREFIXES:
            details |= {"resource": self.resource.arn, "input": arguments}
        else:
            details |= {"region": self.region, "parameters": arguments, **self._names()}
        self._add("Scheduled", details)

    def started(self, worker: str | None = None) -> None:
        """The task runs; `worker` is who took an activity."""
        if self.resource.kind == "lambda":
            self._add("Started", None)
        elif self.resource.kind == "activity":
            self._add("Started", {} if worker is None else {"workerName": worker})
        else:
            self._submitting = bool(self.resource.pattern)
            self._add("Started", self._names())

    def submitted(self, output: str) -> None:
        """The request was taken; the work goes on."""
        self._submitting = False
        self._add("Submitted", {"output": output, **self._names()})

    def succeeded(self, output: str) -> None:
        """The task has ended well."""
        self._add("Succeeded", {"output": output, **({} if self.resource.kind in _PREFIXES else self._names())})

    def failed(self, error: StatesError) -> None:
        """The task has failed or timed out."""
        names = {} if self.resource.kind in _PREFIXES else self._names()
        kind = "TimedOut" if error.error == TIMEOUT else "SubmitFailed" if self._submitting else "Failed"
        self._add(kind, {**error.details(), **names})

    def _names(self) -> dict[str, Any]:
        return {"resourceType": self.resource.resource_type, "resource": self.resource.resource}

    def _add(self, what: str, details: dict[str, Any] | None) -> None:
        kind = f"{_PREFIXES.get(self.resource.kind, 'Task')}{what}"
        self.branch.last = self.history.add(kind, self.branch.last, details)
