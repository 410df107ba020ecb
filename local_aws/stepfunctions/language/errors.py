"""Errors of an execution: their names, and which names of a Retry or Catch they answer to."""

from typing import Any

from attrs import frozen

ALL = "States.ALL"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
RUNTIME = "States.Runtime"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"
INTRINSIC_FAILURE = "States.IntrinsicFailure"
RESULT_PATH_MATCH_FAILURE = "States.ResultPathMatchFailure"
PERMISSIONS = "States.Permissions"
NOT_AVAILABLE = "LocalAws.NotAvailable"

RESERVED_NAMES = frozenset(
    {
        ALL,
        HEARTBEAT_TIMEOUT,
        TIMEOUT,
        TASK_FAILED,
        PERMISSIONS,
        RESULT_PATH_MATCH_FAILURE,
        "States.ParameterPathFailure",
        "States.BranchFailed",
        "States.NoChoiceMatched",
        INTRINSIC_FAILURE,
        "States.ExceedToleratedFailureThreshold",
        "States.ItemReaderFailed",
        "States.ResultWriterFailed",
        DATA_LIMIT_EXCEEDED,
        RUNTIME,
        QUERY_EVALUATION_ERROR,
        "States.Http.Socket",
    }
)
"""Error names that begin with ``States.`` and are known to the language and to AWS."""


class StatesError(Exception):
    """A failure inside an execution, as Retry and Catch see it.

    Args:
        error: the error's name; None where a Fail state gives none.
        cause: what went wrong, for a reader; None where nothing is told.
        terminal: ends the execution whatever the state's Catch says.
        heartbeat: a missed heartbeat, which answers to `HEARTBEAT_TIMEOUT` beside its own name.
        location: of the expression that failed, such as ``Output/v``.

    Attributes:
        place: the state that it was first seen in; None before that.
    """

    def __init__(
        self,
        error: str | None,
        cause: str | None = None,
        *,
        terminal: bool = False,
        heartbeat: bool = False,
        location: str | None = None,
    ) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.terminal = terminal
        self.heartbeat = heartbeat
        self.location = location
        self.place: str | None = None

    def answers_to(self, names: tuple[str, ...]) -> bool:
        """Whether a Retry or Catch that lists `names` takes this error.

        ``States.ALL`` is every error but a terminal one, ``States.TaskFailed`` every one but a timeout.
        """
        if self.terminal:
            return False
        for name in names:
            if name in {self.error, ALL}:
                return True
            if name == TASK_FAILED and self.error != TIMEOUT:
                return True
            if name == HEARTBEAT_TIMEOUT and self.heartbeat:
                return True
        return False

    def output(self) -> dict[str, Any]:
        """The error as a Catch hands it on."""
        members = {"Error": self.error, "Cause": self.cause}
        return {name: value for name, value in members.items() if value is not None}

    def details(self) -> dict[str, Any]:
        """The error as history events carry it, cut to AWS's lengths."""
        members = {}
        if self.error is not None:
            members["error"] = self.error[:256]
        if self.cause is not None:
            members["cause"] = self.cause[:32768]
        return members


def runtime_error(cause: str) -> StatesError:
    """A ``States.Runtime`` error: no Retry and no Catch takes it."""
    return StatesError(RUNTIME, cause, terminal=True)


@frozen(kw_only=True)
class Diagnostic:
    """One fault of a definition, found before anything is created.

    Attributes:
        code: AWS's code, such as ``SCHEMA_VALIDATION_FAILED``.
        message: what was got and what was expected.
        location: a path into the definition, such as ``/States/Train/Resource``; empty for the whole of it.
        severity: ``ERROR`` or ``WARNING``.
    """

    code: str
    message: str
    location: str
    severity: str = "ERROR"

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f" at {self.location}" if self.location else "")
