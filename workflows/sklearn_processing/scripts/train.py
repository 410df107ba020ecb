"""Trains a balanced logistic regression on the chosen features, without the rows that are unlike the others."""

import json

import joblib
import numpy as np
from cancer import folders, tables
from sklearn.linear_model import LogisticRegression


def main() -> None:
    """Reads the channels ``train``, ``anomalies`` and ``features``, writes ``model.joblib``."""
    names = json.loads((folders.channel("features") / "names.json").read_text())
    odd = json.loads((folders.channel("anomalies") / "rows.json").read_text())
    table = tables.read(folders.channel("train")).only(names)
    values = np.delete(table.values, odd, axis=0)
    kept = tables.Table(table.names, values)
    model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(kept.features, kept.target)
    folder = folders.base() / "model"
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, folder / "model.joblib")
    print(f"rows={len(values)}")
    print(f"train-accuracy={model.score(kept.features, kept.target):.4f}")


folders.run(main)
