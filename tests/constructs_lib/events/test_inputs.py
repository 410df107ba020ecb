import json
from typing import Any

import pytest

from constructs_lib.definitions import ExecutionInput, Join, PassStep, WorkflowDefinition
from constructs_lib.events.inputs import (
    EventValue,
    execution_input_problems,
    input_problems,
    render_input,
)
from tests.constructs_lib.samples import LIST_TOKEN, NUMBER_TOKEN, TOKEN

NAME = EventValue("detail.TrainingJobName")


class Known:
    definition = WorkflowDefinition(
        name="known",
        steps=[
            PassStep(name="Take", given={"a": ExecutionInput("Needed"), "b": ExecutionInput("Other", optional=True)})
        ],
    )


def test_a_value_of_the_event_keeps_its_type_and_stands_for_itself_in_a_text() -> None:
    rendered = render_input({"job": NAME, "told": [Join("-", ["job", NAME, EventValue("time")])], "plain": 1})

    assert rendered.template == '{"job":<value0>,"told":["job-<value0>-<value1>"],"plain":1}'
    assert dict(rendered.paths) == {"value0": "$.detail.TrainingJobName", "value1": "$.time"}


def test_an_input_without_values_is_plain_json() -> None:
    rendered = render_input({"at": TOKEN, "text": 'a "b" <c>'})

    assert json.loads(rendered.template) == {"at": TOKEN, "text": 'a "b" <c>'}
    assert not rendered.paths


def test_a_text_is_a_json_text() -> None:
    assert render_input(Join(" ", [NAME, "failed"])).template == '"<value0> failed"'


@pytest.mark.parametrize("path", ["id", "detail-type", "resources[0]", "detail.object.version-id", "detail.a[1][2].b"])
def test_paths_that_eventbridge_reads(path: str) -> None:
    assert input_problems({"value": EventValue(path)}) == []


@pytest.mark.parametrize("path", ["", "$.detail", "detail.", "detail..a", "detail.*", "detail[?(@.a)]", "a b", "1"])
def test_other_paths_are_refused(path: str) -> None:
    assert input_problems(Join("", [EventValue(path)])) == [
        f"got {EventValue(path)!r}, expected a path such as detail.TrainingJobName or resources[0]"
    ]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"a": ExecutionInput("A")},
            "got ExecutionInput('A'), expected EventValue or Join: a rule knows the event alone",
        ),
        (
            {"a": [EventValue(f"detail.v{number}") for number in range(101)]},
            "got 101 values of the event, expected at most 100",
        ),
        (
            {"a": NUMBER_TOKEN},
            "got a number or a list that is known at deployment, expected it as a text: Fn.join, or str()",
        ),
        (
            {"a": [LIST_TOKEN]},
            "got a number or a list that is known at deployment, expected it as a text: Fn.join, or str()",
        ),
        ({"a": NAME, "b": ["1 < 2"]}, "got the text '1 < 2' beside values of the event, expected it without '<'"),
        (Join("<", [NAME, NAME]), "got the text '<' beside values of the event, expected it without '<'"),
        ({"a": "x" * 8190}, "got 8198 characters, expected at most 8192"),
    ],
)
def test_what_eventbridge_would_not_take_is_a_problem(given: Any, problem: str) -> None:
    assert input_problems(given) == [problem]


def test_all_problems_are_told_at_once() -> None:
    assert len(input_problems({"a": EventValue("$"), "b": ExecutionInput("B"), "c": "<"})) == 3


def test_values_refuse_to_be_texts() -> None:
    with pytest.raises(TypeError, match=r"^EventValue\('id'\) is known only when the workflow runs: str\(\) has no"):
        str(EventValue("id"))


@pytest.mark.parametrize("given", [{"Needed": NAME}, {"Needed": "x", "Other": "y"}])
def test_an_input_that_the_workflow_reads(given: Any) -> None:
    assert execution_input_problems(Known(), given) == []


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, ["got no Needed, expected what known reads of its input"]),
        (None, ["got no Needed, expected what known reads of its input"]),
        (
            {"Neded": 1},
            [
                "got no Needed, expected what known reads of its input",
                "got Neded, expected only what known reads of its input",
            ],
        ),
    ],
)
def test_an_input_that_the_workflow_does_not_read(given: Any, problems: list[str]) -> None:
    assert execution_input_problems(Known(), given) == problems


@pytest.mark.parametrize("given", [None, {}, {"Anything": 1}])
def test_a_workflow_of_another_app_takes_any_input(given: Any) -> None:
    assert execution_input_problems(object(), given) == []


def test_an_input_out_of_the_event_is_known_only_then() -> None:
    assert execution_input_problems(Known(), EventValue("detail")) == []
