"""What the scripts of `housing-ray` are told, and how many rows each split gets, without a cluster."""

import json

import pytest

from tests.workflows.housing_ray import in_container, programs

pytestmark = pytest.mark.slow

READ = """
import json
import ingestion, preprocessing
from prices import contract
found = []
for script, words, rows in json.loads(CASES):
    try:
        told = {"ingestion": ingestion, "preprocessing": preprocessing}[script].read_arguments(words)
        found.append(preprocessing.counts(rows, told.sizes) if rows else repr(told))
    except contract.InputError as error:
        found.append(str(error))
print(json.dumps(found))
"""


def sizes(text: str) -> list[str]:
    return [
        word
        for name, size in zip(("train", "validation", "test"), text.split(), strict=True)
        for word in (f"--{name}-size", size)
    ]


GROUP = ["--feature-group-name", "houses", "--store-uri", "s3://store/houses"]
SPLITS = {
    ("0.6 0.2 0.2", 10_000): (6_000, 2_000, 2_000),
    ("0.7 0.2 0.1", 10_000): (7_000, 2_000, 1_000),
    ("0.33 0.33 0.34", 10_000): (3_300, 3_300, 3_400),
    ("0.33 0.33 0.34", 3): (1, 1, 1),
}
"""Sizes that do not sum to one as the processor counts are among them."""

BAD = [
    (
        "preprocessing",
        sizes("0.6 0.2 0.3"),
        0,
        "sizes of train, validation and test: 0.6 + 0.2 + 0.3 is 1.1, expected 1",
    ),
    ("preprocessing", sizes("-0.2 0.6 0.6"), 0, "--train-size: got '-0.2', expected a number between 0 and 1"),
    ("preprocessing", sizes("0.6 0.4 0"), 0, "--test-size: got '0', expected a number between 0 and 1"),
    ("preprocessing", sizes("0.6 nan 0.2"), 0, "--validation-size: got 'nan', expected a number between 0 and 1"),
    ("preprocessing", sizes("much 0.2 0.2"), 0, "--train-size: got 'much', expected a number between 0 and 1"),
    ("preprocessing", sizes("0.98 0.01 0.01"), 5, "the split validation: 0.01 of 5 rows is none"),
    ("preprocessing", sizes("0.6 0.2 0.2"), 1, "the split validation: 0.2 of 1 rows is none"),
    ("preprocessing", sizes("0.6 0.2 0.2")[:4], 0, "the following arguments are required: --test-size"),
    (
        "preprocessing",
        [*sizes("0.6 0.2 0.2"), "--wait-seconds", "nan"],
        0,
        "--wait-seconds: got nan, expected a number from 0 on",
    ),
    ("ingestion", GROUP[2:], 0, "the following arguments are required: --feature-group-name"),
    ("ingestion", [*GROUP, "--actors", "0"], 0, "--actors: got 0, expected a number from 1 on"),
    ("ingestion", [*GROUP, "--block-rows", "many"], 0, "argument --block-rows: invalid int value: 'many'"),
    ("ingestion", [*GROUP, "--verbose"], 0, "unrecognized arguments: --verbose"),
]


@pytest.fixture(scope="module")
def found() -> list[str | dict[str, int]]:
    """What comes of each case, in order, the splits first; one process reads all."""
    cases = [["preprocessing", sizes(text), rows] for text, rows in SPLITS]
    cases += [[script, words, rows] for script, words, rows, _ in BAD]
    read: list[str | dict[str, int]] = json.loads(
        in_container(READ.replace("CASES", repr(json.dumps(cases))), programs())
    )
    return read


def test_the_splits_share_all_rows(found: list[str | dict[str, int]]) -> None:
    names = ("train", "validation", "test")
    assert found[: len(SPLITS)] == [dict(zip(names, counts, strict=True)) for counts in SPLITS.values()]


def test_arguments_that_do_not_fit_are_told_as_the_job_s_failure(found: list[str | dict[str, int]]) -> None:
    assert found[len(SPLITS) :] == [message for *_, message in BAD]
