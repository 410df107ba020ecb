"""The JSONPath of DataProcessing."""

from typing import Any

import pytest

from local_aws.sagemaker.transform.filters import FilterError, RecordFilter

RECORD = {"id": 1, "a b": {"deep": [1, 2, 3]}, "features": [10, 20, 30]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$", RECORD),
        ("$.features", [10, 20, 30]),
        ("$.features[1:]", [20, 30]),
        ("$.features[:-1]", [10, 20]),
        ("$.features[0, -1]", [10, 30]),
        ("$.features[-1]", 30),
        ("$['a b'].deep[*]", [1, 2, 3]),
        ("$['id', 'features']", {"id": 1, "features": [10, 20, 30]}),
        ("$.*", [1, {"deep": [1, 2, 3]}, [10, 20, 30]]),
    ],
)
def test_parts_of_a_record(text: str, expected: Any) -> None:
    assert RecordFilter(text).of(RECORD) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' does not start with \\$"),
        ("$x", r"'\$x' is not understood from 'x' on"),
        ("$[?(@.a)]", r"is not understood from '\[\?\(@.a\)\]' on"),
    ],
)
def test_what_is_no_filter(text: str, message: str) -> None:
    with pytest.raises(FilterError, match=message):
        RecordFilter(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$['id','nobody']", "the record has no nobody"),
        ("$[0]", "indices need a JSON array or a CSV row, got an object"),
        ("$.features.x", "names need a JSON object, got an array"),
        ("$.id.x", "names need a JSON object, got 1"),
        ("$.features[3]", r"the record has 3 fields, got \[3\]"),
    ],
)
def test_records_that_lack_what_is_selected(text: str, message: str) -> None:
    with pytest.raises(FilterError, match=message):
        RecordFilter(text).of(RECORD)
