"""Pictures of deployed workflows, written to files."""

import json
import threading
from pathlib import Path

from mlops_cli.engines import look
from mlops_cli.pictures import GraphFormat, as_run, keep_up_to_date, of_execution, of_workflow
from mlops_cli.target import Target
from tests.local_aws.stepfunctions.workbench import Workbench, until
from tests.mlops_cli.events import History

WAITS = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
PASSES = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}


def test_an_execution_is_drawn_on_the_definition_that_it_ran(bench: Workbench) -> None:
    target = Target(endpoint_url=bench.platform.endpoint_url)
    machine = bench.machine(PASSES)
    execution = bench.ended(bench.start(machine)).arn
    bench.client().update_state_machine(stateMachineArn=machine, definition=json.dumps(WAITS))

    assert "<b>Wait</b>" in of_workflow(target, machine, GraphFormat.mermaid, workflow="w")
    drawn = of_execution(target, look(target, execution), GraphFormat.mermaid, workflow="w")
    assert "<b>Pass</b>" in drawn
    assert "style s0 fill:#e5f5ef" in drawn
    svg = of_execution(target, look(target, execution), GraphFormat.svg, workflow="w")
    assert f"<title>w: {execution.rpartition(':')[2]}</title>" in svg


def test_a_picture_follows_its_execution_to_the_end(bench: Workbench, tmp_path: Path) -> None:
    target = Target(endpoint_url=bench.platform.endpoint_url)
    execution = bench.start(bench.machine(WAITS))
    bench.at(execution, "WaitStateEntered")
    file = tmp_path / "run.html"
    drawing = threading.Thread(
        target=keep_up_to_date, args=(target, execution, GraphFormat.html, file), kwargs={"workflow": "w"}
    )
    drawing.start()

    until(file.exists)
    assert 'http-equiv="refresh"' in file.read_text()
    bench.ended(execution, skip=True)
    drawing.join(timeout=60)
    assert not drawing.is_alive()
    assert 'http-equiv="refresh"' not in file.read_text()
    assert ">succeeded<" in file.read_text()
    assert list(tmp_path.iterdir()) == [file]


def test_a_run_tells_what_is_known_of_each_step() -> None:
    history = History()
    history.add("ExecutionStarted", input="{}")
    history.add("TaskStateEntered", name="Train", input='{"a": 1}')
    history.add("TaskScheduled", resource="createTrainingJob.sync", parameters='{"TrainingJobName": "job-1"}')
    history.add("TaskFailed", error="Broken", cause="no rows")
    history.add("TaskScheduled", resource="createTrainingJob.sync", parameters='{"TrainingJobName": "job-2"}')
    history.add("TaskSucceeded", output="{}")
    history.add("TaskStateExited", name="Train", output='{"b": 2}')
    history.add("PassStateEntered", name="Next")
    history.add("PassStateExited", name="Next")
    history.add("ExecutionSucceeded", output="{}")
    run = as_run(history.progress)

    train = run.steps["Train"]
    assert (train.status, train.seconds, train.attempts, train.log) == ("SUCCEEDED", 5.0, 2, "job-2")
    assert (train.input, train.output, train.error) == ('{"a": 1}', '{"b": 2}', None)
    assert (run.seconds, run.taken) == (9.0, frozenset([("Train", "Next")]))


def test_a_job_s_description_is_told_by_its_reason_first() -> None:
    history = History()
    history.add("TaskStateEntered", name="Train")
    history.add("TaskScheduled", resource="createTrainingJob.sync")
    cause = '{"TrainingJobName": "job-1", "FailureReason": "no rows"}'
    history.add("TaskFailed", error="States.TaskFailed", cause=cause)
    step = as_run(history.progress).steps["Train"]
    assert (step.reason, step.cause) == ("no rows", cause)
    history.add("TaskFailed", error="States.TaskFailed", cause="in words")
    assert as_run(history.progress).steps["Train"].reason is None
