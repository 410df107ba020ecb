"""The hyperparameters of a training job: names, ranges and defaults."""

import math
from dataclasses import dataclass, fields

from housing.contract import InputError

# name: (lowest, highest); what XGBoost itself allows, but for the rounds' upper end
RANGES = {
    "max_depth": (1, 32),
    "eta": (0.0, 1.0),
    "min_child_weight": (0.0, math.inf),
    "subsample": (0.01, 1.0),
    "colsample_bytree": (0.01, 1.0),
    "num_round": (1, 100_000),
    "early_stopping_rounds": (0, 100_000),
    "seed": (0, 2**31 - 1),
}


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """What a job may set; each has the meaning that XGBoost gives it.

    `early_stopping_rounds` of 0 trains all of `num_round` rounds.
    """

    max_depth: int = 5
    eta: float = 0.2
    min_child_weight: float = 1.0
    subsample: float = 1.0
    colsample_bytree: float = 1.0
    num_round: int = 100
    early_stopping_rounds: int = 0
    seed: int = 47

    @classmethod
    def parse(cls, given: dict[str, str]) -> "Hyperparameters":
        """Reads the strings that SageMaker hands over.

        Raises:
            InputError: naming every hyperparameter that is unknown, not a number, or out of range.
        """
        problems = []
        values: dict[str, float] = {}
        types = {field.name: field.type for field in fields(cls)}
        for name, text in sorted(given.items()):
            if name not in types:
                problems.append(f"unknown hyperparameter {name!r}; expected one of {', '.join(types)}")
                continue
            whole = types[name] is int
            try:
                value = int(text) if whole else float(text)
            except ValueError:
                problems.append(f"hyperparameter {name}: got {text!r}, expected {'a whole' if whole else 'a'} number")
                continue
            low, high = RANGES[name]
            if not low <= value <= high:
                problems.append(f"hyperparameter {name}: got {text}, expected {low} to {high}")
                continue
            values[name] = value
        if problems:
            raise InputError("; ".join(problems))
        return cls(**values)

    def booster(self) -> dict[str, float | int | str]:
        """The parameters of XGBoost's booster."""
        return {
            "objective": "reg:squarederror",
            "eval_metric": ["mae", "rmse"],
            "max_depth": self.max_depth,
            "eta": self.eta,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample_bytree,
            "seed": self.seed,
        }
