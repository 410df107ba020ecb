"""The service as a whole: what is left when the server stops."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.folder_engine import FolderEngine
from tests.local_aws.sagemaker.servers import ECHO
from tests.local_aws.sagemaker.tuning.conftest import Tuning

WAITS = "import time; time.sleep(600)"


def test_a_stopped_server_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[FolderEngine] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        made.append(FolderEngine(platform, tmp_path))
        register_sagemaker(gateway, platform, engine=lambda: made[0])

    monkeypatch.setattr("local_aws.server.register_services", register)
    with LocalAws() as running:
        account = Account(running.platform, made[0], [])
        account.client("s3").create_bucket(Bucket=BUCKET)
        role = account.role("leaves-nothing")
        account.create_training_job("runs", account.engine.image("runs", train=WAITS), role)
        account.model("serves", account.engine.image("serves", serve=ECHO), role, {"model.txt": b"m"})
        account.endpoint_config("serves", "serves")
        assert account.endpoint("serves")["EndpointStatus"] == "InService"
        # a second endpoint is still on its way when the server stops
        account.model("starts", account.engine.image("starts", serve=WAITS), role)
        account.endpoint_config("starts", "starts")
        account.client("sagemaker").create_endpoint(EndpointName="starts", EndpointConfigName="starts")
        account.create_processing_job("processes", account.engine.image("processes", run=WAITS), role, count=2)
        account.put(transforms__in__a="hang")
        account.create_transform_job("transforms", "serves")
        Tuning(account, account.engine.image("tunes", train=WAITS), role).create("tunes", jobs=5, parallel=2)
        account.eventually(lambda: len(account.engine.started), lambda count: count == 8)
        state = account.platform.state_dir
    assert [container.poll() is None for container in made[0].started] == [False] * 8
    assert not state.exists()


def test_labeling_jobs_are_refused_by_name(account: Account, role: str) -> None:
    with pytest.raises(ClientError, match="the local AWS does not offer sagemaker:CreateLabelingJob; it works on AWS"):
        account.client("sagemaker").create_labeling_job(
            LabelingJobName="labels",
            LabelAttributeName="label",
            InputConfig={"DataSource": {"S3DataSource": {"ManifestS3Uri": f"s3://{BUCKET}/m"}}},
            OutputConfig={"S3OutputPath": f"s3://{BUCKET}/o"},
            RoleArn=role,
            HumanTaskConfig={
                "WorkteamArn": "arn:aws:sagemaker:us-east-1:123456789012:workteam/private-crowd/team",
                "UiConfig": {"UiTemplateS3Uri": f"s3://{BUCKET}/t"},
                "TaskTitle": "t",
                "TaskDescription": "d",
                "NumberOfHumanWorkersPerDataObject": 1,
                "TaskTimeLimitInSeconds": 60,
            },
        )
