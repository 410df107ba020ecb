"""Choice states: which rule is taken, and what when none is."""

from typing import Any

import pytest

from tests.local_aws.stepfunctions.workbench import Workbench


def choose(*rules: dict[str, Any], default: str | None = "Default", **members: Any) -> dict[str, Any]:
    ends = {
        name: {"Type": "Pass", "Parameters": {"took": name, "input.$": "$"}, "End": True}
        for name in ("One", "Two", "Default")
    }
    used = {rule["Next"] for rule in rules} | ({default} if default else set())
    choice = {"Type": "Choice", "Choices": list(rules), **members}
    if default:
        choice["Default"] = default
    return {"StartAt": "S", "States": {"S": choice, **{name: ends[name] for name in ends if name in used}}}


@pytest.mark.parametrize(
    ("given", "took"), [({"n": 5}, "One"), ({"n": 15}, "Two"), ({"n": 25}, "Default"), ({"n": "x"}, "Default")]
)
def test_the_first_rule_that_holds_is_taken(bench: Workbench, given: dict[str, Any], took: str) -> None:
    definition = choose(
        {"Variable": "$.n", "NumericLessThan": 10, "Next": "One"},
        {"Variable": "$.n", "NumericLessThan": 20, "Next": "Two"},
    )
    assert bench.run(definition, given).output == {"took": took, "input": given}


def test_input_path_and_output_path(bench: Workbench) -> None:
    definition = choose(
        {"Variable": "$.n", "NumericEquals": 1, "Next": "One"}, InputPath="$.inner", OutputPath="$.rest"
    )
    assert bench.run(definition, {"inner": {"n": 1, "rest": "r"}}).output == {"took": "One", "input": "r"}


def test_no_rule_and_no_default(bench: Workbench) -> None:
    result = bench.run(choose({"Variable": "$.x", "StringEquals": "never", "Next": "One"}, default=None), {"x": "a"})
    assert result.types == ["ExecutionStarted", "ChoiceStateEntered", "ExecutionFailed"]
    assert result.error == "States.Runtime"
    assert result.cause == (
        "An error occurred while executing the state 'S' (entered at the event id #2). Failed to transition out of the "
        "state. The state does not point to a next state."
    )


def test_a_variable_that_is_not_there(bench: Workbench) -> None:
    result = bench.run(choose({"Variable": "$.nope", "StringEquals": "x", "Next": "One"}), {"x": "a"})
    assert result.error == "States.Runtime"
    assert result.cause == (
        "An error occurred while executing the state 'S' (entered at the event id #2). Invalid path '$.nope': The "
        "choice state's condition path references an invalid value."
    )


def test_assign_of_the_rule_and_of_the_default(bench: Workbench) -> None:
    definition = choose(
        {"Variable": "$.n", "NumericEquals": 1, "Next": "One", "Assign": {"v.$": "$.n"}}, Assign={"v": "default"}
    )
    for name in ("One", "Default"):
        definition["States"][name]["Parameters"] = {"v.$": "$v"}
    assert bench.run(definition, {"n": 1}).output == {"v": 1}
    assert bench.run(definition, {"n": 2}).output == {"v": "default"}


def test_jsonata_conditions(bench: Workbench) -> None:
    definition: dict[str, Any] = {
        "QueryLanguage": "JSONata",
        "StartAt": "S",
        "States": {
            "S": {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": "{% $states.input.n > 1 %}",
                        "Next": "One",
                        "Output": {"was": "{% $states.input.n %}"},
                        "Assign": {"v": 1},
                    },
                    {"Condition": "{% $states.input.n = 'x' %}", "Next": "One"},
                ],
                "Default": "Two",
                "Output": "default",
            },
            "One": {"Type": "Succeed"},
            "Two": {"Type": "Succeed"},
        },
    }
    assert bench.run(definition, {"n": 2}).output == {"was": 2}
    assert bench.run(definition, {"n": 0}).output == "default"
    definition["States"]["S"]["Choices"][0]["Condition"] = "{% $states.input.n %}"
    result = bench.run(definition, {"n": 2})
    assert result.error == "States.QueryEvaluationError"
    assert str(result.cause).endswith(
        "The JSONata expression '{% $states.input.n %}' specified for the field 'Choices[0]/Condition' returned an "
        "unexpected result type. Expected 'boolean', but was 'number'."
    )
