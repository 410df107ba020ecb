"""In which sequence and scope steps stand, and where their errors lead."""

import pytest

from constructs_lib.definitions import (
    Catch,
    ChoiceRule,
    ChoiceStep,
    ExecutionInput,
    FailStep,
    MapStep,
    ParallelStep,
    Retry,
    equal,
)
from constructs_lib.definitions.flow import Flow, Fork, Part
from constructs_lib.definitions.steps.base import inner_steps
from tests.constructs_lib.samples import ROLE, function, training, workflow


def test_a_choice_shares_the_scope_and_branches_have_their_own() -> None:
    way, branch, item = function("Way"), function("Branch"), function("Item")
    rule = ChoiceRule(condition=equal(ExecutionInput("A"), "b"), steps=[way])
    choice = ChoiceStep(name="Choice", rules=[rule], otherwise=[])
    parallel = ParallelStep(name="Parallel", branches=[[branch]])
    repeat = MapStep(name="Map", items=[1], steps=[item])

    flow = Flow([choice, parallel, repeat])

    assert [flow.scopes[id(step)].depth for step in (choice, way, parallel, branch, repeat, item)] == [0, 0, 0, 1, 0, 1]
    assert flow.scopes[id(branch)].ending is flow.scopes[id(branch)]
    assert [block.path for block in flow.blocks] == ["steps", "rules[0].steps", "otherwise", "branches[0]", "steps"]
    assert [step.name for step in flow.all_steps] == ["Choice", "Way", "Parallel", "Branch", "Map", "Item"]


def test_steps_side_by_side_have_scopes_that_nobody_wrote() -> None:
    failed = FailStep(name="Failed")
    first = function("First")
    left = function("Left", depends_on=[first], catch=[Catch(next_step=failed)])
    right = function("Right", depends_on=[first])

    flow = Flow([first, left, right])

    start, fork = flow.line.parts
    assert isinstance(start, Part)
    assert isinstance(fork, Fork)
    assert [found.step for line in fork.branches for found in line.parts if isinstance(found, Part)] == [left, right]
    assert flow.scopes[id(left)].ending is flow.line.scope
    assert flow.all_handlers == (failed,)


def test_defaults_are_for_steps_that_say_nothing_and_can_fail_so() -> None:
    handler = function("Handler")
    retries = [Retry(errors=["Lambda.Unknown"]), Retry(errors=["SageMaker.ThrottlingException"])]
    own = Retry(max_attempts=0)
    call, job, stubborn = function("Call"), training("Job"), function("Stubborn", retry=[own])

    flow = Flow([call, job, stubborn], retries, [Catch(next_step=handler)])

    assert [flow.retry_of(step) for step in (call, job, stubborn)] == [(retries[0],), (retries[1],), (own,)]
    assert [found.next_step for found in flow.catch_of(call)] == [handler]
    assert flow.catch_of(handler) == ()
    assert flow.caught(FailStep(name="End")) == ()


def test_inner_steps_come_in_their_order() -> None:
    inner = ParallelStep(name="P", branches=[[function("A")], [function("B"), function("C")]])
    outer = MapStep(name="M", items=[1], steps=[inner, function("D")])

    assert [step.name for step in inner_steps(outer)] == ["P", "A", "B", "C", "D"]


def test_roles_reach_the_steps_inside_of_others() -> None:
    deep, way, item, rescue = (training(name, role=None, job_name=f"{name}-1") for name in ("D", "W", "I", "R"))
    rule = ChoiceRule(condition=equal(ExecutionInput("A"), "b"), steps=[way])
    choice = ChoiceStep(name="Choice", rules=[rule], otherwise=[FailStep(name="No")])
    parallel = ParallelStep(name="Both", branches=[[deep], [choice]], catch=[Catch(next_step=rescue)])
    definition = workflow(parallel, function("F"), default_catch=[Catch(next_step=FailStep(name="Failed"))])

    given = definition.with_roles(dict.fromkeys(["D", "W", "R"], ROLE))

    assert [step.name for step in definition.steps_without_role] == ["D", "W", "R"]
    assert given.steps_without_role == ()
    assert [step.name for step in given.all_steps] == ["Both", "D", "Choice", "W", "No", "F", "R", "Failed"]
    repeat = MapStep(name="Map", items=[1], steps=[item])
    assert [step.name for step in inner_steps(repeat.with_blocks([[item, deep]]))] == ["I", "D"]


def test_a_step_without_steps_inside_takes_none() -> None:
    step = function("A")

    assert step.with_blocks([]) is step
    with pytest.raises(TypeError, match=r"^LambdaStep has no steps inside$"):
        step.with_blocks([[function("B")]])
