"""Tables of numbers as CSV files: a line of names, then rows; the last column is what is predicted."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cancer.folders import InputError


@dataclass(frozen=True)
class Table:
    """Rows of numbers.

    Attributes:
        names: of the columns.
        values: a row a line; the last column holds 0 or 1.
    """

    names: tuple[str, ...]
    values: np.ndarray

    @property
    def features(self) -> np.ndarray:
        """All columns but the last."""
        return self.values[:, :-1]

    @property
    def target(self) -> np.ndarray:
        """The last column."""
        return self.values[:, -1].astype(int)

    def only(self, features: list[str]) -> "Table":
        """The table with some of its features."""
        unknown = sorted(set(features) - set(self.names[:-1]))
        if unknown:
            raise InputError(f"the table has no columns {', '.join(unknown)}")
        places = [self.names.index(name) for name in features]
        return Table((*features, self.names[-1]), self.values[:, [*places, -1]])


def read(folder: Path) -> Table:
    """All CSV files of a folder as one table.

    Raises:
        InputError: there are none, their columns differ, or a cell is no number.
    """
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise InputError(f"no CSV file in {folder.name}")
    tables = [_read(path) for path in paths]
    if len({table.names for table in tables}) > 1:
        raise InputError(f"the files in {folder.name} have different columns")
    return Table(tables[0].names, np.concatenate([table.values for table in tables]))


def _read(path: Path) -> Table:
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    if len(rows) < 2:
        raise InputError(f"{path.name} has no rows")
    names, cells = tuple(rows[0]), rows[1:]
    values = np.empty((len(cells), len(names)))
    for number, row in enumerate(cells, start=2):
        try:
            values[number - 2] = [float(cell) for cell in row]
        except ValueError:
            raise InputError(f"{path.name}, line {number}: got {row!r}, expected {len(names)} numbers") from None
    if set(np.unique(values[:, -1])) - {0.0, 1.0}:
        raise InputError(f"{path.name}: the last column, {names[-1]}, holds other values than 0 and 1")
    return Table(names, values)


def write(table: Table, path: Path) -> None:
    """Writes a table to a file."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.names)
        writer.writerows([*map(repr, map(float, row[:-1])), int(row[-1])] for row in table.values)
