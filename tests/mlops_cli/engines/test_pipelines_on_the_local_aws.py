"""Pipelines that the local AWS really runs, as the command line sees them."""

from typing import Any

import pytest
from rich.console import Console

from local_aws.server import LocalAws
from mlops_cli import pictures
from mlops_cli.engines import Selection, engine_of, follow, look, pipelines
from mlops_cli.errors import CliError
from mlops_cli.history import Progress
from mlops_cli.pictures import GraphFormat
from mlops_cli.step_table import made_lines, rows, step_table
from mlops_cli.target import Target
from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines, account, noop, role
from tests.local_aws.sagemaker.pipelines.conftest import pipelines as pipelines_of_the_account
from tests.local_aws.sagemaker.pipelines.documents import compare, condition, definition, fail, get, processing

__all__ = ["LocalAws", "account", "noop", "pipelines_of_the_account", "role"]

PARAMETERS: list[dict[str, Any]] = [
    {"Name": "Rows", "Type": "Integer", "DefaultValue": 10},
    {"Name": "Mode", "Type": "String", "DefaultValue": "dry", "EnumValues": ["dry", "wet"]},
]


WRITES = """
import os, pathlib
folder = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "processing/rows")
folder.mkdir(parents=True, exist_ok=True)
(folder / "rows.csv").write_text("1")
"""


@pytest.fixture
def target(account: Account) -> Target:
    return Target(endpoint_url=account.platform.endpoint_url)


def deployed(made: Pipelines, name: str, image: str) -> str:
    """A pipeline of two steps, one of them cached, and a Condition; its ARN."""
    cached = {"CacheConfig": {"Enabled": True, "ExpireAfter": "PT1H"}}
    prepare = processing("Prepare", image, made.role, outputs={"rows": f"{name}/rows"}, **cached)
    train = processing("Train", image, made.role, DependsOn=["Prepare"])
    check = condition(
        "Enough",
        compare("GreaterThan", get("Parameters.Rows"), 5),
        otherwise=[fail("TooFew", "too few rows")],
        DependsOn=["Train"],
    )
    made.create(name, definition(prepare, train, check, parameters=PARAMETERS))
    return str(made.client.describe_pipeline(PipelineName=name)["PipelineArn"])


def run(target: Target, pipeline: str, given: dict[str, str], name: str, **options: Selection) -> Progress:
    execution = engine_of(pipeline).start(target, pipeline, given, name=name, **options)
    return follow(target, execution, lambda _: None)


def statuses(progress: Progress) -> dict[str, str]:
    return {step.name: step.status for step in progress.in_order()}


def test_an_execution_is_started_followed_and_found(
    target: Target, pipelines_of_the_account: Pipelines, noop: str
) -> None:
    pipeline = deployed(pipelines_of_the_account, "followed", noop)
    progress = run(target, pipeline, {"Rows": "20"}, "monday")
    assert progress.status == "SUCCEEDED"
    assert statuses(progress) == {"Prepare": "SUCCEEDED", "Train": "SUCCEEDED", "Enough": "SUCCEEDED"}
    assert pipelines.find(target, pipeline, "monday") == progress.arn == pipelines.newest(target, pipeline)
    assert progress.ended is not None
    assert progress.started is not None
    assert progress.ended >= progress.started


def test_a_second_run_takes_what_is_unchanged_from_the_cache(
    target: Target, account: Account, pipelines_of_the_account: Pipelines
) -> None:
    pipeline = deployed(pipelines_of_the_account, "again", account.engine.image("writes-rows", run=WRITES))
    run(target, pipeline, {}, "first")
    second = run(target, pipeline, {}, "second")
    assert statuses(second) == {"Prepare": "CACHED", "Train": "SUCCEEDED", "Enough": "SUCCEEDED"}
    page = pictures.of_execution(target, second, GraphFormat.html, workflow="again")
    assert "taken from the cache" in page


def test_a_failure_names_its_step_and_cause(target: Target, pipelines_of_the_account: Pipelines, noop: str) -> None:
    pipeline = deployed(pipelines_of_the_account, "failing", noop)
    progress = run(target, pipeline, {"Rows": "3"}, "few")
    assert progress.status == "FAILED"
    failure = pipelines.failure(progress)
    assert (failure.step, failure.cause) == ("TooFew", "too few rows")


def test_a_job_that_fails_is_named_for_its_log(
    target: Target, account: Account, pipelines_of_the_account: Pipelines
) -> None:
    broken = account.engine.image("broken-for-the-command-line", run="raise SystemExit(3)")
    pipeline = deployed(pipelines_of_the_account, "broken", broken)
    progress = run(target, pipeline, {}, "one")
    failure = pipelines.failure(progress)
    assert failure.step == "Prepare"
    assert failure.log is not None
    assert failure.log.startswith("pipelines-")
    with pytest.raises(CliError, match="the execution has ended: Failed"):
        engine_of(pipeline).stop(target, progress.arn)
    engine_of(pipeline).retry(target, progress.arn)
    again = follow(target, progress.arn, lambda _: None)
    assert again.steps["Prepare"].telling.attempts >= 1
    assert again.status == "FAILED"


def test_a_running_execution_is_stopped(target: Target, account: Account, pipelines_of_the_account: Pipelines) -> None:
    slow = account.engine.image("slow-for-the-command-line", run="import time; time.sleep(300)")
    pipeline = deployed(pipelines_of_the_account, "stopped", slow)
    execution = pipelines.start(target, pipeline, {}, name="long")
    account.eventually(lambda: look(target, execution), lambda found: "Prepare" in found.steps)
    pipelines.stop(target, execution)
    progress = follow(target, execution, lambda _: None)
    assert progress.status == "ABORTED"
    assert progress.steps["Prepare"].status == "ABORTED"


def test_a_part_of_the_steps_runs_on_the_results_of_an_earlier_execution(
    target: Target, pipelines_of_the_account: Pipelines, noop: str
) -> None:
    pipeline = deployed(pipelines_of_the_account, "partly", noop)
    run(target, pipeline, {}, "whole")
    progress = run(target, pipeline, {}, "part", selection=Selection(only=("Train",)))
    assert progress.status == "SUCCEEDED"
    assert {name: statuses(progress)[name] for name in ("Prepare", "Train")} == {
        "Prepare": "REUSED",
        "Train": "SUCCEEDED",
    }


def test_the_table_of_steps_tells_what_they_made(
    target: Target, pipelines_of_the_account: Pipelines, noop: str
) -> None:
    pipeline = deployed(pipelines_of_the_account, "tabled", noop)
    progress = run(target, pipeline, {}, "one")
    found = {row.step.name: row for row in rows(target, progress)}
    assert found["Prepare"].made == (f"s3://{BUCKET}/tabled/rows",)
    assert f"  s3://{BUCKET}/tabled/rows" in list(made_lines(list(found.values())))
    console = Console(width=80, record=True)
    console.print(step_table(list(found.values()), progress))
    assert "Prepare" in console.export_text()


def test_the_table_of_steps_tells_what_they_noted_down(target: Target, pipelines_of_the_account: Pipelines) -> None:
    made = pipelines_of_the_account
    source = {"SourceUri": f"s3://{BUCKET}/noted"}
    arguments = {
        "Actions": [{"ActionName": "cli-noted", "ActionType": "ByHand", "Source": source}],
        "Artifacts": [{"ArtifactName": "noted", "ArtifactType": "DataSet", "Source": source}],
    }
    made.create("noted", definition({"Name": "Record", "Type": "Lineage", "Arguments": arguments}))
    pipeline = str(made.client.describe_pipeline(PipelineName="noted")["PipelineArn"])

    (row,) = rows(target, run(target, pipeline, {}, "one"))

    action = made.client.describe_action(ActionName="cli-noted")["ActionArn"]
    (artifact,) = made.client.list_artifacts(SourceUri=source["SourceUri"])["ArtifactSummaries"]
    assert row.made == (action, artifact["ArtifactArn"])
