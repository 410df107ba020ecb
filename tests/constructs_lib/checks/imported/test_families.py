from typing import Any

import pytest

from constructs_lib.checks.imported.families import unlike_values
from tests.constructs_lib.samples import NUMBER_TOKEN, TOKEN

TYPES = {"Parameters.Size": "Integer", "Parameters.Mode": "String", "Steps.A.OutputParameters['on']": "Boolean"}
SIZE, MODE, SWITCH = ({"Get": path} for path in TYPES)
UNKNOWN = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.B.PropertyFiles.Report"}, "Path": "a"}}
JOINED = {"Std:Join": {"On": "", "Values": [1]}}


def equal(left: Any, right: Any) -> dict[str, Any]:
    return {"Type": "Equals", "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    "condition",
    [
        equal(SIZE, 1.5),
        equal(MODE, "dry"),
        equal(SWITCH, True),
        equal(JOINED, MODE),
        equal(UNKNOWN, 1),
        equal({"Get": "Steps.B.ProcessingJobStatus"}, "Completed"),
        equal(SIZE, NUMBER_TOKEN),
        equal(SIZE, TOKEN),
        {"Type": "In", "QueryValue": SIZE, "Values": [1, 2, UNKNOWN]},
        {"Type": "Not", "Condition": {"Type": "Or", "Conditions": [equal(SIZE, 1), equal(MODE, "a")]}},
        3,
    ],
)
def test_values_of_one_type(condition: Any) -> None:
    assert list(unlike_values(condition, TYPES)) == []


@pytest.mark.parametrize(
    ("condition", "path", "message"),
    [
        (equal(SIZE, "1"), "", "{'Get': 'Parameters.Size'}, a number, '1', a string"),
        (equal(True, 1), "", "True, a boolean, 1, a number"),
        (equal(JOINED, SIZE), "", "{'Get': 'Parameters.Size'}, a number, " + f"{JOINED}, a string"),
        (
            {"Type": "In", "QueryValue": MODE, "Values": ["a", 2]},
            "",
            "2, a number, {'Get': 'Parameters.Mode'}, a string",
        ),
        ({"Type": "Not", "Condition": equal(1, "1")}, ".Condition", "1, a number, '1', a string"),
        ({"Type": "Or", "Conditions": [equal(1, 1), equal(1, "1")]}, ".Conditions[1]", "1, a number, '1', a string"),
    ],
    ids=["parameter", "boolean", "join", "in", "not", "or"],
)
def test_values_of_unlike_types(condition: Any, path: str, message: str) -> None:
    assert list(unlike_values(condition, TYPES)) == [(path, f"compares values of unlike types: {message}")]
