"""Rows of CSV."""

import csv
import io


def read_rows(text: str) -> list[list[str]]:
    """The rows of a table.

    Raises:
        ValueError: it is no CSV.
    """
    try:
        return [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise ValueError(str(error)) from error


def write_row(values: list[object]) -> str:
    """One row, without the end of its line."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(values)
    return buffer.getvalue()
