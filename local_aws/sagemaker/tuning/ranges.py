"""The ranges of hyperparameters: which values they have, and on what scale they are searched."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:  # optuna takes half a second to load: only a search does
    from optuna.distributions import BaseDistribution

_WIDE = 1000
"""A range whose ends differ by this factor is searched by orders of magnitude, where the scale is left to SageMaker."""


@frozen
class NumberRange:
    """Numbers between two bounds.

    Attributes:
        name: of the hyperparameter.
        low: the least value.
        high: the greatest value.
        whole: whether the numbers are integers.
        scaling: ``Auto``, ``Linear``, ``Logarithmic`` or ``ReverseLogarithmic``.
    """

    name: str
    low: float
    high: float
    whole: bool
    scaling: str

    def faults(self) -> Iterator[str]:
        """What is wrong with it."""
        if not math.isfinite(self.low) or not math.isfinite(self.high) or self.low > self.high:
            yield f"{self.name}: MinValue must be at most MaxValue: got {self.low} and {self.high}"
        if self.scaling == "Logarithmic" and self.low <= 0:
            yield f"{self.name}: Logarithmic scaling needs a MinValue above 0: got {self.low}"
        if self.scaling == "ReverseLogarithmic":
            if self.whole:
                yield f"{self.name}: ReverseLogarithmic scaling is for continuous ranges only"
            elif not 0 <= self.low <= self.high < 1:
                yield f"{self.name}: ReverseLogarithmic scaling needs 0 <= MinValue and MaxValue < 1"

    @property
    def _logarithmic(self) -> bool:
        if self.scaling == "Auto":
            return self.low > 0 and self.high / self.low >= _WIDE
        return self.scaling != "Linear"

    @property
    def _reverse(self) -> bool:
        return self.scaling == "ReverseLogarithmic"

    def distribution(self) -> "BaseDistribution":
        """What optuna draws from."""
        from optuna.distributions import FloatDistribution, IntDistribution  # see above

        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self._logarithmic)
        low, high = (1 - self.high, 1 - self.low) if self._reverse else (self.low, self.high)
        return FloatDistribution(low, high, log=self._logarithmic)

    def text(self, drawn: Any) -> str:
        """A drawn value as the hyperparameter has it."""
        if self.whole:
            return str(int(drawn))
        return repr(min(max(1 - drawn if self._reverse else float(drawn), self.low), self.high))

    def drawn(self, text: str) -> Any:
        """The value to draw for a hyperparameter of another job; None where it lies outside the range."""
        try:
            value = float(text)
        except ValueError:
            return None
        if not self.low <= value <= self.high or (self.whole and not value.is_integer()):
            return None
        if self.whole:
            return int(value)
        return 1 - value if self._reverse else value


@frozen
class ChoiceRange:
    """Some values.

    Attributes:
        name: of the hyperparameter.
        values: of which one is taken.
    """

    name: str
    values: tuple[str, ...]

    def faults(self) -> Iterator[str]:
        """What is wrong with it."""
        if len(set(self.values)) != len(self.values):
            yield f"{self.name}: values must differ: got {list(self.values)}"

    def distribution(self) -> "BaseDistribution":
        """What optuna draws from."""
        from optuna.distributions import CategoricalDistribution  # see above

        return CategoricalDistribution(self.values)

    def text(self, drawn: Any) -> str:
        """A drawn value as the hyperparameter has it."""
        return str(drawn)

    def drawn(self, text: str) -> Any:
        """The value to draw for a hyperparameter of another job; None where it is not among the values."""
        return text if text in self.values else None


Range = NumberRange | ChoiceRange


def read_ranges(ranges: dict[str, Any]) -> tuple[Range, ...]:
    """Reads ParameterRanges.

    Raises:
        ValueError: a bound is no number.
    """
    found: list[Range] = []
    for member, whole in (("IntegerParameterRanges", True), ("ContinuousParameterRanges", False)):
        for entry in ranges.get(member, ()):
            low, high = (_number(entry, bound, whole=whole) for bound in ("MinValue", "MaxValue"))
            found.append(NumberRange(entry["Name"], low, high, whole, entry.get("ScalingType", "Auto")))
    found += [
        ChoiceRange(entry["Name"], tuple(entry["Values"])) for entry in ranges.get("CategoricalParameterRanges", ())
    ]
    return tuple(found)


def _number(entry: dict[str, Any], bound: str, *, whole: bool) -> float:
    try:
        return int(entry[bound]) if whole else float(entry[bound])
    except ValueError:
        kind = "an integer" if whole else "a number"
        raise ValueError(f"{entry['Name']}: {bound} must be {kind}: got {entry[bound]!r}") from None
