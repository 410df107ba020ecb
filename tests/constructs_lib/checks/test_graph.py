import pytest

from constructs_lib.definitions import (
    TASK_FAILED,
    Catch,
    ChoiceRule,
    ChoiceStep,
    ExecutionInput,
    FailStep,
    MapStep,
    ParallelStep,
    SucceedStep,
    equal,
)
from tests.constructs_lib.samples import function, problems


def test_workflow_has_steps() -> None:
    assert problems() == ["steps: got no steps, expected at least one"]


def test_workflow_has_steps_passing() -> None:
    assert problems(FailStep(name="Only")) == []


def test_branches_have_steps() -> None:
    condition = equal(ExecutionInput("A"), "b")
    assert problems(
        ParallelStep(name="P", branches=[]),
        ParallelStep(name="Q", branches=[[function("A")], []]),
        MapStep(name="M", items=[1], steps=[]),
        ChoiceStep(name="C", rules=[], otherwise=[]),
        ChoiceStep(name="D", rules=[ChoiceRule(condition=condition)], otherwise=[]),
    ) == [
        "P: branches: got no branches, expected at least one",
        "Q: branches[1]: got no steps, expected at least one",
        "M: steps: got no steps, expected at least one",
        "C: rules: got no rules, expected at least one",
    ]


def test_branches_have_steps_passing() -> None:
    assert problems(ParallelStep(name="P", branches=[[function("A")]])) == []


def test_dependencies_are_steps_of_the_same_list() -> None:
    inner = function("Inner", depends_on=["Train"])
    assert problems(
        function("Train"), function("Save", depends_on=["Trian"]), ParallelStep(name="P", branches=[[inner]])
    ) == [
        "Save: depends_on: got 'Trian', expected a step of this workflow; did you mean 'Train'?",
        "Inner: depends_on: got 'Train', expected a step of the same list, branches[0] of 'P'",
    ]


def test_dependencies_are_steps_of_the_same_list_passing() -> None:
    first, second = function("A"), function("C")
    inner = ParallelStep(name="P", branches=[[second, function("D", depends_on=[second])]])
    assert problems(function("B", depends_on=[first]), first, inner) == []


def test_steps_have_an_order() -> None:
    first, second = function("A", depends_on=["B"]), function("B", depends_on=["A"])
    circle = "A: depends_on: steps depend on each other in a circle: 'A' -> 'B' -> 'A'"
    assert problems(first, second) == [circle]
    assert problems(ParallelStep(name="P", branches=[[first, second]])) == [circle]


def test_steps_have_an_order_passing() -> None:
    assert problems(function("A"), function("B"), function("C", depends_on=["B"]), function("B2")) == []
    assert problems(function("A"), function("B", depends_on=["A"]), function("C", depends_on=["A", "B"])) == []


def test_every_step_can_be_reached() -> None:
    choice = ChoiceStep(
        name="C",
        rules=[ChoiceRule(condition=equal(ExecutionInput("A"), "b"), steps=[SucceedStep(name="Done")])],
        otherwise=[FailStep(name="Failed")],
    )
    assert problems(FailStep(name="Stop"), function("A")) == [
        "A: unreachable: the fail step 'Stop' comes before it and ends the execution"
    ]
    assert problems(choice, function("A")) == ["A: unreachable: each way of 'C' comes before it and ends the execution"]
    first = function("F")
    assert problems(
        first,
        FailStep(name="S", depends_on=[first]),
        function("B", depends_on=[first]),
        function("E", depends_on=["S", "B"]),
    ) == ["E: unreachable: the fail step 'S' comes before it and ends the execution"]


def test_every_step_can_be_reached_passing() -> None:
    choice = ChoiceStep(
        name="C",
        rules=[ChoiceRule(condition=equal(ExecutionInput("A"), "b"), steps=[FailStep(name="Failed")])],
        otherwise=[],
    )
    assert problems(choice, function("A"), FailStep(name="Stop")) == []


def test_a_choice_has_a_way_for_when_no_rule_is_true() -> None:
    rule = ChoiceRule(condition=equal(ExecutionInput("A"), "b"), steps=[FailStep(name="Failed")])
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'otherwise'"):
        ChoiceStep(name="C", rules=[rule])  # type: ignore[call-arg]


def test_executions_do_not_end_beside_others() -> None:
    first = function("A")
    assert problems(first, SucceedStep(name="End", depends_on=[first]), function("B", depends_on=[first])) == [
        "End: ends the execution while steps run beside it, expected an order between them by depends_on"
    ]


def test_executions_do_not_end_beside_others_passing() -> None:
    assert problems(function("A"), ParallelStep(name="P", branches=[[SucceedStep(name="End")], [function("B")]])) == []


def test_catches_lead_out_of_the_chain() -> None:
    last = function("Last")
    assert problems(function("A", catch=[Catch(errors=[TASK_FAILED], next_step=last)]), last) == [
        "A: catch[0].next_step: got 'Last', a step of the chain, expected one outside of it"
    ]


def test_default_catches_lead_out_of_the_chain_too() -> None:
    last = function("Last")
    assert problems(function("A"), last, default_catch=[Catch(next_step=last)]) == [
        "default_catch[0].next_step: got 'Last', a step of the chain, expected one outside of it"
    ]


def test_catches_lead_out_of_the_chain_passing() -> None:
    assert problems(function("A", catch=[Catch(next_step=FailStep(name="Failed"))])) == []


def test_handlers_are_single_steps() -> None:
    handler = ParallelStep(name="P", branches=[[function("B")]])
    assert problems(function("A", catch=[Catch(next_step=handler)])) == [
        "P: a Catch leads to it, expected a step without steps inside"
    ]


def test_handlers_are_single_steps_passing() -> None:
    assert problems(function("A", catch=[Catch(next_step=function("Clean"))])) == []


def test_handlers_do_not_wait_for_steps() -> None:
    handler = function("Clean", depends_on=["A"])
    assert problems(function("A", catch=[Catch(next_step=handler)])) == [
        "Clean: depends_on: got dependencies, expected none: only a Catch leads to this step"
    ]


def test_handlers_do_not_wait_for_steps_passing() -> None:
    assert problems(function("A", catch=[Catch(next_step=function("Clean"))])) == []


def test_handlers_do_not_lead_back() -> None:
    # a circle of frozen steps can only be made behind their back
    end = FailStep(name="End")
    second = function("Second", catch=[Catch(next_step=end)])
    first = function("First", catch=[Catch(next_step=second)])
    object.__setattr__(second, "catch", (Catch(next_step=first),))

    assert problems(function("A", catch=[Catch(next_step=first)])) == [
        "First: catch: its catches lead back to it, expected an end",
        "Second: catch: its catches lead back to it, expected an end",
    ]


def test_handlers_do_not_lead_back_passing() -> None:
    end = FailStep(name="End")
    second = function("Second", catch=[Catch(next_step=end)])
    first = function("First", catch=[Catch(errors=[TASK_FAILED], next_step=second), Catch(next_step=end)])
    assert problems(function("A", catch=[Catch(next_step=first)])) == []
