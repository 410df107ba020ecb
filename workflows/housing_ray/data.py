"""Synthetic houses: the data of the workflow `housing-ray`, in several files for several hosts.

The houses are those of `byoc-housing`: the same columns, and the same law of prices.
"""

from collections.abc import Iterator

from workflows.byoc_housing.data import COLUMNS, Row, houses, to_csv

__all__ = ["COLUMNS", "Row", "files", "houses"]


def files(count: int, *, parts: int = 4, seed: int = 47) -> Iterator[tuple[str, str]]:
    """Draws houses and cuts them into files; the same seed gives the same files.

    Args:
        count: how many rows.
        parts: how many files: as many hosts can share them. Default: four.
        seed: of the random numbers. Default: 47.

    Yields:
        names of files and their CSV text.

    Raises:
        ValueError: there are fewer rows than files.
    """
    if not 0 < parts <= count:
        raise ValueError(f"parts: got {parts} for {count} rows, expected 1 to {count}")
    rows = list(houses(count, seed=seed))
    for number in range(parts):
        yield f"houses-{number + 1:03d}.csv", to_csv(rows[number::parts])
