"""Input and output processing: https://states-language.net/#input-output-processing, and JSONata's form of it."""

from typing import Any

import pytest

from tests.local_aws.stepfunctions.workbench import Workbench


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"a": {"b": 1}, "c": 2}),
        ({"InputPath": "$.a"}, {"b": 1}),
        ({"InputPath": None}, {}),
        ({"OutputPath": "$.c"}, 2),
        ({"OutputPath": None}, {}),
        # ResultPath works on the raw input, not on what InputPath leaves of it
        ({"InputPath": "$.a", "ResultPath": "$.r"}, {"a": {"b": 1}, "c": 2, "r": {"b": 1}}),
        ({"InputPath": "$.a", "ResultPath": "$.r", "OutputPath": "$.r.b"}, 1),
        ({"InputPath": "$$.Execution.Input.a"}, {"b": 1}),
        ({"Parameters": {"x.$": "$.c", "y": "$.c"}}, {"x": 2, "y": "$.c"}),
        ({"Parameters": {"all.$": "$", "id.$": "$$.State.Name"}}, {"all": {"a": {"b": 1}, "c": 2}, "id": "S"}),
        ({"Parameters": {"list": [1, {"x.$": "$.c"}, "s"]}}, {"list": [1, {"x": 2}, "s"]}),
        ({"Parameters": {"found.$": "$..b"}}, {"found": [1]}),
        ({"Parameters": {}}, {}),
    ],
)
def test_fields_in_their_order(bench: Workbench, fields: dict[str, Any], output: Any) -> None:
    assert bench.run_state({"Type": "Pass", **fields}, {"a": {"b": 1}, "c": 2}).output == output


def test_a_task_s_result_is_selected_then_put_into_the_input(bench: Workbench) -> None:
    state = {
        "Type": "Task",
        "Resource": bench.function(lambda event: {"got": event, "noise": 1}),
        "InputPath": "$.task",
        "Parameters": {"v.$": "$.value"},
        "ResultSelector": {"only.$": "$.got.v", "constant": 5},
        "ResultPath": "$.result",
    }
    assert bench.run_state(state, {"task": {"value": 7}}).output == {
        "task": {"value": 7},
        "result": {"only": 7, "constant": 5},
    }


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"InputPath": "$.nope.x"}, "Invalid path '$.nope.x' : Missing property in path $['nope']"),
        ({"OutputPath": "$.nope"}, "Invalid path '$.nope' : Missing property in path $['nope']"),
        (
            {"Parameters": {"deep": {"y.$": "$.nope"}}},
            "The JSONPath '$.nope' specified for the field 'y.$' could not be found in the input '{\"a\":1}'",
        ),
        (
            {"Parameters": {"y.$": "$$.Nope"}},
            "The JSONPath '$$.Nope' specified for the field 'y.$' could not be found in the context object",
        ),
        (
            {"Parameters": {"y.$": "$nope.x"}},
            "The JSONPath '$nope.x' specified for the field 'y.$' could not be found in the variables '[]'",
        ),
    ],
)
def test_paths_that_lead_nowhere_fail_the_execution(bench: Workbench, fields: dict[str, Any], cause: str) -> None:
    result = bench.run_state({"Type": "Pass", **fields}, {"a": 1})
    assert result.error == "States.Runtime"
    assert str(result.cause).startswith(
        "An error occurred while executing the state 'S' (entered at the event id #2). "
    )
    assert cause in str(result.cause)


def test_a_result_path_that_does_not_fit_the_input_can_be_caught(bench: Workbench) -> None:
    state = {
        "Type": "Task",
        "Resource": bench.function(lambda _event: 1),
        "ResultPath": "$.a.b",
        "Catch": [{"ErrorEquals": ["States.ResultPathMatchFailure"], "Next": "H", "ResultPath": None}],
        "Next": "H",
    }
    definition = {"StartAt": "S", "States": {"S": state, "H": {"Type": "Pass", "End": True}}}
    result = bench.run(definition, {"a": 1})
    assert result.output == {"a": 1}
    del state["Catch"]
    result = bench.run(definition, {"a": 1})
    assert (result.error, result.cause) == (
        "States.ResultPathMatchFailure",
        'Unable to apply ReferencePath $.a.b to input {"a":1}',
    )


def test_jsonata_arguments_output_and_defaults(bench: Workbench) -> None:
    echo = bench.function(lambda event: {"echo": event})
    task: dict[str, Any] = {"Type": "Task", "Resource": echo}
    assert bench.run_state(task, {"a": 1}, QueryLanguage="JSONata").output == {"echo": {"a": 1}}
    task["Arguments"] = {"x": "{% $states.input.a + 1 %}", "s": "text"}
    assert bench.run_state(task, {"a": 1}, QueryLanguage="JSONata").output == {"echo": {"x": 2, "s": "text"}}
    task["Output"] = {"in": "{% $states.input.a %}", "out": "{% $states.result.echo.x %}"}
    assert bench.run_state(task, {"a": 1}, QueryLanguage="JSONata").output == {"in": 1, "out": 2}


def test_one_jsonata_state_in_a_jsonpath_machine(bench: Workbench) -> None:
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.a + 1 %}"}
    assert bench.run_state(state, {"a": 1}).output == 2


def test_jsonata_failures_are_recorded_and_can_be_caught(bench: Workbench) -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "S",
        "States": {
            "S": {
                "Type": "Task",
                "Resource": bench.function(lambda _event: 1),
                "Arguments": {"m": "{% $states.input.missing %}"},
                "Catch": [
                    {
                        "ErrorEquals": ["States.QueryEvaluationError"],
                        "Output": "{% $states.errorOutput.Error & ' ' & $states.input.x %}",
                        "Assign": {"why": "{% $states.errorOutput.Cause %}"},
                        "Next": "H",
                    }
                ],
                "End": True,
            },
            "H": {"Type": "Pass", "Output": {"what": "{% $states.input %}", "why": "{% $why %}"}, "End": True},
        },
    }
    result = bench.run(definition, {"x": "a"})
    cause = (
        "An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression "
        "'$states.input.missing' specified for the field 'Arguments/m' returned nothing (undefined)."
    )
    assert result.details("EvaluationFailed") == {
        "error": "States.QueryEvaluationError",
        "cause": cause,
        "location": "Arguments/m",
        "state": "S",
    }
    assert result.output == {"what": "States.QueryEvaluationError a", "why": cause}


def test_a_catch_whose_own_output_fails(bench: Workbench) -> None:
    boom = {"StartAt": "Boom", "States": {"Boom": {"Type": "Fail", "Error": "MyError"}}}
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "P",
        "States": {
            "P": {
                "Type": "Parallel",
                "Branches": [boom],
                "Catch": [
                    {"ErrorEquals": ["Other"], "Next": "D"},
                    {"ErrorEquals": ["States.ALL"], "Output": {"v": "{% $states.input.missing %}"}, "Next": "D"},
                ],
                "End": True,
            },
            "D": {"Type": "Pass", "End": True},
        },
    }
    result = bench.run(definition, {"x": "a"})
    assert result.types[3:] == [
        "FailStateEntered",
        "ParallelStateFailed",
        "EvaluationFailed",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]
    assert result.chain[3:] == [3, 4, 4, 6, 7]
    assert result.details("EvaluationFailed")["location"] == "Catch[1]/Output/v"
