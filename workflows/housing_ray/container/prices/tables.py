"""Tables of numbers as CSV files: a line of names, then rows."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from prices.contract import InputError


@dataclass(frozen=True)
class Block:
    """Whole lines of a file.

    Attributes:
        path: of the file.
        name: what the file is called in messages and record ids.
        columns: of the file, in its order.
        start: the first byte.
        size: in bytes.
        first_line: number of the first line in the file, from 1.
        rows: how many lines that are not blank.
    """

    path: Path
    name: str
    columns: tuple[str, ...]
    start: int
    size: int
    first_line: int
    rows: int

    def read(self) -> pd.DataFrame:
        """The rows as float64, indexed by their line numbers.

        Raises:
            InputError: with file, line and column of the first value that is no finite number.
        """
        with self.path.open("rb") as file:
            file.seek(self.start)
            text = file.read(self.size).decode("utf-8-sig", "replace")
        return parse(text, columns=self.columns, name=self.name, first_line=self.first_line)


def parse(text: str, *, columns: Sequence[str], name: str, first_line: int = 1) -> pd.DataFrame:
    """Rows of CSV text without a header, as float64, indexed by their line numbers.

    Raises:
        InputError: naming `name`, the line and the column of the first value that is no finite number.
    """
    try:
        table = pd.read_csv(
            io.StringIO(text), header=None, names=range(len(columns)), index_col=False, dtype=np.float64,
            skip_blank_lines=False,
        )  # fmt: skip
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning):
        table = None
    if table is None or not np.isfinite(table.to_numpy()).all() or _has_other_lengths(text, len(columns)):
        return _slowly(text, columns, name, first_line)
    table.columns = pd.Index(columns)
    table.index = pd.RangeIndex(first_line, first_line + len(table))
    return table


def _has_other_lengths(text: str, count: int) -> bool:
    return text.count(",") != (count - 1) * (text.count("\n") + (not text.endswith("\n")))


def _slowly(text: str, columns: Sequence[str], name: str, first_line: int) -> pd.DataFrame:
    """Reads line by line what is not read at once: for blank lines, and to tell what is wrong."""
    rows: dict[int, list[float]] = {}
    for number, cells in enumerate(csv.reader(text.splitlines()), start=first_line):
        if not cells:
            continue
        if len(cells) != len(columns):
            raise InputError(f"{name}, line {number}: got {len(cells)} values, expected {len(columns)}")
        place = f"{name}, line {number}, column"
        rows[number] = [_number(cell, f"{place} {column}") for column, cell in zip(columns, cells, strict=True)]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(columns), dtype=np.float64)


def _number(cell: str, place: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{place}: got {cell!r}, expected a finite number")
    return value


def csv_files(folder: Path) -> list[Path]:
    """The CSV files of a folder and those below it, by name.

    Raises:
        InputError: there are none.
    """
    found = sorted(path for path in folder.rglob("*.csv") if path.is_file())
    if not found:
        raise InputError(f"{folder.name} holds no .csv file")
    return found


def read(folder: Path, columns: Sequence[str]) -> pd.DataFrame:
    """All rows of all CSV files of a folder: `columns`, in their order.

    Raises:
        InputError: no file, no rows, a column that is missing, or a value that is no finite number.
    """
    tables = [block.read()[list(columns)] for path in csv_files(folder) for block in blocks(path, folder, columns)]
    if not tables:
        raise InputError(f"{folder.name} holds no rows")
    return pd.concat(tables, ignore_index=True)


def blocks(path: Path, folder: Path, columns: Sequence[str], *, most_rows: int = 100_000) -> Iterator[Block]:
    """Cuts a file into blocks without reading more than a line of it into memory at a time.

    Args:
        path: of the file.
        folder: in which it has its name.
        columns: that it must have, in any order.
        most_rows: in a block.

    Raises:
        InputError: a column is missing, is there twice, or is none of `columns`.
    """
    name = path.relative_to(folder).as_posix()
    with path.open("rb") as file:
        header = file.readline()
        found = tuple(cell.strip() for cell in next(csv.reader([header.decode("utf-8-sig", "replace")]), []))
        _check_columns(found, columns, name)
        start, line, count = len(header), 2, 0
        end, first = start, line
        for text in file:
            end, line = end + len(text), line + 1
            count += bool(text.strip())
            if count == most_rows:
                yield Block(path, name, found, start, end - start, first, count)
                start, first, count = end, line, 0
        if count:
            yield Block(path, name, found, start, end - start, first, count)


def _check_columns(found: Sequence[str], wanted: Sequence[str], name: str) -> None:
    missing = [column for column in wanted if column not in found]
    if missing:
        raise InputError(f"{name}: no column {', '.join(missing)} in its header; got {', '.join(found) or 'nothing'}")
    unknown = [column for column in found if column not in wanted]
    if unknown:
        raise InputError(f"{name}: unknown column {', '.join(unknown)}; expected {', '.join(wanted)}")
    if len(found) > len(wanted):
        raise InputError(f"{name}: a column of its header is there twice: {', '.join(found)}")
