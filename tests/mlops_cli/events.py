"""Histories of executions, for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_cli.history import Progress

ARN = "arn:aws:states:us-east-1:123456789012:execution:machine:run-1"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class History:
    """Builds events as GetExecutionHistory gives them, one second apart."""

    def __init__(self) -> None:
        self.progress = Progress(arn=ARN)
        self._id = 0

    def add(self, kind: str, *, after: int | None = None, **details: Any) -> int:
        self._id += 1
        event: dict[str, Any] = {
            "id": self._id,
            "previousEventId": self._id - 1 if after is None else after,
            "timestamp": BEGIN + timedelta(seconds=self._id),
            "type": kind,
        }
        if details:
            event["detailsOf" + "EventDetails"] = details
        self.progress.add(event)
        return self._id

    def step(self, name: str) -> tuple[str, float, int]:
        step = self.progress.steps[name]
        return step.status, step.seconds(BEGIN), step.attempts
