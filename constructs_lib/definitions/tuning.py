"""What a tuning job looks for, and where."""

from collections.abc import Sequence
from typing import Literal

from attrs import field, frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.values import Whole

Scaling = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]


@frozen(kw_only=True)
class ContinuousRange:
    """A hyperparameter that is any number of a range.

    Args:
        name: of the hyperparameter.
        lowest: of the range.
        highest: of the range.
        scaling: how the range is searched. Default: the service chooses.
    """

    name: str
    lowest: float
    highest: float
    scaling: Scaling = "Auto"


@frozen(kw_only=True)
class IntegerRange:
    """A hyperparameter that is a whole number of a range.

    Args:
        name: of the hyperparameter.
        lowest: of the range.
        highest: of the range.
        scaling: how the range is searched. Default: the service chooses.
    """

    name: str
    lowest: int
    highest: int
    scaling: Scaling = "Auto"


@frozen(kw_only=True, field_transformer=freeze_fields)
class CategoricalRange:
    """A hyperparameter that is one of some texts.

    Args:
        name: of the hyperparameter.
        options: at least one.
    """

    name: str
    options: Sequence[str]


Range = ContinuousRange | IntegerRange | CategoricalRange
"""What a tuning job varies."""


@frozen(kw_only=True)
class Objective:
    """What a tuning job looks for.

    Args:
        metric: name of one of the metrics of the training jobs.
        goal: the best is the smallest or the largest.
    """

    metric: str
    goal: Literal["Minimize", "Maximize"]


@frozen(kw_only=True)
class TuningLimits:
    """How much a tuning job may do.

    Args:
        max_jobs: training jobs in all; at least 1.
        max_parallel_jobs: at the same time; at least 1. Default: one.
        max_runtime_seconds: of the tuning as a whole. Default: no limit but that of each training job.
    """

    max_jobs: Whole
    max_parallel_jobs: Whole = field(default=1)
    max_runtime_seconds: Whole | None = None
