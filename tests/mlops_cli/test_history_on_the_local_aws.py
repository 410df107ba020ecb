"""Histories of Parallel and Map states, as the local AWS writes them."""

from typing import Any

from mlops_cli.engines import look
from mlops_cli.failures import failure
from mlops_cli.history import Progress
from mlops_cli.target import Target
from tests.local_aws.stepfunctions.stand_ins import HandlerError
from tests.local_aws.stepfunctions.workbench import Workbench

PASS = {"Type": "Pass", "End": True}
WAIT = {"Type": "Wait", "Seconds": 60, "End": True}


def machine(start: str, states: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": start, "States": states}


def alone(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return machine(name, {name: state})


def seen(bench: Workbench, definition: dict[str, Any], given: Any = None) -> Progress:
    """What the command line sees of an execution that has ended."""
    result = bench.run(definition, given)
    return look(Target(endpoint_url=bench.platform.endpoint_url), result.arn)


def told(progress: Progress) -> list[tuple[str, str, int]]:
    """Name, status and depth of each step."""
    return [(step.name, step.status, len(step.scope)) for step in progress.in_order()]


def broken(_given: Any) -> Any:
    raise HandlerError("NoRows", "the file is empty")


def broken_at_three(given: Any) -> Any:
    return broken(given) if given == 3 else given


def test_a_branch_that_fails_stops_the_others(bench: Workbench) -> None:
    bad = {"Type": "Task", "Resource": bench.function(broken), "End": True}
    inner = {"Type": "Parallel", "Branches": [alone("Bad", bad), alone("Slow", WAIT)], "End": True}
    good = machine("Good", {"Good": {"Type": "Pass", "Next": "Then"}, "Then": WAIT})
    outer = {
        "Type": "Parallel",
        "Branches": [good, alone("Inner", inner)],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Handler"}],
        "Next": "Done",
    }
    progress = seen(
        bench,
        machine(
            "First",
            {
                "First": {"Type": "Pass", "Next": "Outer"},
                "Outer": outer,
                "Done": {"Type": "Succeed"},
                "Handler": {"Type": "Pass", "Next": "Broken"},
                "Broken": {"Type": "Fail", "Error": "Wrong", "Cause": "see above"},
            },
        ),
    )

    # branches begin in any order
    assert sorted(told(progress)) == [
        ("Bad", "FAILED", 2),
        ("Broken", "FAILED", 0),
        ("First", "SUCCEEDED", 0),
        ("Good", "SUCCEEDED", 1),
        ("Handler", "SUCCEEDED", 0),
        ("Inner", "FAILED", 1),
        ("Outer", "CAUGHT", 0),
        ("Slow", "ABORTED", 2),
        ("Then", "ABORTED", 1),
    ]
    assert progress.taken == {("First", "Outer"), ("Good", "Then"), ("Outer", "Handler"), ("Handler", "Broken")}
    assert (progress.error, progress.cause) == ("Wrong", "see above")
    found = failure(progress)
    assert (found.step, found.error, found.cause) == ("Bad", "NoRows", "NoRows: the file is empty")
    assert progress.steps["Outer"].telling.error == "NoRows"


def test_iterations_are_counted(bench: Workbench) -> None:
    work = {
        "Type": "Task",
        "Resource": bench.function(broken_at_three),
        "Catch": [{"ErrorEquals": ["NoRows"], "Next": "Rest"}],
        "Next": "Rest",
    }
    nothing = {"Type": "Map", "Items": [], "ItemProcessor": alone("Never", PASS), "End": True}
    rest = {"Type": "Parallel", "Branches": [alone("Part", PASS), alone("Empty", nothing)], "End": True}
    each = {
        "Type": "Map",
        "Items": "{% $states.input.items %}",
        "ItemProcessor": machine("Work", {"Work": work, "Rest": rest}),
        "Next": "Done",
    }
    definition = machine("Each", {"Each": each, "Done": {"Type": "Succeed"}}) | {"QueryLanguage": "JSONata"}
    progress = seen(bench, definition, {"items": [1, 2, 3, 4, 5]})

    assert told(progress) == [
        ("Each", "SUCCEEDED", 0),
        ("Work", "CAUGHT", 1),
        ("Rest", "SUCCEEDED", 1),
        ("Part", "SUCCEEDED", 2),
        ("Empty", "SUCCEEDED", 2),
        ("Done", "SUCCEEDED", 0),
    ]
    assert progress.steps["Each"].iterations == {"SUCCEEDED": 5}
    assert progress.steps["Work"].iterations == {"SUCCEEDED": 4, "CAUGHT": 1}
    assert progress.steps["Work"].telling.error == "NoRows"
    assert progress.steps["Done"].iterations == {}


def test_an_iteration_that_fails_ends_the_map(bench: Workbench) -> None:
    work = {"Type": "Task", "Resource": bench.function(broken_at_three), "End": True}
    each = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": alone("Work", work), "End": True}
    progress = seen(bench, alone("Each", each), [1, 2, 3, 4, 5])

    assert told(progress) == [("Each", "FAILED", 0), ("Work", "FAILED", 1)]
    assert progress.steps["Each"].iterations == {"SUCCEEDED": 2, "FAILED": 1, "ABORTED": 2}
    assert (failure(progress).step, failure(progress).error) == ("Work", "NoRows")
    assert progress.steps["Work"].telling.input == "3"


def test_items_that_run_as_executions_of_their_own_are_counted_by_their_map_run(bench: Workbench) -> None:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **alone("Work", PASS)}
    each = {"Type": "Map", "ItemProcessor": processor, "End": True}
    progress = seen(bench, alone("Each", each), list(range(7)))

    assert told(progress) == [("Each", "SUCCEEDED", 0)]
    assert progress.steps["Each"].iterations == {"SUCCEEDED": 7}


def test_a_history_of_many_pages_is_read_to_its_beginning(bench: Workbench) -> None:
    each = {"Type": "Map", "ItemProcessor": alone("Work", PASS), "End": True}
    progress = seen(bench, alone("Each", each), list(range(600)))

    assert progress.last_event > 2_000
    assert progress.steps["Each"].iterations == {"SUCCEEDED": 600}
    assert progress.steps["Work"].iterations == {"SUCCEEDED": 600}
    assert progress.started is not None


def test_a_state_without_a_task_that_fails_is_named(bench: Workbench) -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Done"}]}
    progress = seen(bench, machine("Choose", {"Choose": choice, "Done": {"Type": "Succeed"}}))

    assert told(progress) == [("Choose", "FAILED", 0)]
    assert failure(progress).step == "Choose"
    assert "does not point to a next state" in failure(progress).cause


def test_a_step_knows_what_it_was_given_and_what_it_gave(bench: Workbench) -> None:
    work = {"Type": "Task", "Resource": bench.function(lambda given: {"got": given}), "End": True}
    progress = seen(bench, alone("Work", work), {"a": 1})

    visit = progress.steps["Work"].telling
    assert (visit.input, visit.output) == ('{"a":1}', '{"got":{"a":1}}')


def test_names_with_a_colon_are_steps_unless_they_follow_the_step_they_are_named_after(bench: Workbench) -> None:
    group = {"Type": "Parallel", "Branches": [alone("Work", PASS)], "Next": "Last"}
    states = {
        "Work: side by side": group,
        "Last": {"Type": "Pass", "Next": "Last: look"},
        "Last: look": PASS,
    }
    progress = seen(bench, machine("Work: side by side", states))

    assert told(progress) == [
        ("Work: side by side", "SUCCEEDED", 0),
        ("Work", "SUCCEEDED", 1),
        ("Last", "SUCCEEDED", 0),
    ]
