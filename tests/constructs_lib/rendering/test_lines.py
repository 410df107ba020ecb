"""Ways, branches and iterations as states: compared with golden files, and with what Step Functions accepts."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructs_lib.definitions import (
    CAUGHT_CAUSE,
    MAP_INDEX,
    TASK_FAILED,
    Catch,
    ChoiceRule,
    ChoiceStep,
    ExecutionInput,
    FailStep,
    Join,
    MapItem,
    MapStep,
    ParallelStep,
    PassStep,
    Retry,
    Step,
    SucceedStep,
    UniqueName,
    WaitStep,
    WorkflowDefinition,
    equal,
    greater_or_equal,
    is_present,
    less_than,
    matches,
)
from constructs_lib.rendering import render_states
from local_aws.stepfunctions.validation.definitions import diagnose
from tests.constructs_lib.samples import endpoint, function, training, workflow
from tests.constructs_lib.services import calls, jobs

GOLDEN = Path(__file__).parent / "golden"


def side_by_side() -> WorkflowDefinition:
    """Steps that do not depend on each other, and errors that lead out of them."""
    failed = FailStep(name="Failed", cause=CAUGHT_CAUSE)
    told = function("Tell", payload={"cause": CAUGHT_CAUSE}, catch=[Catch(next_step=failed)])
    start = function("Start")
    deep = function("Deep", payload={"start": start.output("Payload.x")}, depends_on=[start])
    left = training(
        "Left",
        depends_on=[deep],
        catch=[Catch(errors=["States.Timeout"], next_step=told), Catch(next_step=failed)],
    )
    right = function("Right", depends_on=[deep])
    beside = endpoint("Beside", depends_on=[start], catch=[Catch(next_step=told)])
    join = function("Join", payload={"a": left.output("TrainingJobArn")}, depends_on=[left, right])
    last = function(
        "Last",
        payload={"name": left.output("TrainingJobName"), "arn": beside.output("EndpointArn")},
        depends_on=[join, beside],
        catch=[Catch(next_step=failed)],
    )
    return workflow(start, deep, left, right, beside, join, last)


def every_construct() -> WorkflowDefinition:
    """Each step that holds others or calls nothing, with each of its properties."""
    failed = FailStep(name="Failed")
    rescue = function("Rescue")
    caught = [Catch(errors=[TASK_FAILED], next_step=rescue), Catch(next_step=failed)]
    names = PassStep(
        name="Names", given={"bucket": Join("-", ["b", ExecutionInput("Team")]), "unread": 1, "n": {"x": 1}}
    )
    count = ExecutionInput("Count", type="integer")
    first = function("First", payload={"bucket": names.output("bucket"), "x": names.output("n.x")})
    status = first.output("Payload.status")
    conditions = (equal(status, "ok") & ~is_present(first.output("Payload.error"))) | less_than(
        first.output("Payload.count"), count, type="number"
    )
    later = ExecutionInput("Later", optional=True)
    work = function("Work", payload={"item": MapItem("name"), "number": MAP_INDEX, "all": MapItem()}, catch=caught)
    repeat = MapStep(
        name="Repeat",
        items=ExecutionInput("Items", type="document"),
        steps=[work],
        max_concurrency=5,
        result=work.output("Payload.score"),
        retry=[Retry(errors=["States.ALL"], max_attempts=1)],
        catch=[Catch(next_step=failed)],
        comment="for each",
    )
    plain = MapStep(name="Plain", items=["a", ExecutionInput("Team")], steps=[function("Each")])
    one, two = function("One", catch=[Catch(next_step=failed)]), function("Two")
    parallel = ParallelStep(
        name="Both",
        branches=[[one], [WaitStep(name="Pause", seconds=3), two]],
        retry=[Retry()],
        catch=caught,
        comment="both",
    )
    choice = ChoiceStep(
        name="Choose",
        rules=[
            ChoiceRule(condition=conditions, steps=[repeat, plain]),
            ChoiceRule(
                condition=is_present(later) & matches(later, "20*"), steps=[WaitStep(name="Later", until=later)]
            ),
            ChoiceRule(
                condition=equal(ExecutionInput("Dry", type="boolean"), True), steps=[SucceedStep(name="Dry run")]
            ),
            ChoiceRule(condition=greater_or_equal(ExecutionInput("At"), "2027-01-01T00:00:00Z", type="timestamp")),
        ],
        otherwise=[FailStep(name="Not ok")],
        comment="how to go on",
    )
    end = function("End", payload={"one": one.output("Payload"), "two": two.output("Payload.y")})
    wait = WaitStep(name="Wait", seconds=count)
    last = ChoiceStep(name="Last", rules=[ChoiceRule(condition=equal(count, 1))], otherwise=[function("Once more")])
    return workflow(names, first, choice, parallel, end, wait, last)


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("side-by-side", side_by_side()),
        ("every-construct", every_construct()),
        ("jobs", jobs()),
        ("calls", calls()),
    ],
)
def test_state_machines_are_exactly_as_expected(name: str, definition: WorkflowDefinition) -> None:
    rendered = render_states(definition)

    assert json.loads(json.dumps(rendered)) == json.loads((GOLDEN / f"{name}.json").read_text())
    assert diagnose(json.dumps(rendered)) == []


def test_defaults_reach_the_steps_that_say_nothing_themselves() -> None:
    failed = FailStep(name="Failed")
    definition = workflow(
        function("A"),
        training("B", retry=[Retry(max_attempts=0)]),
        ParallelStep(name="P", branches=[[function("C")], [function("D")]]),
        default_retry=[
            Retry(errors=["Lambda.TooManyRequestsException"]),
            Retry(errors=["SageMaker.ThrottlingException"]),
        ],
        default_catch=[Catch(next_step=failed)],
    )

    states = render_states(definition)["States"]

    names = [[found["ErrorEquals"] for found in states[name].get("Retry", ())] for name in "ABP"]
    assert names == [
        [["Lambda.TooManyRequestsException"]],
        [[TASK_FAILED]],
        [["Lambda.TooManyRequestsException"], ["SageMaker.ThrottlingException"]],
    ]
    branch = states["P"]["Branches"][1]["States"]
    assert branch["D"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": "Failed: here 2"}]
    assert branch["Failed: here 2"] == {"Type": "Fail"}
    assert "Catch" not in states["Failed"]
    assert diagnose(json.dumps(render_states(definition))) == []


def test_long_names_leave_room_for_those_of_helpers() -> None:
    first, second = "x" * 79 + "1", "x" * 79 + "2"
    steps = [function("S"), function(first, depends_on=["S"]), function(second, depends_on=["S"])]

    states = render_states(workflow(*steps))["States"]

    assert list(states) == ["S", "x" * 66 + ": side by side"]


@st.composite
def workflows(draw: st.DrawFn) -> list[Step]:
    """Steps that wait for and read each other at random, some with a Catch, some of them Parallels."""
    failed = FailStep(name="Failed", cause=CAUGHT_CAUSE)
    told = function("Tell", catch=[Catch(next_step=failed)])
    steps: list[Step] = []
    readable: list[Any] = []
    for number in range(draw(st.integers(1, 9))):
        before = draw(st.sets(st.sampled_from(range(number)))) if number else set()
        reads = draw(st.sets(st.sampled_from(range(len(readable))))) if readable else set()
        changed: dict[str, Any] = {
            "payload": {"read": [readable[found].output("Payload.v") for found in sorted(reads)]}
        }
        changed["catch"] = [Catch(next_step=draw(st.sampled_from([failed, told])))] if draw(st.booleans()) else []
        depends_on = [str(found) for found in sorted(before)] + [readable[found].name for found in reads]
        names = {step.name for step in steps}
        depends_on = [name for name in depends_on if name in names]
        step: Step = function(str(number), depends_on=depends_on, **changed)
        readable.append(step)
        if draw(st.integers(0, 4)) == 0:
            inner = function(f"{number} inner", **changed)
            readable[-1] = inner
            step = ParallelStep(
                name=str(number), branches=[[inner], [function(f"{number} other")]], depends_on=depends_on
            )
            if changed["catch"] and changed["catch"][0].next_step is told:  # its end would leave the branch early
                readable.pop()
        steps.append(step)
    return steps


@given(workflows())
@settings(max_examples=60, deadline=None)
def test_any_graph_is_a_sound_state_machine(steps: list[Step]) -> None:
    document = json.dumps(render_states(workflow(*steps)))

    assert diagnose(document) == []


def test_a_thousand_steps_are_no_matter_of_recursion() -> None:
    steps: list[Step] = [function("0")]
    for number in range(1, 1000):
        steps.append(function(str(number), depends_on=[steps[-1]], payload={"x": steps[-1].output("Payload.x")}))

    states = render_states(workflow(*steps))["States"]

    assert len(states) == 1000
    assert states["999"]["Parameters"]["Payload"] == {"x.$": "$Step998.x"}


def test_names_of_jobs_in_a_map_have_the_number_of_the_item() -> None:
    job = training("T", job_name=Join("-", [UniqueName("t"), MAP_INDEX]))
    states = render_states(workflow(MapStep(name="M", items=[1, 2], steps=[job])))["States"]

    inner = states["M"]["ItemProcessor"]["States"]["T"]["Parameters"]["TrainingJobName.$"]
    assert inner == "States.Format('{}-{}', States.Format('t-{}', States.Hash($$.Execution.Id, 'MD5')), $MItem.Index)"
