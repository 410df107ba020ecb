"""State machines that other tools wrote; ``exported`` holds one in the form of the Data Science SDK."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.definitions import DefinitionError, ImportedDefinition
from constructs_lib.rendering import render_states

EXPORTED = Path(__file__).parent / "exported" / "processing.json"
TESTS = Path(__file__).parents[2]
RENDERED = sorted([*TESTS.glob("constructs_lib/rendering/golden/*.json"), *TESTS.glob("workflows/*.states.json")])


def machine(**states: Any) -> ImportedDefinition:
    return ImportedDefinition(name="other", document={"StartAt": next(iter(states)), "States": states})


def problems(document: dict[str, Any], name: str = "other") -> list[str]:
    with pytest.raises(DefinitionError) as raised:
        ImportedDefinition(name=name, document=document)
    return [str(problem) for problem in raised.value.problems]


def test_a_definition_stays_as_it_is() -> None:
    definition = ImportedDefinition.from_file("processing", EXPORTED)

    assert render_states(definition) == json.loads(EXPORTED.read_text())
    assert [name for name, _ in definition.states()][-2:] == ["Train Step", "Check"]


@pytest.mark.parametrize("path", RENDERED, ids=lambda path: path.stem)
def test_what_this_library_renders_can_be_imported(path: Path) -> None:
    document = json.loads(path.read_text())

    assert render_states(ImportedDefinition(name="rendered", document=document)) == document


def test_the_input_is_what_the_states_read_of_it() -> None:
    schema = ImportedDefinition.from_file("processing", EXPORTED).execution_input_schema()

    assert schema["required"] == ["PreprocessingJobName", "TrainingJobName", "ModelName"]
    jsonata = machine(A={"Type": "Wait", "Seconds": "{% $states.context.Execution.Input.Pause %}", "End": True})
    assert jsonata.execution_input_schema()["properties"] == {"Pause": {}}


def test_the_input_of_the_executions_of_a_map_is_another_one() -> None:
    inside = {"StartAt": "P", "States": {"P": {"Type": "Pass", "OutputPath": "$$.Execution.Input.inner", "End": True}}}
    state = {
        "Type": "Map",
        "ItemSelector": {"x.$": "$$.Execution.Input.outer"},
        "ItemProcessor": {**inside, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
        "End": True,
    }
    definition = ImportedDefinition(name="maps", document={"StartAt": "M", "States": {"M": state}})

    assert definition.execution_input_schema()["required"] == ["outer"]
    inline = {**state, "ItemProcessor": inside}
    definition = ImportedDefinition(name="maps", document={"StartAt": "M", "States": {"M": inline}})
    assert definition.execution_input_schema()["required"] == ["outer", "inner"]


def test_problems_are_told_together() -> None:
    states = {
        "A": {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:startPipelineExecution.sync", "Next": "Bb"},
        "B": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "C"}]},
        "C": {"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}]},
        "D": {"Type": "Task", "Resource": "somewhere", "End": True},
        "E": {"Type": "Nothing"},
    }
    assert problems({"StartAt": "A", "States": states}, "a b") == [
        "name: got 'a b', expected 1 to 80 letters, digits, '-' or '_'",
        "A: Next: got 'Bb', which is no state; did you mean 'B'?",
        "B: unreachable: no way leads to it",
        "C: unreachable: no way leads to it",
        "D: unreachable: no way leads to it",
        "E: unreachable: no way leads to it",
        "A: Resource: got sagemaker:startPipelineExecution.sync, which Step Functions does not have",
        "C: Next: expected exactly one of Next and End",
        "D: Resource: got 'somewhere', expected the ARN of a call or of a function",
        "E: Type: got 'Nothing', expected one of Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait",
        "States: got no state that ends, expected one",
        "A: name: got 2 states of this name, expected one",
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "document: got no States, expected a state machine's definition"),
        ({"StartAt": "X", "States": {"A": {"Type": "Succeed"}}}, "StartAt: got 'X', expected the name of a state"),
    ],
)
def test_documents_that_are_no_state_machines(document: dict[str, Any], message: str) -> None:
    assert problems(document) == [message]


def test_a_choice_without_a_default_is_taken_and_noted() -> None:
    rule = {"Variable": "$.a", "IsNull": True, "Next": "B"}
    states: dict[str, dict[str, Any]] = {"A": {"Type": "Choice", "Choices": [rule]}, "B": {"Type": "Succeed"}}
    definition = ImportedDefinition(name="open", document={"StartAt": "A", "States": states})

    note = "A: Default: missing: where no rule is true, the execution fails with States.NoChoiceMatched"
    assert [str(found) for found in definition.notes] == [note]
    states["A"]["Default"] = "B"
    assert ImportedDefinition(name="whole", document={"StartAt": "A", "States": states}).notes == ()


def test_activities_and_functions_by_their_arn_are_calls() -> None:
    definition = machine(
        A={"Type": "Task", "Resource": "arn:aws:states:eu-west-1:111122223333:activity:paint", "Next": "B"},
        B={"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:work:live", "End": True},
    )

    assert len(list(definition.states())) == 2


PASS = {"Type": "Pass", "End": True}
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (3, "Type: got None, expected one of Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait"),
        ({"Type": "Pass"}, "Next: expected exactly one of Next and End"),
        ({**PASS, "Next": "A"}, "Next: expected exactly one of Next and End"),
        ({**PASS, "Next": 5}, "Next: got 5, expected the name of a state"),
        ({"Type": "Choice", "Choices": [], "Default": "A"}, "Choices: got no rules, expected at least one"),
        ({"Type": "Choice", "Choices": "x", "Default": "A"}, "Choices: expected a list of objects"),
        ({**TASK, "Catch": ["x"]}, "Catch: expected a list of objects"),
        ({"Type": "Parallel", "Branches": 5, "End": True}, "Branches: expected a list of objects"),
        ({"Type": "Parallel", "Branches": [], "End": True}, "Branches: got no branches, expected at least one"),
        (
            {**PASS, "InputPath": "a"},
            "InputPath: got 'a', expected a JSONPath, such as '$.a[0]', or a function, such as 'States.UUID()'",
        ),
        ({"Type": "Map", "End": True}, "ItemProcessor: missing, expected the states that run for each item"),
        ({**TASK, "Retry": [{"ErrorEquals": []}]}, "Retry[0].ErrorEquals: expected names of errors"),
        (
            {**TASK, "Retry": [{"ErrorEquals": ["States.Timout"]}]},
            "Retry[0].ErrorEquals: got 'States.Timout', an error that cannot occur; did you mean 'States.Timeout'?",
        ),
        (
            {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]},
            "Catch[0].Next: got 'B', which is no state",
        ),
    ],
)
def test_states_that_step_functions_would_refuse(state: Any, message: str) -> None:
    found = problems({"StartAt": "Z", "States": {"Z": state, "A": PASS}})

    assert f"Z: {message}" in found


@pytest.mark.parametrize(
    ("call", "offered"),
    [
        ("elasticmapreduce:addStep.sync", True),
        ("eks:runJob.sync", True),
        ("states:startExecution.sync:2", True),
        ("sqs:sendMessage.waitForTaskToken", True),
        ("sagemaker:createEndpoint.sync", False),
        ("sagemaker:createTrainingJob.sync:2", False),
        ("aws-sdk:sagemaker:createTrainingJob.sync", False),
        ("lambda:invoke.later", False),
    ],
)
def test_patterns_of_calls(call: str, offered: bool) -> None:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{call}", "End": True}
    if offered:
        assert [name for name, _ in machine(A=state).states()] == ["A"]
    else:
        told = f"A: Resource: got {call.removeprefix('aws-sdk:')}, which Step Functions does not have"
        assert problems({"StartAt": "A", "States": {"A": state}}) == [told]
