"""CSV files of others, as the actors of `housing-ray` read them: rows as they are, or where and why it refuses them."""

import json
from pathlib import Path

import pytest

from tests.workflows.housing_ray import in_container, programs
from workflows.housing_ray.data import COLUMNS

pytestmark = pytest.mark.slow

HEADER = ",".join(COLUMNS)
ROW = "490098,2008,3063.66,2,1.0,1.37,2,0,0"
OTHER = "12,1999,1000.5,1,2.5,0.25,0,1,1"
WHOLE = 2**53 - 1

READ = """
import json, os
from pathlib import Path
import ingestion
from prices import contract
from prices.feature_group import FeatureGroup
whole = {"PRICE", "YEAR_BUILT", "NUM_BEDROOMS", "GARAGE_SPACES", "FRONT_PORCH", "DECK"}
group = FeatureGroup("houses", "s3://housing/data", frozenset(whole))
found = {}
for base in Path(FOLDER).iterdir():
    os.environ["SAGEMAKER_BASE_DIR"] = str(base)
    try:
        records = [record for block in ingestion.plan(2_000) for record in ingestion.records(block, group, "now")]
    except contract.InputError as error:
        found[base.name] = str(error)
    else:
        found[base.name] = [
            {value["FeatureName"]: value["ValueAsString"] for value in record} for record in records
        ]
print(json.dumps(found))
"""


def quoted(line: str) -> str:
    return ",".join(f'"{cell}"' for cell in line.split(","))


def turned(line: str) -> str:
    return ",".join(reversed(line.split(",")))


GOOD = {
    "plain": f"{HEADER}\n{ROW}\n{OTHER}\n",
    "no line feed at the end": f"{HEADER}\n{ROW}\n{OTHER}",
    "quotes": "\n".join(map(quoted, (HEADER, ROW, OTHER))),
    "CRLF": f"{HEADER}\r\n{ROW}\r\n{OTHER}\r\n",
    "BOM": f"\ufeff{HEADER}\n{ROW}\n{OTHER}\n",
    "BOM and quotes": "\ufeff" + "\n".join(map(quoted, (HEADER, ROW, OTHER))),
    "another order": "\n".join(map(turned, (HEADER, ROW, OTHER))),
    "spaces": "\n".join(line.replace(",", " , ") for line in (HEADER, ROW, OTHER)),
    "blank lines": f"{HEADER}\n{ROW}\n\n\n{OTHER}\n\n",
    "scientific": f"{HEADER}\n{ROW.replace('2008', '2.008e3')}\n{OTHER}\n",
}
"""Files of the same two rows."""

BAD = {
    "empty": ("", "houses.csv: no column PRICE, YEAR_BUILT, SQUARE_FEET"),
    "no header": (f"{ROW}\n{OTHER}\n", "in its header; got 490098, 2008, 3063.66"),
    "missing column": ("PRICE,DECK\n1,2\n", "houses.csv: no column YEAR_BUILT, SQUARE_FEET, NUM_BEDROOMS"),
    "extra column": (f"{HEADER},COLOUR\n{ROW},1\n", "houses.csv: unknown column COLOUR; expected PRICE, YEAR_BUILT"),
    "column twice": (f"{HEADER},DECK\n{ROW},1\n", "houses.csv: a column of its header is there twice: PRICE,"),
    "semicolons": (f"{HEADER}\n{ROW}\n".replace(",", ";"), "in its header; got PRICE;YEAR_BUILT;SQUARE_FEET"),
    "CR alone": (f"{HEADER}\r{ROW}\r", "houses.csv, line 1: got a carriage return within the line, expected lines"),
    "short row": (f"{HEADER}\n{ROW}\n1,2,3\n", "houses.csv, line 3: got 3 values, expected 9"),
    "long row": (f"{HEADER}\n{ROW},\n", "houses.csv, line 2: got 10 values, expected 9"),
    "open quote": (f'{HEADER}\n"{ROW}\n{OTHER}\n', "houses.csv, line 2: got 1 values, expected 9"),
    "quote over a line's end": (
        f'{HEADER}\n"490098\n",{ROW.partition(",")[2]}\n',
        "houses.csv: got 1 rows in 2 lines from line 2 on, expected a row in each",
    ),
    "old": (f"{HEADER}\n{ROW.replace('2008', 'old')}\n", "line 2, column YEAR_BUILT: got 'old', expected a finite"),
    "NaN": (f"{HEADER}\n{OTHER}\n{ROW.replace('1.37', 'nan')}\n", "line 3, column LOT_ACRES: got 'nan', expected a"),
    "NA": (f"{HEADER}\n{ROW.replace('1.37', 'NA')}\n", "line 2, column LOT_ACRES: got 'NA', expected a finite"),
    "infinite": (f"{HEADER}\n{ROW.replace('1.37', '-inf')}\n", "column LOT_ACRES: got '-inf', expected a finite"),
    "too large": (f"{HEADER}\n{ROW.replace('1.37', '1e400')}\n", "column LOT_ACRES: got '1e400', expected a finite"),
    "too long": (f"{HEADER}\n{'9' * 400}{ROW}\n", f"column PRICE: got '{'9' * 60}...', expected a finite number"),
    "no value": (f"{HEADER}\n{ROW.replace('1.37', '')}\n", "column LOT_ACRES: got '', expected a finite number"),
    "word": (f"{HEADER}\n{ROW.replace('1.37', 'True')}\n", "column LOT_ACRES: got 'True', expected a finite number"),
    "Python": (f"{HEADER}\n{ROW.replace('490098', '490_098')}\n", "column PRICE: got '490_098', expected a finite"),
    "thousands": (f'{HEADER}\n"490,098"{ROW[6:]}\n', "column PRICE: got '490,098', expected a finite number"),
    "fraction": (f"{HEADER}\n{ROW.replace('2008', '2008.5')}\n", "column YEAR_BUILT: got 2008.5, expected a whole"),
    "digits lost": (
        f"{HEADER}\n{ROW.replace('490098', str(WHOLE + 2))}\n",
        f"line 2, column PRICE: got {float(WHOLE + 2)}, expected a whole number from -{WHOLE} to {WHOLE}",
    ),
}
"""Files, and how they are refused."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | list[dict[str, str]]]:
    """What came of each file, its name the case's; all are read by one process."""
    root = tmp_path_factory.mktemp("tables")
    for name, text in {**GOOD, **{name: text for name, (text, _) in BAD.items()}}.items():
        put(root, name, "houses.csv", text)
    put(root, "header alone", "houses.csv", f"{HEADER}\n")
    put(root, "largest", "houses.csv", f"{HEADER}\n{ROW.replace('490098', str(-WHOLE))}\n")
    put(root, "two files", "a/houses.CSV", f"{HEADER}\n{ROW}\n")
    put(root, "two files", "b/houses.csv", f"{HEADER}\n{ROW}\n")
    put(root, "two files", "_SUCCESS", "")
    put(root, "another file", "houses.csv", f"{HEADER}\n{ROW}\n")
    put(root, "another file", "more/houses.csv.gz", "zipped")
    read: dict[str, str | list[dict[str, str]]] = json.loads(
        in_container(READ.replace("FOLDER", repr(str(root))), programs())
    )
    return read


def put(root: Path, case: str, name: str, text: str) -> None:
    path = root / case / "processing" / "input" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


@pytest.mark.parametrize("case", GOOD)
def test_rows_are_read_as_they_are_however_they_are_written(
    case: str, found: dict[str, str | list[dict[str, str]]]
) -> None:
    lines = (2, 5) if case == "blank lines" else (2, 3)
    assert found[case] == [
        {"record_id": f"houses.csv:{line}", "event_time": "now", **dict(zip(COLUMNS, row.split(","), strict=True))}
        for line, row in zip(lines, (ROW, OTHER), strict=True)
    ]


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_read_is_told_by_line_column_value_and_what_was_expected(
    case: str, found: dict[str, str | list[dict[str, str]]]
) -> None:
    assert BAD[case][1] in found[case]


def test_a_whole_number_keeps_all_its_digits(found: dict[str, str | list[dict[str, str]]]) -> None:
    assert [record["PRICE"] for record in records(found["largest"])] == [str(-WHOLE)]


def test_a_header_alone_has_no_rows(found: dict[str, str | list[dict[str, str]]]) -> None:
    assert found["header alone"] == []


def test_equal_rows_of_several_files_are_records_of_their_own(found: dict[str, str | list[dict[str, str]]]) -> None:
    ids = [record["record_id"] for record in records(found["two files"])]
    assert ids == ["a/houses.CSV:2", "b/houses.csv:2"]


def test_a_file_of_another_kind_is_not_passed_over(found: dict[str, str | list[dict[str, str]]]) -> None:
    assert found["another file"] == "input: got more/houses.csv.gz, expected .csv files"


def records(read: str | list[dict[str, str]]) -> list[dict[str, str]]:
    assert isinstance(read, list), read
    return read
