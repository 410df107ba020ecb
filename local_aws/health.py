"""What the server says of itself, and what it is asked by those who run it, below ``/_local``.

``GET health`` tells of it; ``POST stop`` ends it; ``POST clock`` with ``{"advance_seconds": 3600}`` moves the time of
schedules ahead, so that a test need not wait for them.
"""

import asyncio
import json
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from attrs import define, field

from local_aws.gateway.app import Gateway, Receive, Scope, Send, read_body, respond
from local_aws.platform import Platform

VERSION = "0.1.0"
_JSON = [("content-type", "application/json")]
_MIB = 1024 * 1024
_ANSWER_SECONDS = 20
_MOST_AHEAD = timedelta(days=366)


@define(eq=False)
class Health:
    """Answers what the command line asks a running server.

    Args:
        gateway: gets the routes.
        platform: the local AWS.
        request_stop: called when somebody asks the server to end.
    """

    gateway: Gateway
    platform: Platform
    request_stop: Callable[[], None]
    _started: float = field(factory=time.monotonic)
    _engine: Callable[[], str] | None = None

    def register(self) -> None:
        """Adds the routes."""
        self.gateway.route("GET", "/_local/health", self._health)
        self.gateway.route("POST", "/_local/stop", self._stop)
        self.gateway.route("POST", "/_local/clock", self._clock)

    def probe_engine(self) -> None:
        """Finds this machine's container engine in the background, so that no job has to wait for it."""
        threading.Thread(target=self._probe, name="engine-probe", daemon=True).start()

    def await_answer(self) -> None:
        """Returns once a request has been answered.

        Raises:
            OSError: the server does not answer.
        """
        with urlopen(f"{self.platform.endpoint_url}/_local/health", timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - our own
            answer.read()

    def report(self) -> dict[str, Any]:
        """Version, process, seconds since the start, memory, engine and services."""
        return {
            "status": "running",
            "version": VERSION,
            "pid": os.getpid(),
            "endpoint_url": self.platform.endpoint_url,
            "uptime_seconds": round(time.monotonic() - self._started, 3),
            "resident_mib": resident_mib(),
            "engine": self._engine() if self._engine is not None else None,
            "services": dict(sorted(self.gateway.services.items())),
        }

    def _probe(self) -> None:
        from local_aws.containers.engine import EngineError, choose_engine  # engines load when one is wanted

        try:
            engine = choose_engine(self.platform)
            self._engine = lambda: engine.description  # it may have more to say later
        except EngineError as error:
            reason = f"none: {error}"
            self._engine = lambda: reason

    async def _health(self, scope: Scope, receive: Receive, send: Send, match: re.Match[str]) -> None:  # noqa: ARG002
        await respond(send, 200, _JSON, json.dumps(self.report()).encode())

    async def _stop(self, scope: Scope, receive: Receive, send: Send, match: re.Match[str]) -> None:  # noqa: ARG002
        await read_body(receive)
        await respond(send, 202, _JSON, b'{"status": "stopping"}')
        self.request_stop()

    async def _clock(self, scope: Scope, receive: Receive, send: Send, match: re.Match[str]) -> None:  # noqa: ARG002
        try:
            by = timedelta(seconds=json.loads(await read_body(receive))["advance_seconds"])
        except (ValueError, TypeError, KeyError, OverflowError):
            by = timedelta(seconds=-1)
        if not timedelta() <= by <= _MOST_AHEAD:
            told = f'expected {{"advance_seconds": N}} with N from 0 to {_MOST_AHEAD.total_seconds():.0f}'
            await respond(send, 400, _JSON, json.dumps({"error": told}).encode())
            return
        now = await asyncio.to_thread(self.platform.time.advance, by)
        await respond(send, 200, _JSON, json.dumps({"now": now.isoformat()}).encode())


def resident_mib() -> float:
    """Memory that this process holds now, in MiB; the highest so far where the system tells only that."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text().split()[1])
        return round(pages * resource.getpagesize() / _MIB, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, others kibibytes
    return round(peak / (_MIB if sys.platform == "darwin" else 1024), 1)
