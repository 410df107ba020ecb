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

_OF_NUMBERS = b'0123456789+-.eE," \t\r\n'
"""What a table of numbers is written with; pandas takes some words for numbers, such as ``True``."""

_LONGEST_SHOWN = 60


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
        table = parse(text, columns=self.columns, name=self.name, first_line=self.first_line)
        if len(table) != self.rows:
            raise InputError(
                f"{self.name}: got {len(table)} rows in {self.rows} lines from line {self.first_line} on, expected a "
                "row in each: a value in quotes goes over the end of its line"
            )
        return table


def parse(text: str, *, columns: Sequence[str], name: str, first_line: int = 1) -> pd.DataFrame:
    """Rows of CSV text without a header, as float64, indexed by their line numbers.

    Raises:
        InputError: naming `name`, the line and the column of the first value that is no finite number.
    """
    table = _at_once(text, len(columns))
    if table is None:
        return _slowly(text, columns, name, first_line)
    table.columns = pd.Index(columns)
    table.index = pd.RangeIndex(first_line, first_line + len(table))
    return table


def _at_once(text: str, count: int) -> pd.DataFrame | None:
    """The rows of a text that holds nothing but finite numbers, `count` a line; None for any other."""
    if text.encode().translate(None, delete=_OF_NUMBERS) or _has_other_lengths(text, count):
        return None
    try:
        table = pd.read_csv(
            io.StringIO(text), header=None, names=range(count), index_col=False, dtype=np.float64,
            skip_blank_lines=False,
        )  # fmt: skip
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning):
        return None
    return table if np.isfinite(table.to_numpy()).all() else None


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
    if not math.isfinite(value) or "_" in cell:  # Python's own way to write long numbers
        shown = cell if len(cell) <= _LONGEST_SHOWN else f"{cell[:_LONGEST_SHOWN]}..."
        raise InputError(f"{place}: got {shown!r}, expected a finite number")
    return value


def header(line: str, name: str) -> tuple[str, ...]:
    """The names of a line of CSV.

    Raises:
        InputError: it holds several lines, which end in carriage returns alone.
    """
    try:
        return tuple(cell.strip() for cell in next(csv.reader([line]), []))
    except csv.Error as error:
        raise InputError(
            f"{name}, line 1: got a carriage return within the line, expected lines that end in a line feed"
        ) from error


def csv_files(folder: Path) -> list[Path]:
    """The CSV files of a folder and those below it, by name; what others leave beside data is passed over.

    Raises:
        InputError: another file is among them, whose rows would be lost.
    """
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(("_", ".")))
    for path in found:
        if path.suffix.lower() != ".csv":
            raise InputError(f"{folder.name}: got {path.relative_to(folder).as_posix()}, expected .csv files")
    return found


def read(folder: Path, columns: Sequence[str]) -> pd.DataFrame:
    """All rows of all CSV files of a folder: `columns`, in their order.

    Raises:
        InputError: no file, no rows, a column that is missing, or a value that is no finite number.
    """
    files = csv_files(folder)
    if not files:
        raise InputError(f"{folder.name} holds no .csv file")
    tables = [block.read()[list(columns)] for path in files for block in blocks(path, folder, columns)]
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
        first_line = file.readline()
        found = header(first_line.decode("utf-8-sig", "replace"), name)
        _check_columns(found, columns, name)
        start, line, count = len(first_line), 2, 0
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
