"""The model as it lies in the model folder: XGBoost's own file, the scaler, and its measures."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xgboost

from prices.contract import InputError
from prices.scaling import Scaler

_BOOSTER = "model.ubj"
_METRICS = "metrics.json"


@dataclass(frozen=True)
class Model:
    """A trained regressor.

    Attributes:
        booster: the trees.
        scaler: what its training data went through.
    """

    booster: xgboost.Booster
    scaler: Scaler

    def save(self, folder: Path, *, metrics: dict[str, float]) -> None:
        """Writes the model and what was measured of it."""
        self.scaler.save(folder)
        self.booster.save_model(folder / _BOOSTER)
        (folder / _METRICS).write_text(json.dumps(metrics, indent=2))

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Reads a model.

        Raises:
            InputError: there is none in the folder.
        """
        if not (folder / _BOOSTER).exists():
            raise InputError(f"no {_BOOSTER} in {folder}: did the training job write a model?")
        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(folder / _BOOSTER)
        return cls(booster, Scaler.load(folder))

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Prices of houses as they are (n x features)."""
        return self.predict_scaled(self.scaler.apply(rows))

    def predict_scaled(self, rows: np.ndarray) -> np.ndarray:
        """Prices of houses whose features are scaled already."""
        found: np.ndarray = self.booster.inplace_predict(rows.astype(np.float32), validate_features=False)
        return found
