"""Transform jobs of models with several containers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.servers import STAGE
from tests.local_aws.sagemaker.transform.conftest import LOGS


@pytest.fixture(scope="module")
def stages(account: Account, role: str) -> str:
    """The name of a model of two containers."""
    image = account.engine.image("transform-stage", serve=STAGE)
    containers = [{"Image": image, "Environment": {"NAME": name}} for name in ("a", "b")]
    account.client("sagemaker").create_model(ModelName="stages", Containers=containers, ExecutionRoleArn=role)
    return "stages"


def test_records_go_through_the_containers_in_order(account: Account, stages: str) -> None:
    account.put(**{"t-stages__in__rows": "1\n2\n"})
    job = account.transform_job("t-stages", stages, BatchStrategy="SingleRecord", count=2)
    assert job["TransformJobStatus"] == "Completed", job
    assert account.read("t-stages/out/rows.out") == "b(a(1))\nb(a(2))\n"
    streams = account.client("logs").describe_log_streams(logGroupName=LOGS, logStreamNamePrefix="t-stages/")
    ends = {stream["logStreamName"].rpartition("/")[2] for stream in streams["logStreams"]}
    assert ends == {"container-1", "container-2", "data-log"}
    assert "text/csv||" in account.log(LOGS, "t-stages/")
    assert "text/a|text/csv|" in account.log(LOGS, "t-stages/")


def test_a_container_that_fails_fails_the_job(account: Account, stages: str) -> None:
    account.put(**{"t-stage-fails__in__rows": "fail b\n"})
    client: dict[str, Any] = {"InvocationsMaxRetries": 0}
    job = account.transform_job("t-stage-fails", stages, ModelClientConfig=client)
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    log = "\n".join(account.log(LOGS, "t-stage-fails/"))
    assert "Bad HTTP status received from container-2: 500: b is sad" in log


def test_a_container_that_never_serves_fails_the_job(account: Account, role: str) -> None:
    good = {"Image": account.engine.image("t-good", serve=STAGE), "Environment": {"NAME": "a"}}
    mute = {"Image": account.engine.image("t-mute", serve="raise SystemExit(4)")}
    account.client("sagemaker").create_model(ModelName="t-mute", Containers=[good, mute], ExecutionRoleArn=role)
    account.put(**{"t-mute__in__a": "1\n"})
    reason = account.transform_job("t-mute", "t-mute")["FailureReason"]
    assert reason.startswith("AlgorithmError: The container-2 for model t-mute did not pass the ping health check")


def test_a_model_whose_requests_name_the_container_is_refused(account: Account, role: str) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1"
    containers = [{"Image": image, "ContainerHostname": name} for name in ("a", "b")]
    account.client("sagemaker").create_model(
        ModelName="t-direct",
        Containers=containers,
        ExecutionRoleArn=role,
        InferenceExecutionConfig={"Mode": "Direct"},
    )
    with pytest.raises(ClientError, match="Model t-direct runs its containers in mode Direct"):
        account.create_transform_job("t-direct", "t-direct")
