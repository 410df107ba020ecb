"""Executions that are stopped, retried, run in part, and kept narrow."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.pipelines.documents import (
    compare,
    condition,
    definition,
    fail,
    get,
    join,
    processing,
    training,
)

TOKEN = "0123456789abcdef0123456789abcdef"
_WAIT = """
import os, time
while not os.path.exists(os.environ["GO"]):
    time.sleep(0.02)
"""


@pytest.fixture(scope="session")
def waits(account: Account) -> str:
    """An image whose jobs end once a file is there."""
    return account.engine.image("waits", run=_WAIT)


def waiting(name: str, image: str, role: str, go: Path, **members: Any) -> dict[str, Any]:
    return processing(name, image, role, Arguments={"Environment": {"GO": str(go)}}, **members)


def test_a_stop_stops_the_jobs(pipelines: Pipelines, waits: str, noop: str, tmp_path: Path) -> None:
    pipelines.create(
        "stopped",
        definition(
            waiting("Long", waits, pipelines.role, tmp_path / "never"),
            processing("After", noop, pipelines.role, DependsOn=["Long"]),
        ),
    )
    arn = pipelines.start("stopped")
    job = pipelines.step(arn, "Long", "Executing")["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]

    pipelines.client.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=TOKEN)

    execution = pipelines.ended(arn)
    assert execution["PipelineExecutionStatus"] == "Stopped"
    assert {name: step["StepStatus"] for name, step in pipelines.steps(arn).items()} == {"Long": "Stopped"}
    described = pipelines.client.describe_processing_job(ProcessingJobName=job)
    assert described["ProcessingJobStatus"] == "Stopped"


def test_what_has_ended_cannot_be_stopped(pipelines: Pipelines) -> None:
    pipelines.create("over", definition(fail("F", "m")))
    arn = pipelines.run("over")["PipelineExecutionArn"]
    with pytest.raises(ClientError, match="Only pipeline executions with status Executing can be stopped"):
        pipelines.client.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=TOKEN)


def test_a_retry_goes_on_from_what_failed(pipelines: Pipelines, account: Account, noop: str) -> None:
    image = account.engine.image(
        "second-time",
        run="""
import os, sys
folder = os.environ["FOLDER"]
first = not os.path.exists(folder)
os.makedirs(folder, exist_ok=True)
sys.exit(1 if first else 0)
""",
    )
    folder = account.engine.root / "second-time-was-here"
    pipelines.create(
        "retried",
        definition(
            processing("First", noop, pipelines.role),
            processing(
                "Second", image, pipelines.role, Arguments={"Environment": {"FOLDER": str(folder)}}, DependsOn=["First"]
            ),
            processing("Third", noop, pipelines.role, DependsOn=["Second"]),
        ),
    )
    failed = pipelines.run("retried")
    arn = failed["PipelineExecutionArn"]
    first = pipelines.steps(arn)["First"]
    assert failed["PipelineExecutionStatus"] == "Failed"

    answer = pipelines.client.retry_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=TOKEN)

    assert answer["PipelineExecutionArn"] == arn
    execution = pipelines.ended(arn)
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert "FailureReason" not in execution
    steps = pipelines.steps(arn)
    assert steps["First"] == first
    assert {name: step["StepStatus"] for name, step in steps.items()} == dict.fromkeys(
        ["Third", "Second", "First"], "Succeeded"
    )


def test_a_success_cannot_be_retried(pipelines: Pipelines, noop: str) -> None:
    pipelines.create("succeeds", definition(processing("P", noop, pipelines.role)))
    arn = pipelines.run("succeeds")["PipelineExecutionArn"]
    with pytest.raises(ClientError, match=r"Only pipeline executions with status Failed or Stopped .* is Succeeded"):
        pipelines.client.retry_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=TOKEN)


def test_a_condition_is_not_asked_again_by_a_retry(pipelines: Pipelines) -> None:
    text = definition(condition("Choose", compare("Equals", 1, 1), then=[fail("F", "m")], otherwise=[fail("G", "n")]))
    pipelines.create("retried-condition", text)
    arn = pipelines.run("retried-condition")["PipelineExecutionArn"]

    pipelines.client.retry_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=TOKEN)
    pipelines.ended(arn)

    assert set(pipelines.steps(arn)) == {"Choose", "F"}


def test_no_more_steps_than_allowed_run_at_once(
    pipelines: Pipelines, waits: str, tmp_path: Path, account: Account
) -> None:
    steps = [waiting(f"S{number}", waits, pipelines.role, tmp_path / f"go{number}") for number in range(3)]
    pipelines.create("narrow", definition(*steps), ParallelismConfiguration={"MaxParallelExecutionSteps": 2})
    arn = pipelines.start("narrow")
    pipelines.step(arn, "S0", "Executing")
    pipelines.step(arn, "S1", "Executing")
    assert set(pipelines.steps(arn)) == {"S0", "S1"}
    (tmp_path / "go0").touch()
    pipelines.step(arn, "S2", "Executing")
    for number in (1, 2):
        (tmp_path / f"go{number}").touch()

    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Succeeded"


def test_a_wider_execution_begins_more_steps_at_once(pipelines: Pipelines, waits: str, tmp_path: Path) -> None:
    go = tmp_path / "go"
    pipelines.create("widened", definition(*(waiting(f"S{number}", waits, pipelines.role, go) for number in range(2))))
    arn = pipelines.start("widened", ParallelismConfiguration={"MaxParallelExecutionSteps": 1})
    pipelines.step(arn, "S0", "Executing")

    pipelines.client.update_pipeline_execution(
        PipelineExecutionArn=arn,
        PipelineExecutionDisplayName="wider",
        ParallelismConfiguration={"MaxParallelExecutionSteps": 2},
    )

    pipelines.step(arn, "S1", "Executing")
    go.touch()
    execution = pipelines.ended(arn)
    assert execution["PipelineExecutionDisplayName"] == "wider"
    assert execution["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}


def _chain(pipelines: Pipelines, name: str, noop: str) -> str:
    trained = get("Steps.Train.ModelArtifacts.S3ModelArtifacts")
    return definition(
        training("Train", noop, pipelines.role),
        processing("Use", noop, pipelines.role, Arguments={"Environment": {"MODEL": trained}}),
        processing("Other", noop, pipelines.role, outputs={"o": join("/", f"s3://{BUCKET}", name)}),
    )


def test_a_selective_execution_takes_the_rest_from_another(pipelines: Pipelines, noop: str) -> None:
    pipelines.create("selective", _chain(pipelines, "selective", noop))
    source = pipelines.run("selective")["PipelineExecutionArn"]

    execution = pipelines.run(
        "selective",
        SelectiveExecutionConfig={"SourcePipelineExecutionArn": source, "SelectedSteps": [{"StepName": "Use"}]},
    )

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert execution["SelectiveExecutionConfig"] == {
        "SourcePipelineExecutionArn": source,
        "SelectedSteps": [{"StepName": "Use"}],
    }
    steps, before = pipelines.steps(execution), pipelines.steps(source)
    assert steps["Train"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source}
    assert {member: steps["Train"][member] for member in ("Metadata", "StartTime", "EndTime")} == {
        member: before["Train"][member] for member in ("Metadata", "StartTime", "EndTime")
    }
    assert steps["Use"]["Metadata"] != before["Use"]["Metadata"]


def _nested() -> str:
    """Conditions in Conditions: those on the way of ``Stage`` run, the others are not even looked at."""
    wanted = compare("Equals", get("Parameters.Stage"), "prod")
    impossible = compare("LessThan", get("Parameters.Stage"), 1)
    deep = condition("Deep", compare("Equals", get("Steps.Inner.Outcome"), True), otherwise=[fail("F", "m")])
    inner = condition("Inner", wanted, then=[deep], otherwise=[condition("Elsewhere", impossible)])
    never = condition("Never", impossible, then=[condition("Neither", impossible)])
    outer = condition("Outer", compare("Equals", 1, 1), then=[inner], otherwise=[never])
    stage = {"Name": "Stage", "Type": "String", "DefaultValue": "prod"}
    behind = condition("Behind", compare("Equals", 1, 1), DependsOn=["Neither"])
    return definition(outer, behind, parameters=[stage])


def test_conditions_inside_of_conditions_are_asked_on_the_way_that_is_taken(pipelines: Pipelines) -> None:
    pipelines.create("nested", _nested())
    execution = pipelines.run("nested")

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    found = {name: step["Metadata"]["Condition"]["Outcome"] for name, step in pipelines.steps(execution).items()}
    assert found == {"Outer": "True", "Inner": "True", "Deep": "True"}

    other = pipelines.run("nested", {"Stage": "dev"})
    assert other["PipelineExecutionStatus"] == "Failed"
    assert {name: step["StepStatus"] for name, step in pipelines.steps(other).items()} == {
        "Outer": "Succeeded",
        "Inner": "Succeeded",
        "Elsewhere": "Failed",
    }


def test_a_selective_execution_runs_a_condition_inside_of_another(pipelines: Pipelines) -> None:
    pipelines.create("nested-selective", _nested())
    source = pipelines.run("nested-selective")["PipelineExecutionArn"]

    execution = pipelines.run("nested-selective", SelectiveExecutionConfig={"SelectedSteps": [{"StepName": "Deep"}]})

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    taken = {
        name: step.get("SelectiveExecutionResult", {}).get("SourcePipelineExecutionArn")
        for name, step in pipelines.steps(execution).items()
    }
    assert taken == {"Outer": source, "Inner": source, "Deep": None}
    with pytest.raises(ClientError, match=r"step Neither needs Never\."):
        pipelines.start("nested-selective", SelectiveExecutionConfig={"SelectedSteps": [{"StepName": "Neither"}]})


def test_without_a_source_the_newest_execution_is_taken(pipelines: Pipelines, noop: str) -> None:
    pipelines.create("newest", _chain(pipelines, "newest", noop))
    source = pipelines.run("newest")["PipelineExecutionArn"]

    execution = pipelines.run("newest", SelectiveExecutionConfig={"SelectedSteps": [{"StepName": "Use"}]})

    assert execution["SelectiveExecutionConfig"]["SourcePipelineExecutionArn"] == source


@pytest.mark.parametrize(
    ("selected", "reason"),
    [
        ("Nobody", r"SelectedSteps \[Nobody\] are not steps of the pipeline"),
        (
            "Use",
            "Selected steps need results of steps that are not selected and have not ever run: step Use needs Train",
        ),
    ],
)
def test_selections_that_are_refused(pipelines: Pipelines, noop: str, selected: str, reason: str) -> None:
    name = f"refused-{selected.lower()}"
    pipelines.create(name, _chain(pipelines, name, noop))
    with pytest.raises(ClientError, match=reason):
        pipelines.start(name, SelectiveExecutionConfig={"SelectedSteps": [{"StepName": selected}]})


def test_a_source_of_another_pipeline_is_refused(pipelines: Pipelines, noop: str) -> None:
    pipelines.create("source-a", definition(fail("F", "m")))
    pipelines.create("source-b", definition(fail("F", "m")))
    other = pipelines.run("source-a")["PipelineExecutionArn"]
    with pytest.raises(ClientError, match="is no execution of pipeline"):
        pipelines.start(
            "source-b",
            SelectiveExecutionConfig={"SourcePipelineExecutionArn": other, "SelectedSteps": [{"StepName": "F"}]},
        )
