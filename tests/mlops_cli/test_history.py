"""What the command line reads from an execution's history."""

from mlops_cli.failures import Failure, failure
from tests.mlops_cli.events import History


def test_a_task_that_succeeds_at_once() -> None:
    history = History()
    history.add("ExecutionStarted", input="{}")
    history.add("TaskStateEntered", name="Train Step")
    history.add("TaskScheduled", resource="createTrainingJob.sync")
    history.add("TaskStarted")
    history.add("TaskSucceeded", output="{}")
    history.add("TaskStateExited", name="Train Step")
    assert history.step("Train Step") == ("SUCCEEDED", 4.0, 1)


def test_a_retried_task_counts_its_attempts() -> None:
    history = History()
    history.add("TaskStateEntered", name="Build")
    for _ in range(2):
        history.add("TaskScheduled", resource="invoke")
        history.add("TaskFailed", error="ContainerBuildFailed", cause="broken")
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskSucceeded", output="{}")
    history.add("TaskStateExited", name="Build")
    assert history.step("Build") == ("SUCCEEDED", 7.0, 3)


def test_helper_states_count_to_the_step_that_they_serve() -> None:
    history = History()
    history.add("TaskStateEntered", name="Create Endpoint")
    history.add("TaskStateExited", name="Create Endpoint")
    history.add("TaskStateEntered", name="Create Endpoint: describe")
    history.add("TaskStateExited", name="Create Endpoint: describe")
    assert list(history.progress.steps) == ["Create Endpoint"]
    assert history.step("Create Endpoint")[:2] == ("SUCCEEDED", 3.0)


def test_what_helper_states_ask_is_no_attempt() -> None:
    history = History()
    history.add("TaskStateEntered", name="Create Endpoint")
    history.add("TaskScheduled", resource="createEndpoint")
    history.add("TaskSucceeded", output="{}")
    history.add("TaskStateExited", name="Create Endpoint")
    for _ in range(3):
        history.add("TaskStateEntered", name="Create Endpoint: describe")
        history.add("TaskScheduled", resource="describeEndpoint")
        history.add("TaskSucceeded", output="{}")
        history.add("TaskStateExited", name="Create Endpoint: describe")
    assert history.step("Create Endpoint")[2] == 1


def test_a_stopped_execution_stops_the_step_that_ran() -> None:
    history = History()
    history.add("TaskStateEntered", name="Train Step")
    history.add("ExecutionAborted", error="Stopped", cause="by hand")
    assert history.step("Train Step")[0] == "ABORTED"
    assert failure(history.progress) == Failure(step="Train Step", error="Stopped", cause="by hand")


def test_a_redriven_execution_goes_on_where_it_had_failed() -> None:
    history = History()
    history.add("ExecutionStarted", input="{}")
    history.add("ParallelStateEntered", name="Both")
    started = history.add("ParallelStateStarted")
    history.add("TaskStateEntered", after=started, name="Good")
    history.add("TaskStateExited", name="Good")
    history.add("TaskStateEntered", after=started, name="Bad")
    history.add("TaskScheduled", resource="invoke")
    bad = history.add("TaskFailed", error="Broken", cause="once")
    history.add("ParallelStateFailed")
    history.add("ExecutionFailed", error="Broken", cause="once")
    assert [history.step(name)[0] for name in ("Both", "Good", "Bad")] == ["FAILED", "SUCCEEDED", "FAILED"]

    history.add("ExecutionRedriven")
    assert [history.step(name)[0] for name in ("Both", "Good", "Bad")] == ["RUNNING", "SUCCEEDED", "RUNNING"]
    history.add("TaskScheduled", after=bad, resource="invoke")
    history.add("TaskSucceeded", output="{}")
    history.add("TaskStateExited", name="Bad")
    history.add("ParallelStateSucceeded")
    history.add("ParallelStateExited", name="Both")
    history.add("ExecutionSucceeded", output="{}")
    assert [history.step(name)[0] for name in ("Both", "Good", "Bad")] == ["SUCCEEDED"] * 3
    assert history.step("Bad")[2] == 2
    assert history.progress.error is None
