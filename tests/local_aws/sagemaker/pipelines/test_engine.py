"""The engine as part of a server: its end, its threads, its own faults."""

import threading
from pathlib import Path
from typing import Any

import pytest

from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.pipelines.execution_run import ExecutionRun
from local_aws.sagemaker.pipelines.settings import PipelineSettings
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.folder_engine import FolderEngine
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.pipelines.documents import definition, fail, processing


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "pipelines"}


def test_executions_end_with_the_server(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made: list[FolderEngine] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        made.append(FolderEngine(platform, tmp_path))
        settings = PipelineSettings(stand_ins={"EMR": "sleep 600"})
        register_sagemaker(gateway, platform, engine=lambda: made[0], pipelines=settings)

    before = _threads()
    with LocalAws(register=register) as running:
        account = Account(running.platform, made[0], [])
        pipelines = Pipelines(account, account.role("pipelines-end"))
        url = account.client("sqs").create_queue(QueueName="pipelines-end")["QueueUrl"]
        sleeps = account.engine.image("sleeps", run="import time; time.sleep(600)")
        pipelines.create(
            "endless",
            definition(
                processing("Job", sleeps, pipelines.role),
                {"Name": "Ask", "Type": "Callback", "SqsQueueUrl": url, "Arguments": {}},
                {"Name": "Cluster", "Type": "EMR", "Arguments": {}},
            ),
        )
        arn = pipelines.start("endless")
        for name in ("Job", "Ask", "Cluster"):
            pipelines.step(arn, name, "Executing")
        assert len(_threads() - before) == 1

    for thread in _threads() - before:
        thread.join(10)
    assert _threads() <= before
    ours = [record for record in caplog.records if record.name.startswith(("asyncio", "local_aws.sagemaker.pipelines"))]
    assert [record.message for record in ours if record.levelname in ("ERROR", "WARNING")] == []


def test_a_fault_of_the_engine_ends_the_execution(pipelines: Pipelines, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_run: ExecutionRun) -> Any:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(ExecutionRun, "drive", broken)
    pipelines.create("broken", definition(fail("F", "m")))

    execution = pipelines.run("broken")

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "InternalServerError: the local AWS failed; its own log says why"


def test_many_executions_share_one_thread(pipelines: Pipelines, account: Account) -> None:
    url = account.client("sqs").create_queue(QueueName="many")["QueueUrl"]
    pipelines.create("many", definition({"Name": "Ask", "Type": "Callback", "SqsQueueUrl": url, "Arguments": {}}))
    pipelines.ended(_answered(pipelines, pipelines.start("many")))
    before = _threads()
    arns = [pipelines.start("many") for _ in range(20)]
    for arn in arns:
        pipelines.step(arn, "Ask", "Executing")
    assert _threads() == before
    for arn in arns:
        pipelines.ended(_answered(pipelines, arn))


def _answered(pipelines: Pipelines, arn: str) -> str:
    token = pipelines.step(arn, "Ask", "Executing")["Metadata"]["Callback"]["CallbackToken"]
    pipelines.client.send_pipeline_execution_step_success(CallbackToken=token)
    return arn
