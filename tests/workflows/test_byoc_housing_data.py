"""The data generator: its law, its seed, its shares."""

import csv
import io
from pathlib import Path

import pytest

from workflows.byoc_housing import data

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "house_pricing.csv"


def test_the_same_seed_gives_the_same_houses() -> None:
    assert list(data.houses(50, seed=1)) == list(data.houses(50, seed=1))
    assert list(data.houses(50, seed=1)) != list(data.houses(50, seed=2))


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference data is not beside this checkout")
def test_the_law_gives_the_prices_of_the_reference_data() -> None:
    with REFERENCE.open() as file:
        for row in csv.DictReader(file):
            price = data.price(
                year_built=int(row["YEAR_BUILT"]),
                square_feet=float(row["SQUARE_FEET"]),
                bedrooms=int(row["NUM_BEDROOMS"]),
                bathrooms=float(row["NUM_BATHROOMS"]),
                lot_acres=float(row["LOT_ACRES"]),
                garage_spaces=int(row["GARAGE_SPACES"]),
            )
            assert abs(price - int(row["PRICE"])) <= 1


def test_csv_has_the_columns_of_the_reference_data() -> None:
    rows = list(csv.DictReader(io.StringIO(data.to_csv(data.houses(3)))))
    assert list(rows[0]) == list(data.COLUMNS)
    assert len(rows) == 3


def test_split_loses_no_row() -> None:
    rows = list(data.houses(101))
    parts = data.split(rows)
    assert parts["training"] + parts["validation"] + parts["test"] == rows
    assert [len(part) for part in parts.values()] == [61, 20, 20]


def test_split_refuses_shares_that_leave_no_test_rows() -> None:
    with pytest.raises(ValueError, match=r"shares: got 0.8 and 0.2, expected two of 0 to 1 that leave rows"):
        data.split(list(data.houses(10)), training=0.8, validation=0.2)
