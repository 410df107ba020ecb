"""The hyperparameters of a training job: names, ranges and defaults."""

import math
from dataclasses import dataclass, fields

from prices.contract import InputError

_OBJECTIVE = "reg:squarederror"
# what SageMaker itself adds, for its own sake
_OF_THE_SERVICE = ("_", "sagemaker_")
# name: (lowest, highest); what XGBoost itself allows, but for the rounds' upper end
_RANGES = {
    "max_depth": (1, 32),
    "eta": (0.0, 1.0),
    "min_child_weight": (0.0, math.inf),
    "subsample": (0.01, 1.0),
    "num_round": (1, 100_000),
    "seed": (0, 2**31 - 1),
}


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """What a job may set; each has the meaning that XGBoost gives it."""

    max_depth: int = 6
    eta: float = 0.3
    min_child_weight: float = 1.0
    subsample: float = 1.0
    num_round: int = 100
    seed: int = 47

    @classmethod
    def parse(cls, given: dict[str, str]) -> "Hyperparameters":
        """Reads the texts that SageMaker hands over.

        Raises:
            InputError: naming every hyperparameter that is unknown, not a number, or out of range.
        """
        problems = []
        values: dict[str, float] = {}
        types = {field.name: field.type for field in fields(cls)}
        for name, text in sorted(given.items()):
            if name.startswith(_OF_THE_SERVICE):
                continue
            if name == "objective":
                if text != _OBJECTIVE:
                    problems.append(f"hyperparameter objective: got {text!r}, expected {_OBJECTIVE!r}")
                continue
            if name not in types:
                problems.append(f"unknown hyperparameter {name!r}; expected one of objective, {', '.join(types)}")
                continue
            whole = types[name] is int
            try:
                value = int(text) if whole else float(text)
            except ValueError:
                problems.append(f"hyperparameter {name}: got {text!r}, expected {'a whole' if whole else 'a'} number")
                continue
            low, high = _RANGES[name]
            if not low <= value <= high or math.isinf(value):
                problems.append(f"hyperparameter {name}: got {text}, expected {low} to {high}")
                continue
            values[name] = value
        if problems:
            raise InputError("; ".join(problems))
        return cls(**values)

    def booster(self) -> dict[str, float | int | str | list[str]]:
        """The parameters of XGBoost's booster."""
        return {
            "objective": _OBJECTIVE,
            "eval_metric": ["mae", "rmse"],
            "max_depth": self.max_depth,
            "eta": self.eta,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "seed": self.seed,
        }
