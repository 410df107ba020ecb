"""Writes the raw data to a CSV file: the breast-cancer data that scikit-learn ships, 569 rows of 30 features."""

import sys
from pathlib import Path

import numpy as np
from cancer import tables
from sklearn.datasets import load_breast_cancer

found = load_breast_cancer()
names = tuple(str(name).replace(" ", "_") for name in found.feature_names)
tables.write(tables.Table((*names, "benign"), np.column_stack([found.data, found.target])), Path(sys.argv[1]))
