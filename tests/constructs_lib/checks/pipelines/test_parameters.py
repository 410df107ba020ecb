from typing import Any

import pytest

from constructs_lib.definitions import ExecutionInput, ExperimentConfig, PipelineParameter
from tests.constructs_lib.samples import NUMBER_TOKEN, TOKEN, function, pipeline_problems


def used(*values: ExecutionInput) -> list[str]:
    """What is wrong with a pipeline that reads these parameters."""
    return pipeline_problems(function("F", payload={"values": list(values)}))


def test_parameters_are_declared_alike() -> None:
    first, second = PipelineParameter("A", default="a"), PipelineParameter("A", default="b")
    message = "declares the parameter 'A' otherwise than an earlier use of it"
    assert used(first, second) == [f"F: {message}"]
    assert pipeline_problems(
        function("F"), parameters=[first], experiment=ExperimentConfig(experiment_name=second)
    ) == [message]


def test_parameters_are_declared_alike_passing() -> None:
    assert used(PipelineParameter("A", default="a"), PipelineParameter("A", default="a"), ExecutionInput("B")) == []


def test_parameters_are_listed_once() -> None:
    same = PipelineParameter("A")
    assert pipeline_problems(function(), parameters=[same, same]) == [
        "parameters: got 'A' 2 times, expected names that differ"
    ]


def test_parameters_are_listed_once_passing() -> None:
    assert pipeline_problems(function(), parameters=[PipelineParameter("A"), PipelineParameter("B")]) == []


def test_parameters_are_not_too_many() -> None:
    assert used(*(PipelineParameter(f"P{number}") for number in range(201))) == [
        "parameters: got 201 parameters, expected at most 200"
    ]


def test_parameters_are_not_too_many_passing() -> None:
    assert used(*(PipelineParameter(f"P{number}") for number in range(200))) == []


def test_parameters_have_legal_names() -> None:
    assert used(PipelineParameter("my parameter")) == [
        "F: got the parameter 'my parameter', expected 1 to 256 letters, digits, '-' or '_'"
    ]


def test_parameters_have_legal_names_passing() -> None:
    assert used(PipelineParameter("Bucket_Prefix")) == []


@pytest.mark.parametrize(
    ("given", "feature"),
    [
        ({"type": "document"}, "parameters of type 'document'"),
        ({"optional": True}, "optional parameters: PipelineParameter takes a default"),
        ({"pattern": "a+"}, "patterns of parameters: PipelineParameter takes allowed values"),
    ],
)
def test_parameters_are_of_types_that_pipelines_has(given: dict[str, Any], feature: str) -> None:
    assert used(ExecutionInput("A", **given)) == [f"F: parameter 'A': SageMaker Pipelines has no {feature}"]


@pytest.mark.parametrize("kind", ["string", "integer", "number", "boolean"])
def test_parameters_are_of_types_that_pipelines_has_passing(kind: Any) -> None:
    assert used(ExecutionInput("A", type=kind)) == []


@pytest.mark.parametrize(
    ("kind", "default", "shown"),
    [
        ("string", 1, "1"),
        ("integer", 1.5, "1.5"),
        ("integer", True, "True"),
        ("boolean", 1, "1"),
        ("number", "1", "'1'"),
    ],
)
def test_defaults_are_of_the_type_of_their_parameter(kind: Any, default: Any, shown: str) -> None:
    assert used(PipelineParameter("A", type=kind, default=default)) == [
        f"F: parameter 'A': got the default {shown}, expected one of type {kind!r}"
    ]


def test_defaults_that_are_too_long() -> None:
    assert used(PipelineParameter("A", default="a" * 4097)) == [
        "F: parameter 'A': got a default of 4097 characters, expected at most 4096"
    ]


@pytest.mark.parametrize(
    ("kind", "default"),
    [("string", ""), ("string", TOKEN), ("integer", 0), ("integer", NUMBER_TOKEN), ("number", 1), ("boolean", False)],
)
def test_defaults_are_of_the_type_of_their_parameter_passing(kind: Any, default: Any) -> None:
    assert used(PipelineParameter("A", type=kind, default=default)) == []


def test_allowed_values_are_texts_with_the_default_among_them() -> None:
    assert used(
        PipelineParameter("A", type="integer", allowed=["1"]), PipelineParameter("B", default="c", allowed=["a", "b"])
    ) == [
        "F: parameter 'A': got allowed values of type 'integer', expected 'string'",
        "F: parameter 'B': got the default 'c', expected a, b",
    ]


def test_allowed_values_are_texts_with_the_default_among_them_passing() -> None:
    assert used(PipelineParameter("A", allowed=["a"]), PipelineParameter("B", default="a", allowed=["a"])) == []
