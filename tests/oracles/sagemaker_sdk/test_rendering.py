"""Our documents beside those of the SageMaker SDK for the same pipelines, step by step: what differs, and why."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.definitions import PipelineDefinition
from constructs_lib.rendering import render_pipeline
from tests.oracles.data_science_sdk.comparing import differences
from tests.oracles.sagemaker_sdk.ours import all_of_ours

FOLDER = Path(__file__).parent

REASONS = {
    r".*\.AppManaged": "false is the service's own default",
    r".* Arguments\.NetworkConfig": "we encrypt what instances send each other unless told not to",
    r".* Arguments\.StoppingCondition": "we say how long a job may run; the service's default is a day, or an hour",
    r".*\.Enable(NetworkIsolation|InterContainerTrafficEncryption)": "we write out what is not wanted",
    r".* Arguments\.(DebugHookConfig|ProfilerConfig)": "the SDK turns on the debugger and profiler",
    r".*\.(Environment|Bias|Explainability|Tags|CategoricalParameterRanges)": "the SDK writes what is empty",
    r".*\.(CompressionType|AssembleWith)": "we write out that there is none",
    r".*(ModelPackageGroupName|SuppliedBaseline(Constraints|Statistics))": "the SDK writes null for what is not given",
    r".*Tun(e|ing) Arguments\.TrainingJobDefinition\.(HyperParameterTuningResourceConfig|ResourceConfig)": (
        "the same instances, in the member that both kinds of training jobs have"
    ),
    r".*-RegisterModel Arguments\.SkipModelValidation": "None is the service's own default",
}


def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.pipeline.json").read_text())
    return document


def _image(name: str) -> str:
    checks = [step for step in _document(name)["Steps"] if step["Type"].endswith("Check")]
    return str(checks[0]["Arguments"]["AppSpecification"]["ImageUri"])


def _flat(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The steps, those inside of Conditions too, which keep their names."""
    for step in steps:
        for branch in ("IfSteps", "ElseSteps") if step["Type"] == "Condition" else ():
            inner = step["Arguments"][branch]
            yield from _flat(inner)
            step["Arguments"][branch] = [found["Name"] for found in inner]
        yield step


OURS = {found.name: found for found in all_of_ours(_image("quality-check"), _image("clarify-check"))}


def _found(definition: PipelineDefinition) -> list[str]:
    """Where the documents differ: a step and a path in it."""
    theirs, ours = _document(definition.name), render_pipeline(definition)
    left, right = ({step["Name"]: step for step in _flat(document.pop("Steps"))} for document in (theirs, ours))
    assert ours == theirs
    assert right.keys() <= left.keys()
    missing = [f"{name} " for name in left.keys() - right.keys()]
    return missing + [f"{name} {path}" for name in right for path, *_ in differences("", left[name], right[name])]


def test_every_document_has_its_counterpart() -> None:
    assert {path.name.removesuffix(".pipeline.json") for path in FOLDER.glob("*.pipeline.json")} == OURS.keys()


@pytest.mark.parametrize("name", OURS)
def test_a_pipeline_differs_only_where_it_should(name: str) -> None:
    unexplained = [place for place in _found(OURS[name]) if not any(re.fullmatch(rule, place) for rule in REASONS)]
    assert unexplained == []


def test_every_reason_is_of_a_difference() -> None:
    places = [place for definition in OURS.values() for place in _found(definition)]
    assert [rule for rule in REASONS if not any(re.fullmatch(rule, place) for place in places)] == []


@pytest.mark.parametrize("name", OURS)
def test_the_parameters_of_a_document_are_those_of_the_definition(name: str) -> None:
    parameters = render_pipeline(OURS[name])["Parameters"]
    assert [found["Name"] for found in parameters] == [found.name for found in OURS[name].execution_inputs]


@pytest.mark.parametrize("name", OURS)
def test_a_pipeline_is_rendered_the_same_twice(name: str) -> None:
    assert json.dumps(render_pipeline(OURS[name])) == json.dumps(render_pipeline(OURS[name]))
