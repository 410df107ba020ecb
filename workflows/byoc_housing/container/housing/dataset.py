"""Tables of houses, from the CSV files of a channel or from a request."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from housing.contract import InputError

TARGET = "PRICE"
FEATURES = (
    "YEAR_BUILT",
    "SQUARE_FEET",
    "NUM_BEDROOMS",
    "NUM_BATHROOMS",
    "LOT_ACRES",
    "GARAGE_SPACES",
    "FRONT_PORCH",
    "DECK",
)


@dataclass(frozen=True)
class Houses:
    """Houses with their prices.

    Attributes:
        features: float32, one row a house, columns in the order of FEATURES.
        prices: float64, in the data's currency.
    """

    features: np.ndarray
    prices: np.ndarray

    def __len__(self) -> int:
        return len(self.prices)

    def split(self, held_out: float, seed: int) -> tuple["Houses", "Houses"]:
        """Two disjoint parts: what is left, and the share `held_out` (0 to 1) of the rows, drawn by `seed`."""
        order = np.random.default_rng(seed).permutation(len(self))
        size = max(1, round(len(self) * held_out))
        rest, held = order[size:], order[:size]
        return Houses(self.features[rest], self.prices[rest]), Houses(self.features[held], self.prices[held])


def read_channel(folder: Path) -> Houses:
    """All CSV files of a channel, in the order of their names.

    Raises:
        InputError: no file, a missing column, or a value that is not a finite number, with file, line and column.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix == ".csv")
    if not files:
        raise InputError(f"channel {folder.name!r} holds no .csv file")
    tables = [_read_file(path, folder) for path in files]
    whole = np.concatenate(tables)
    return Houses(features=whole[:, 1:].astype(np.float32), prices=whole[:, 0])


def _read_file(path: Path, folder: Path) -> np.ndarray:
    name = f"{folder.name}/{path.relative_to(folder)}"
    text = path.read_text(encoding="utf-8-sig")
    header, _, rest = text.partition("\n")
    columns = [column.strip() for column in next(csv.reader([header]), [])]
    missing = [column for column in (TARGET, *FEATURES) if column not in columns]
    if missing:
        raise InputError(f"{name}: no column {', '.join(missing)} in its header; got {', '.join(columns) or 'nothing'}")
    if not rest.strip():
        raise InputError(f"{name}: no rows")
    return parse_rows(rest, columns=columns, wanted=(TARGET, *FEATURES), name=name, first_line=2)


def parse_rows(text: str, *, columns: list[str], wanted: tuple[str, ...], name: str, first_line: int = 1) -> np.ndarray:
    """The `wanted` columns of CSV text without its header, as float64.

    Raises:
        InputError: naming `name`, the line and the column of the first bad value.
    """
    places = [columns.index(column) for column in wanted]
    try:
        table = np.loadtxt(io.StringIO(text), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        table = None
    if table is None or table.shape[1] != len(columns) or not np.isfinite(table).all():
        raise InputError(_first_problem(text, columns, name, first_line))
    return table[:, places]


def _first_problem(text: str, columns: list[str], name: str, first_line: int) -> str:
    for number, row in enumerate(csv.reader(io.StringIO(text)), start=first_line):
        if row and len(row) != len(columns):
            return f"{name}, line {number}: got {len(row)} values, expected {len(columns)}"
        for column, value in zip(columns, row, strict=False):
            try:
                finite = np.isfinite(float(value))
            except ValueError:
                finite = False
            if not finite:
                return f"{name}, line {number}, column {column}: got {value!r}, expected a finite number"
    return f"{name}: not a CSV table of {len(columns)} numbers a line"
