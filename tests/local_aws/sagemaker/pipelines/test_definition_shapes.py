"""Documents whose parts are of the wrong kind: refused like any other fault, whatever stands there."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.pipelines.definition_rules import checked
from local_aws.sagemaker.pipelines.definition_shapes import list_faults, member_faults
from tests.local_aws.sagemaker.pipelines.documents import (
    compare,
    condition,
    definition,
    fail,
    get,
    join,
    json_get,
    processing,
)

_NAMES = {"PropertyFileName": "R", "OutputName": "o", "FilePath": "f"}
_QUESTION = {
    "Name": "Ask",
    "Type": "Callback",
    "SqsQueueUrl": "https://queue",
    "Arguments": {"rows": get("Parameters.Rows")},
    "OutputParameters": [{"OutputName": "answer", "OutputType": "String"}],
}
_DOCUMENT = definition(
    processing(
        "Make",
        "image",
        "role",
        outputs={"o": "k"},
        PropertyFiles=[_NAMES],
        CacheConfig={"Enabled": True, "ExpireAfter": "P1D"},
        RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 1}],
        DependsOn=["Ask"],
    ),
    _QUESTION,
    condition(
        "Check",
        {"Type": "Or", "Conditions": [compare("LessThan", json_get("Make", "R", "a"), get("Parameters.Rows"))]},
        {"Type": "In", "QueryValue": "a", "Values": ["a", get("Steps.Ask.OutputParameters['answer']")]},
        then=[fail("Bad", join("-", "a", get("Execution.PipelineName")))],
    ),
    parameters=[{"Name": "Rows", "Type": "Integer", "DefaultValue": 1, "EnumValues": [1, 2]}],
    PipelineExperimentConfig={"ExperimentName": get("Execution.PipelineName"), "TrialName": "t"},
)
_OTHERS: list[Any] = [None, True, 1, -1.5, "", "x", [], [1], [None], [[]], {}, {"a": 1}, {"Get": 5}, {"Std:Join": 1}]
_NO_EXPERIMENTS: list[Any] = ["", "mine", [], get("Execution.PipelineName"), {"Name": "mine"}]


def places(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a document but the whole."""
    entries = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in entries:
        yield (*path, name)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, name))


def exchanged(path: tuple[str | int, ...], value: Any) -> str:
    document = copy.deepcopy(json.loads(_DOCUMENT))
    inner = document
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return json.dumps(document)


def test_the_document_is_sound() -> None:
    assert set(checked(_DOCUMENT).steps) == {"Make", "Ask", "Check", "Bad"}


@pytest.mark.parametrize("path", list(places(json.loads(_DOCUMENT))), ids=lambda path: ".".join(map(str, path)))
def test_a_value_of_another_kind_is_read_or_refused(path: tuple[str | int, ...]) -> None:
    for value in _OTHERS:
        try:
            checked(exchanged(path, value))
        except AwsError as error:
            assert error.code == "ValidationException"  # noqa: PT017 - some of the values fit


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("Steps", 0), "x", r"Steps\[0\] is 'x', expected a step"),
        (("Steps", 2, "Arguments", "IfSteps"), {}, "IfSteps of step 'Check' must be a list of steps"),
        (("Steps", 2, "Arguments", "IfSteps", 0), 1, r"IfSteps of step 'Check'\[0\] is 1, expected a step"),
        (("Steps", 0, "DependsOn"), [["Ask"]], "step 'Make': DependsOn must be a list of names"),
        (("Steps", 0, "DependsOn"), "Ask", "step 'Make': DependsOn must be a list of names"),
        (("Steps", 0, "Arguments"), [], "step 'Make': Arguments must be an object"),
        (("Steps", 0, "DisplayName"), 5, "step 'Make': DisplayName must be a text"),
        (("Steps", 0, "PropertyFiles"), _NAMES, "step 'Make': PropertyFiles must be a list of objects"),
        (("Steps", 0, "PropertyFiles", 0, "FilePath"), 1, "step 'Make': PropertyFiles: FilePath must be a text"),
        (("Steps", 0, "RetryPolicies", 0), "all", "step 'Make': RetryPolicies must be a list of objects"),
        (
            ("Steps", 0, "RetryPolicies", 0, "ExceptionType"),
            1,
            "step 'Make': RetryPolicies: unknown ExceptionType 1, expected one of",
        ),
        (("Steps", 1, "OutputParameters"), 1.5, "step 'Ask': OutputParameters must be a list of objects"),
        (("Steps", 2, "Arguments", "Conditions", 1, "Type"), {}, r"step 'Check': unknown condition type \{\}"),
        (
            ("Steps", 2, "Arguments", "Conditions", 1, "Values"),
            5,
            "step 'Check': condition In has the Values 5, expected a list",
        ),
        (("Parameters", 0, "Type"), ["Integer"], r"parameter 'Rows' has type \['Integer'\], expected one of String"),
        (("Parameters", 0, "EnumValues"), "1", "parameter 'Rows' has the EnumValues '1', expected a list"),
        *(
            (("PipelineExperimentConfig",), value, "PipelineExperimentConfig must be an object of ExperimentName and")
            for value in _NO_EXPERIMENTS
        ),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_the_fault_is_named(path: tuple[str | int, ...], value: Any, reason: str) -> None:
    with pytest.raises(AwsError, match=rf"Unable to parse pipeline definition\. .*{reason}"):
        checked(exchanged(path, value))


def test_what_is_absent_or_null_is_no_fault() -> None:
    members = ("DisplayName", "Description", "DependsOn", "PropertyFiles", "OutputParameters", "RetryPolicies")
    assert list(member_faults(dict.fromkeys(members))) == []
    assert list(list_faults([{"Type": "Condition", "Arguments": {"ElseSteps": None}}], "Steps")) == []
