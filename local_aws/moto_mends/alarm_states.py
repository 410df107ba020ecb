"""CloudWatch alarms when they are made.

Fault mended: moto gives a new alarm the state OK, as if it had looked at the metric.
"""

from typing import Any

from moto.cloudwatch.models import Alarm

_moto_init = Alarm.__init__


def apply() -> None:
    """A new alarm's state is INSUFFICIENT_DATA until somebody sets another."""
    Alarm.__init__ = _init


def _init(self: Any, *arguments: Any, **named: Any) -> None:
    _moto_init(self, *arguments, **named)
    self.state_value = "INSUFFICIENT_DATA"
