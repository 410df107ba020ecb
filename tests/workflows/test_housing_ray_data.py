"""The data generator: files for several hosts, and houses like those of the reference data."""

import csv
import io
import statistics
from pathlib import Path

import pytest

from workflows.housing_ray import data

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "house_pricing.csv"


def rows_of(text: str) -> list[dict[str, float]]:
    return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))]


def test_files_share_all_houses_and_the_same_seed_gives_the_same() -> None:
    files = dict(data.files(10, parts=3))
    assert list(files) == ["houses-001.csv", "houses-002.csv", "houses-003.csv"]
    prices = sorted(row["PRICE"] for text in files.values() for row in rows_of(text))
    assert prices == sorted(float(row[0]) for row in data.houses(10))
    assert files == dict(data.files(10, parts=3))
    assert files != dict(data.files(10, parts=3, seed=1))


@pytest.mark.parametrize("parts", [0, 4])
def test_files_without_rows_are_refused(parts: int) -> None:
    with pytest.raises(ValueError, match=f"parts: got {parts} for 3 rows, expected 1 to 3"):
        list(data.files(3, parts=parts))


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference data is not beside this checkout")
@pytest.mark.parametrize("column", data.COLUMNS)
def test_the_houses_are_like_those_of_the_reference_data(column: str) -> None:
    reference = [row[column] for row in rows_of(REFERENCE.read_text())]
    drawn = [row[column] for _, text in data.files(len(reference)) for row in rows_of(text)]
    spread = statistics.stdev(reference)
    assert abs(statistics.mean(drawn) - statistics.mean(reference)) < 0.05 * spread
    assert statistics.stdev(drawn) == pytest.approx(spread, rel=0.05)
