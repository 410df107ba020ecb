"""Measures the best model of the tuning job on the test data."""

import json
import sys
from typing import Any

import numpy as np
from prices import archives, contract, tables
from prices.columns import COLUMNS, FEATURES, TARGET
from prices.model import Model


def measure(prices: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """The errors of predictions: their sizes, and the standard deviation of the errors."""
    errors = prices - predicted
    deviation = float(np.std(errors))
    values = {"mae": np.mean(np.abs(errors)), "rmse": np.sqrt(np.mean(errors**2))}
    return {
        "regression_metrics": {
            name: {"value": float(value), "standard_deviation": deviation} for name, value in values.items()
        }
    }


def main() -> None:
    """Reads ``model`` and ``test``, writes ``evaluation/evaluation.json``."""
    folder = contract.processing("model")
    archive = folder / "model.tar.gz"
    if not archive.exists():
        raise contract.InputError("model holds no model.tar.gz")
    archives.unpack(archive, folder / "unpacked")
    model = Model.load(folder / "unpacked")
    table = tables.read(contract.processing("test"), COLUMNS)
    predicted = model.predict_scaled(table[list(FEATURES)].to_numpy())
    found = measure(table[TARGET].to_numpy(), predicted)
    (contract.processing("evaluation") / "evaluation.json").write_text(json.dumps(found, indent=2))
    for name, metric in found["regression_metrics"].items():
        print(f"test:{name}={metric['value']:.3f}", flush=True)


if __name__ == "__main__":
    sys.exit(contract.run(main))
