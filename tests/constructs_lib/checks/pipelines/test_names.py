import pytest

from constructs_lib.definitions import PropertyFile, UniqueName
from tests.constructs_lib.samples import TOKEN, config, evaluation, function, pipeline_problems, processing


@pytest.mark.parametrize("name", ["", "-a", "a-", "a_b", "a" * 257])
def test_pipeline_has_a_legal_name(name: str) -> None:
    assert pipeline_problems(function(), name=name)[0].startswith("name: got ")


@pytest.mark.parametrize("name", ["a", "A-1", TOKEN, "a" * 256])
def test_pipeline_has_a_legal_name_passing(name: str) -> None:
    assert pipeline_problems(function(), name=name) == []


def test_steps_have_legal_names() -> None:
    assert pipeline_problems(function("Is it good?")) == [
        "Is it good?: name: got 'Is it good?', expected 1 to 64 letters, digits, '-' or '_'"
    ]
    assert pipeline_problems(function(TOKEN)) == [f"{TOKEN}: name: got the text token '{TOKEN}', expected a plain text"]


def test_steps_have_legal_names_passing() -> None:
    assert pipeline_problems(function("a" * 64), function("B_2-c")) == []


def test_steps_have_names_of_their_own() -> None:
    assert pipeline_problems(function("A"), processing("A")) == ["A: name: got 2 steps of this name, expected one"]


def test_steps_have_names_of_their_own_passing() -> None:
    assert pipeline_problems(function("A"), processing("B")) == []


def test_property_files_have_legal_names() -> None:
    files = [PropertyFile(name="my report", output_name="report", path="a.json")] * 2
    assert pipeline_problems(evaluation("E", property_files=files)) == [
        "E: property_files[0].name: got 'my report', expected 1 to 64 letters, digits, '-' or '_'",
        "E: property_files[1].name: got 'my report', expected 1 to 64 letters, digits, '-' or '_'",
        "E: property_files: got 'my report' 2 times, expected names that differ",
    ]


def test_property_files_have_legal_names_passing() -> None:
    assert pipeline_problems(evaluation()) == []


def test_unique_names_have_legal_prefixes() -> None:
    assert pipeline_problems(config("C", config_name=UniqueName("a b"))) == [
        "C: got the prefix 'a b', expected 1 to 27 letters, digits and inner hyphens"
    ]


def test_unique_names_have_legal_prefixes_passing() -> None:
    assert pipeline_problems(config("C", config_name=UniqueName("a-b"))) == []
