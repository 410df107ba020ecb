"""Chooses the features that tell most about what is predicted."""

import json

import numpy as np
from cancer import folders, tables
from sklearn.feature_selection import SelectKBest, f_classif

_MOST = 20


def main() -> None:
    """Reads ``train_data``, writes ``features/names.json``."""
    table = tables.read(folders.processing("train_data"))
    chosen = SelectKBest(f_classif, k=min(_MOST, table.features.shape[1])).fit(table.features, table.target)
    names = [table.names[place] for place in np.flatnonzero(chosen.get_support())]
    (folders.processing("features") / "names.json").write_text(json.dumps(names))
    print(f"features={len(names)}")


folders.run(main)
