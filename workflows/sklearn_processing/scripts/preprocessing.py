"""Splits the raw data into training and test data, and scales both by what the training data are like."""

import argparse

import numpy as np
from cancer import folders, tables
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

_SEED = 42


def main() -> None:
    """Reads ``input``, writes ``train_data`` and ``test_data``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train-test-split-ratio", type=float, default=0.2, help="share of the test data")
    ratio = parser.parse_args().train_test_split_ratio
    if not 0 < ratio < 1:
        raise folders.InputError(f"got the split ratio {ratio}, expected a number between 0 and 1")
    raw = tables.read(folders.processing("input"))
    rows = np.arange(len(raw.values))
    training, test = train_test_split(rows, test_size=ratio, random_state=_SEED, stratify=raw.target)
    scaler = StandardScaler().fit(raw.features[training])  # what the test data are like stays unknown
    for name, chosen in (("train", training), ("test", test)):
        values = np.column_stack([scaler.transform(raw.features[chosen]), raw.target[chosen]])
        tables.write(tables.Table(raw.names, values), folders.processing(f"{name}_data") / f"{name}.csv")
        print(f"{name}-rows={len(chosen)}")


folders.run(main)
