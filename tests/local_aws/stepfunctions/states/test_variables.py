"""Variables: Assign, when new values hold, and scopes."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stepfunctions.workbench import Workbench


def chain(*states: dict[str, Any], **machine: Any) -> dict[str, Any]:
    named = {f"S{index}": {**state, "Next": f"S{index + 1}"} for index, state in enumerate(states[:-1])}
    named[f"S{len(states) - 1}"] = {**states[-1], "End": True}
    return {"StartAt": "S0", "States": named, **machine}


def test_a_value_is_there_for_every_later_state(bench: Workbench) -> None:
    definition = chain(
        {"Type": "Pass", "Assign": {"x.$": "$.a", "constant": {"k": [1]}, "name.$": "$$.State.Name"}},
        {"Type": "Pass", "Result": "nothing"},
        {
            "Type": "Pass",
            "Parameters": {"x.$": "$x.b", "k.$": "$constant.k[0]", "n.$": "$name", "s.$": "States.Format('{}', $x.b)"},
        },
    )
    result = bench.run(definition, {"a": {"b": 7}})
    assert result.output == {"x": 7, "k": 1, "n": "S0", "s": "7"}
    assert result.details("PassStateExited")["assignedVariables"] == {
        "x": '{"b":7}',
        "constant": '{"k":[1]}',
        "name": '"S0"',
    }


def test_references_use_the_values_on_entry(bench: Workbench) -> None:
    definition = chain(
        {"Type": "Pass", "Assign": {"x": 3, "a": 6}},
        {"Type": "Pass", "Assign": {"x.$": "$a", "nextX.$": "$x"}, "Parameters": {"x.$": "$x"}},
        {"Type": "Pass", "Parameters": {"x.$": "$x", "nextX.$": "$nextX", "in.$": "$.x"}},
    )
    assert bench.run(definition).output == {"x": 6, "nextX": 3, "in": 3}


def test_a_task_s_assign_reads_its_raw_result(bench: Workbench) -> None:
    definition = chain(
        {
            "Type": "Task",
            "Resource": bench.function(lambda _event: {"big": 1, "want": 2}),
            "ResultSelector": {"other.$": "$.big"},
            "ResultPath": None,
            "Assign": {"want.$": "$.want"},
        },
        {"Type": "Pass", "Parameters": {"want.$": "$want", "input.$": "$"}},
    )
    assert bench.run(definition, "in").output == {"want": 2, "input": "in"}


def test_a_pass_s_assign_reads_its_result_and_a_wait_s_its_effective_input(bench: Workbench) -> None:
    definition = chain(
        {"Type": "Pass", "Result": {"r": 1}, "ResultPath": "$.x", "Assign": {"fromPass.$": "$.r"}},
        {"Type": "Wait", "Seconds": 0, "InputPath": "$.x", "Assign": {"fromWait.$": "$.r"}},
        {"Type": "Pass", "Parameters": {"p.$": "$fromPass", "w.$": "$fromWait"}},
    )
    assert bench.run(definition, {}).output == {"p": 1, "w": 1}


def test_inner_scopes_read_outer_ones_and_keep_their_own(bench: Workbench) -> None:
    inner = chain(
        {"Type": "Pass", "Assign": {"mine.$": "States.Format('{}{}', $outer, $$.Map.Item.Index)"}},
        {"Type": "Pass", "Parameters": {"mine.$": "$mine", "outer.$": "$outer"}},
    )
    definition = chain(
        {"Type": "Pass", "Assign": {"outer": "o"}},
        {"Type": "Map", "ItemProcessor": inner, "Assign": {"after.$": "$[1].mine"}},
        {"Type": "Pass", "Parameters": {"all.$": "$", "after.$": "$after"}},
    )
    definition["States"]["S1"]["ItemProcessor"] = _renamed(inner)
    assert bench.run(definition, [1, 2]).output == {
        "all": [{"mine": "o0", "outer": "o"}, {"mine": "o1", "outer": "o"}],
        "after": "o1",
    }


def _renamed(machine: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(machine)
    for index in range(2):
        text = text.replace(f'"S{index}"', f'"Inner{index}"')
    return dict(json.loads(text))


def test_inner_variables_end_with_their_scope(bench: Workbench) -> None:
    branch = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Assign": {"inner": 1}, "End": True}}}
    definition = chain({"Type": "Parallel", "Branches": [branch]}, {"Type": "Pass", "Parameters": {"x.$": "$inner"}})
    assert "could not be found in the variables" in str(bench.run(definition).cause)


def test_an_inner_scope_cannot_assign_an_outer_variable(bench: Workbench) -> None:
    branch = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Assign": {"x.$": "$"}, "End": True}}}
    definition = chain({"Type": "Pass", "Assign": {"x": 1}}, {"Type": "Parallel", "Branches": [branch]})
    with pytest.raises(
        ClientError, match=r"The variable 'x' is assigned in an outer scope .* at /States/S1/Branches\[0\]/States/B"
    ):
        bench.machine(definition)


def test_a_catch_assigns_in_the_scope_of_its_state(bench: Workbench) -> None:
    boom = {"StartAt": "Boom", "States": {"Boom": {"Type": "Fail", "Error": "E", "Cause": "C"}}}
    state = {
        "Type": "Parallel",
        "Branches": [boom],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S1", "Assign": {"why.$": "$.Cause"}, "ResultPath": None}],
    }
    definition = chain(state, {"Type": "Pass", "Parameters": {"why.$": "$why", "in.$": "$"}})
    assert bench.run(definition, 5).output == {"why": "C", "in": 5}


def test_jsonata_variables(bench: Workbench) -> None:
    definition = chain(
        {"Type": "Pass", "Assign": {"x": "{% $states.input.a %}", "list": [1, "{% 2 %}"]}, "Output": "{% 'o' %}"},
        {"Type": "Pass", "Output": {"x": "{% $x %}", "sum": "{% $sum($list) %}", "in": "{% $states.input %}"}},
        QueryLanguage="JSONata",
    )
    assert bench.run(definition, {"a": 4}).output == {"x": 4, "sum": 3, "in": "o"}


def test_one_assign_sets_at_most_256_kib(bench: Workbench) -> None:
    result = bench.run_state({"Type": "Pass", "Assign": {"x.$": "$.a", "y.$": "$.a"}}, {"a": "x" * 200_000})
    assert (result.status, result.error) == ("FAILED", "States.DataLimitExceeded")
