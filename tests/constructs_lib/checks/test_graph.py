from constructs_lib.definitions import TASK_FAILED, Catch, FailStep
from tests.constructs_lib.samples import function, problems


def test_workflow_has_steps() -> None:
    assert problems() == ["steps: got no steps, expected at least one"]


def test_workflow_has_steps_passing() -> None:
    assert problems(FailStep(name="Only")) == []


def test_dependencies_are_steps_of_the_workflow() -> None:
    assert problems(function("Train"), function("Save", depends_on=["Trian"])) == [
        "Save: depends_on: got 'Trian', expected a step of this workflow; did you mean 'Train'?",
        (
            "Save: depends_on: steps 'Train' and 'Save' have no order between them; got a graph, expected a chain: "
            "steps cannot run side by side yet, so name in depends_on which comes first"
        ),
    ]


def test_dependencies_are_steps_of_the_workflow_passing() -> None:
    first = function("A")
    assert problems(function("B", depends_on=[first]), first) == []


def test_steps_form_a_chain() -> None:
    first, second = function("A", depends_on=["B"]), function("B", depends_on=["A"])
    assert problems(first, second) == ["A: depends_on: steps depend on each other in a circle: 'A' -> 'B' -> 'A'"]


def test_steps_form_a_chain_passing() -> None:
    assert problems(function("A"), function("B"), function("C", depends_on=["B"]), function("B2")) != []
    assert problems(function("A"), function("B", depends_on=["A"]), function("C", depends_on=["A", "B"])) == []


def test_nothing_follows_a_fail_step() -> None:
    assert problems(FailStep(name="Stop"), function("A")) == [
        "A: unreachable: the fail step 'Stop' comes before it and ends the execution"
    ]


def test_nothing_follows_a_fail_step_passing() -> None:
    assert problems(function("A"), FailStep(name="Stop")) == []


def test_catches_lead_out_of_the_chain() -> None:
    last = function("Last")
    assert problems(function("A", catch=[Catch(errors=[TASK_FAILED], next_step=last)]), last) == [
        "A: catch[0].next_step: got 'Last', a step of the chain, expected one outside of it"
    ]


def test_catches_lead_out_of_the_chain_passing() -> None:
    assert problems(function("A", catch=[Catch(next_step=FailStep(name="Failed"))])) == []


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
