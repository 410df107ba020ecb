"""The phases of the demo, told and timed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field

from mlops_cli.presentation import say


@define
class Phases:
    """Wall seconds of each phase, shown as they pass.

    Args:
        total: how many there are.
    """

    total: int
    seconds: dict[str, float] = field(factory=dict)
    _begun: int = 0

    @contextmanager
    def phase(self, name: str, title: str) -> Iterator[None]:
        """Times one phase."""
        self._begun += 1
        say(f"\n{self._begun}/{self.total} {title}", style="bold")
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 2)
        say(f"  {self.seconds[name]:.1f} s", style="dim")
