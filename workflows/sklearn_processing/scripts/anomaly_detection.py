"""Finds rows of the training data that are unlike the others, to leave them out of training."""

import json

import numpy as np
from cancer import folders, tables
from sklearn.ensemble import IsolationForest

_SEED = 42
_SHARE = 0.02


def main() -> None:
    """Reads ``train_data``, writes ``anomalies/rows.json``: numbers of rows, from 0."""
    table = tables.read(folders.processing("train_data"))
    found = IsolationForest(contamination=_SHARE, random_state=_SEED).fit_predict(table.features)
    rows = np.flatnonzero(found == -1).tolist()
    (folders.processing("anomalies") / "rows.json").write_text(json.dumps(rows))
    print(f"anomalies={len(rows)}")


folders.run(main)
