"""Features as models see them: each with the mean 0 and the deviation 1 that it has in the training data."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from prices.contract import InputError

FILE = "scaler.json"


@dataclass(frozen=True)
class Scaler:
    """How features are scaled.

    Attributes:
        features: names, in the order in which rows are given.
        means: of the training data.
        deviations: of the training data; 1 where all values are the same.
    """

    features: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]

    @classmethod
    def fit(cls, features: tuple[str, ...], tables: Iterable[np.ndarray]) -> "Scaler":
        """Learns from rows that come in parts (n x features)."""
        from sklearn.preprocessing import StandardScaler  # serving does without

        found = StandardScaler()
        for table in tables:
            found.partial_fit(table)
        return cls(features, tuple(found.mean_.tolist()), tuple(found.scale_.tolist()))

    def apply(self, rows: np.ndarray) -> np.ndarray:
        """Scales rows (n x features)."""
        scaled: np.ndarray = (rows - np.array(self.means)) / np.array(self.deviations)
        return scaled

    def save(self, folder: Path) -> None:
        """Writes it to a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2))

    @classmethod
    def load(cls, folder: Path) -> "Scaler":
        """Reads it from a folder.

        Raises:
            InputError: there is none.
        """
        path = folder / FILE
        if not path.exists():
            raise InputError(f"no {FILE} in {folder}")
        found = json.loads(path.read_text())
        return cls(*(tuple(found[name]) for name in ("features", "means", "deviations")))
