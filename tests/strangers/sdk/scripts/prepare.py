"""Makes as many rows as it is told, for training and for testing."""

import argparse
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int)
rows = parser.parse_args().rows
base = Path("/opt/ml/processing")
offset = int((base / "input/offset.txt").read_text())
for folder, lines in {
    "train": [f"{row},{row % 5 + offset}" for row in range(rows)],
    "test": [str(row) for row in range(rows)],
}.items():
    (base / folder).mkdir(parents=True, exist_ok=True)
    (base / folder / "rows.csv").write_text("\n".join(lines))
