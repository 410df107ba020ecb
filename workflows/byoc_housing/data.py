"""Synthetic houses: the data of the workflow `byoc-housing`.

Prices follow one law, without noise: 5,000 a year since 2019 (older houses cost less), 150 a square foot, 10,000 a
bedroom, 15,000 a bathroom, an acre and a garage space; a porch and a deck cost nothing. Only the standard library is
used, so that data can be made wherever the command line runs.
"""

import csv
import io
import random
from collections.abc import Iterator

COLUMNS = (
    "PRICE",
    "YEAR_BUILT",
    "SQUARE_FEET",
    "NUM_BEDROOMS",
    "NUM_BATHROOMS",
    "LOT_ACRES",
    "GARAGE_SPACES",
    "FRONT_PORCH",
    "DECK",
)
NEWEST_YEAR = 2019

Row = tuple[float | int, ...]


def price(
    *, year_built: int, square_feet: float, bedrooms: int, bathrooms: float, lot_acres: float, garage_spaces: int
) -> int:
    """The law: the price of a house in whole currency units, rounded down."""
    return int(
        5_000 * (year_built - NEWEST_YEAR)
        + 150 * square_feet
        + 10_000 * bedrooms
        + 15_000 * bathrooms
        + 15_000 * lot_acres
        + 15_000 * garage_spaces
    )


def houses(count: int, *, seed: int = 47) -> Iterator[Row]:
    """Draws houses; the same seed gives the same houses.

    Args:
        count: how many rows.
        seed: of the random numbers. Default: 47.

    Yields:
        rows in the order of COLUMNS.
    """
    draw = random.Random(seed)  # noqa: S311 - data, not secrets
    for _ in range(count):
        year_built = min(NEWEST_YEAR, round(draw.gauss(1995, 10)))
        square_feet = max(500.0, draw.gauss(3000, 750))
        bedrooms = draw.randint(2, 6)
        bathrooms = draw.choice((1.0, 1.5, 2.0, 2.5, 3.0))
        lot_acres = max(0.05, round(draw.gauss(1, 0.25), 2))
        garage_spaces = draw.randint(0, 3)
        value = price(
            year_built=year_built,
            square_feet=square_feet,
            bedrooms=bedrooms,
            bathrooms=bathrooms,
            lot_acres=lot_acres,
            garage_spaces=garage_spaces,
        )
        yield (
            value,
            year_built,
            square_feet,
            bedrooms,
            bathrooms,
            lot_acres,
            garage_spaces,
            draw.randint(0, 1),
            draw.randint(0, 1),
        )


def to_csv(rows: Iterator[Row] | list[Row]) -> str:
    """Rows under their header line, as the training job reads them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue()


def split(rows: list[Row], *, training: float = 0.6, validation: float = 0.2) -> dict[str, list[Row]]:
    """Cuts rows into `training`, `validation` and `test` (what is left), in order.

    Args:
        rows: what to cut.
        training: share of the training rows, 0 to 1. Default: 0.6.
        validation: share of the validation rows, 0 to 1. Default: 0.2.

    Raises:
        ValueError: a share outside 0 to 1, or both together above 1.
    """
    if not (0 < training < 1 and 0 < validation < 1 and training + validation < 1):
        raise ValueError(
            f"shares: got {training} and {validation}, expected two of 0 to 1 that leave rows for the test"
        )
    first = round(len(rows) * training)
    second = first + round(len(rows) * validation)
    return {"training": rows[:first], "validation": rows[first:second], "test": rows[second:]}
