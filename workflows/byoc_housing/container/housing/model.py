"""The model as it lies in the model folder: XGBoost's own file, and a record of what it was trained on."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xgboost

from housing.contract import InputError
from housing.dataset import FEATURES

_BOOSTER = "model.ubj"
_RECORD = "model.json"


@dataclass(frozen=True)
class Model:
    """A trained regressor.

    Attributes:
        booster: the trees.
        features: names of the columns, in the order in which rows are given.
    """

    booster: xgboost.Booster
    features: tuple[str, ...] = FEATURES

    def save(self, folder: Path, *, metrics: dict[str, float]) -> None:
        """Writes the model and its record."""
        folder.mkdir(parents=True, exist_ok=True)
        self.booster.save_model(folder / _BOOSTER)
        (folder / _RECORD).write_text(json.dumps({"features": self.features, "metrics": metrics}, indent=2))

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Reads a model.

        Raises:
            InputError: there is none in the folder.
        """
        for name in (_BOOSTER, _RECORD):
            if not (folder / name).exists():
                raise InputError(f"no {name} in {folder}: did the training job write a model?")
        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(folder / _BOOSTER)
        return cls(booster, tuple(json.loads((folder / _RECORD).read_text())["features"]))

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Prices of rows (n x features, float32)."""
        return self.booster.inplace_predict(rows, validate_features=False)
