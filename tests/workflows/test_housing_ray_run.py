"""The pipeline of `housing-ray` run by the local AWS: its document, its jobs of several hosts, its derived permissions.

Its jobs are processes; ``MLOPS_CONTAINER_ENGINE=docker`` (or ``podman``) makes them containers of the workflow's image.
`test_housing_ray_features.py` and `test_housing_ray_container.py` tell what the programs of its container do.
"""

import io
import json
import tarfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from constructs_lib.definitions import ComputeResources, ContainerImage
from constructs_lib.permissions import Statement, job_statements, pipeline_statements
from constructs_lib.rendering import render_pipeline
from local_aws.containers.command_line_engine import CommandLineEngine
from local_aws.containers.engine import choose_engine
from local_aws.containers.process.engine import ProcessEngine
from local_aws.platform import Platform
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from tests.workflows.built_image import push_built_image
from tests.workflows.housing_ray import SCRIPTS, in_container, programs, push_image
from workflows.housing_ray import data
from workflows.housing_ray.definition import (
    EVALUATION,
    FAILED,
    FEATURE_GROUP,
    INGESTION,
    NAME,
    PREPROCESSING,
    REGISTRATION,
    STORE_PREFIX,
    TUNING,
    HousingRaySettings,
    housing_ray,
)

REGION, ACCOUNT = "us-east-1", "123456789012"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/ray:latest"
PLACE = {"partition": "aws", "region": REGION, "account": ACCOUNT}
BUCKET, GROUP = "housing-data", "houses"
STORE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/store"
FILES = "the store names its files itself"
ROWS = 10_000
RUN = pytest.mark.timeout(600)
_OF_A_MODEL = [
    *(f"s3:{action}" for action in ("GetObject", "ListBucket", "PutObject")),
    *(f"ecr:{action}" for action in ("BatchGetImage", "GetAuthorizationToken", "GetDownloadUrlForLayer")),
    *(f"logs:{action}" for action in ("CreateLogGroup", "CreateLogStream", "PutLogEvents")),
]

pytestmark = [pytest.mark.slow, RUN]


def of_scripts(name: str) -> list[Statement]:
    """What a step's script does with AWS beside its inputs and outputs."""
    group = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:feature-group/{FEATURE_GROUP}"
    store = f"arn:aws:s3:::{BUCKET}"
    if name == INGESTION:
        actions = ["BatchWriteRecord", "CreateFeatureGroup", "DescribeFeatureGroup"]
        return [
            Statement(actions=[f"sagemaker:{action}" for action in actions], resources=[group]),
            Statement(actions=["iam:PassRole"], resources=[STORE_ROLE]),
            Statement(
                actions=["glue:CreateDatabase", "glue:GetDatabase", "glue:CreateTable", "glue:GetTable"],
                resources=["*"],
                reason="the table of a group that is made gets a generated name",
            ),
        ]
    if name == PREPROCESSING:
        objects = f"{store}/{STORE_PREFIX}/*"
        return [
            Statement(actions=["s3:GetObject"], resources=[objects], reason=FILES),
            Statement(actions=["s3:ListBucket"], resources=[store]),
        ]
    return []


@define(eq=False)
class Account:
    """The local AWS, with the pipeline, its data and its scripts in it."""

    platform: Platform

    def client(self, service: str) -> Any:
        return self.platform.client(service, region=REGION)

    def role(self, name: str, service: str, statements: list[Statement]) -> str:
        """A role that may do what is derived and no more."""
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        policy = {"Version": "2012-10-17", "Statement": [found.to_dict() for found in statements]}
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="derived", PolicyDocument=json.dumps(policy))
        return arn

    def deploy(self) -> None:
        needed = housing_ray(
            HousingRaySettings(
                image=ContainerImage(uri=IMAGE),
                raw_data_uri="s3://housing-raw/houses/",
                script_uris={path.name: f"s3://housing-code/scripts/{path.name}" for path in SCRIPTS.glob("*.py")},
                data_bucket=BUCKET,
                store_role_arn=STORE_ROLE,
                group_name=GROUP,
                training_compute=ComputeResources(instance_type="ml.c5.xlarge"),
            )
        )
        roles = {
            step.name: self.role(
                f"job-{number}",
                "sagemaker.amazonaws.com",
                [*job_statements(step, definition=needed, **PLACE), *of_scripts(step.name)],
            )
            for number, step in enumerate(needed.steps_without_role)
        }
        definition = needed.with_roles(roles)
        self.client("sagemaker").create_pipeline(
            PipelineName=NAME,
            PipelineDefinition=json.dumps(render_pipeline(definition)),
            RoleArn=self.role("pipeline", "sagemaker.amazonaws.com", list(pipeline_statements(definition, **PLACE))),
            ClientRequestToken=str(uuid.uuid4()),
        )

    def run(self, **parameters: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Runs the pipeline to its end, its ingestion on two hosts; gives the execution and its steps by name."""
        sagemaker = self.client("sagemaker")
        parameters |= {"ProcessingInstanceCount": "2"}
        arn = sagemaker.start_pipeline_execution(
            PipelineName=NAME,
            PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
            ClientRequestToken=str(uuid.uuid4()),
        )["PipelineExecutionArn"]
        deadline = time.monotonic() + 540
        while True:
            execution: dict[str, Any] = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
            if execution["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
                break
            assert time.monotonic() < deadline
            time.sleep(0.2)
        steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        return execution, {step["StepName"]: step for step in steps}

    def told(self, kind: str, job: str) -> dict[str, list[str]]:
        """The lines that a job's hosts have printed, by host."""
        logs, group = self.client("logs"), f"/aws/sagemaker/{kind}Jobs"
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]
        found = {}
        for name in [stream["logStreamName"] for stream in streams]:
            events = logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)["events"]
            found[name.removeprefix(f"{job}/")[: len("algo-1")]] = [event["message"] for event in events]
        return found

    def content(self, uri: str) -> bytes:
        """An object of S3."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with LocalAws(register=register_sagemaker) as running:
        account = Account(running.platform)
        engine = choose_engine(running.platform)
        if isinstance(engine, CommandLineEngine):
            assert push_built_image(engine) == IMAGE
        else:
            assert isinstance(engine, ProcessEngine)
            assert push_image(engine) == IMAGE
        s3 = account.client("s3")
        for bucket in ("housing-raw", "housing-code", BUCKET):
            s3.create_bucket(Bucket=bucket)
        for name, text in data.files(ROWS):
            s3.put_object(Bucket="housing-raw", Key=f"houses/{name}", Body=text.encode())
        for script in SCRIPTS.glob("*.py"):
            s3.upload_file(str(script), "housing-code", f"scripts/{script.name}")
        objects = [f"arn:aws:s3:::{BUCKET}/{STORE_PREFIX}/*"]
        writes = Statement(actions=["s3:PutObject"], resources=objects, reason=FILES)
        look = Statement(actions=["s3:GetBucketAcl"], resources=[f"arn:aws:s3:::{BUCKET}"])
        account.role("store", "sagemaker.amazonaws.com", [writes, look])
        account.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
        account.deploy()
        yield account


@pytest.fixture(scope="module")
def first(account: Account) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    return account.run()


def test_a_good_model_is_registered_and_waits_for_approval(
    account: Account, first: tuple[dict[str, Any], dict[str, dict[str, Any]]]
) -> None:
    execution, steps = first
    reasons = {name: step.get("FailureReason") for name, step in steps.items()}
    assert execution["PipelineExecutionStatus"] == "Succeeded", reasons
    arn = steps[REGISTRATION]["Metadata"]["RegisterModel"]["Arn"]
    package = account.client("sagemaker").describe_model_package(ModelPackageName=arn)
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    report = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    metrics = json.loads(account.content(report))
    assert metrics["regression_metrics"]["rmse"]["value"] < 15_000


def test_the_registered_version_once_approved_transforms_rows_of_others_in_batches(
    account: Account, first: tuple[dict[str, Any], dict[str, dict[str, Any]]]
) -> None:
    sagemaker, s3 = account.client("sagemaker"), account.client("s3")
    needed = Statement(actions=_OF_A_MODEL, resources=["*"], reason="what a model's role may is not what is asked here")
    version = first[1][REGISTRATION]["Metadata"]["RegisterModel"]["Arn"]
    sagemaker.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
    sagemaker.create_model(
        ModelName="registered",
        ExecutionRoleArn=account.role("transform", "sagemaker.amazonaws.com", [needed]),
        Containers=[{"ModelPackageName": version}],
    )
    rows = list(data.houses(300, seed=9))
    body = "\n".join(",".join(map(str, row[1:])) for row in rows)
    s3.put_object(Bucket=BUCKET, Key="others/houses.csv", Body=body.encode())
    place = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/others/"}
    sagemaker.create_transform_job(
        TransformJobName="others",
        ModelName="registered",
        BatchStrategy="MultiRecord",
        TransformInput={"DataSource": {"S3DataSource": place}, "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/priced", "Accept": "text/csv", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
    )
    deadline = time.monotonic() + 420
    while (job := sagemaker.describe_transform_job(TransformJobName="others"))["TransformJobStatus"] == "InProgress":
        assert time.monotonic() < deadline
        time.sleep(0.2)

    assert job["TransformJobStatus"] == "Completed", job
    prices = account.content(f"s3://{BUCKET}/priced/houses.csv.out").split()
    errors = [float(price) - row[0] for price, row in zip(prices, rows, strict=True)]
    assert (sum(error**2 for error in errors) / len(errors)) ** 0.5 < 20_000


def test_two_processing_instances_share_the_files_and_write_all_rows_as_one_cluster(
    account: Account, first: tuple[dict[str, Any], dict[str, dict[str, Any]]]
) -> None:
    job = first[1][INGESTION]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    hosts = account.told("Processing", job)
    assert sorted(hosts) == ["algo-1", "algo-2"]
    assert "cluster: algo-1, algo-2" in hosts["algo-1"]
    assert "cluster: algo-2 joins algo-1" in hosts["algo-2"]
    # each host has two of the four files, and actors of its own that write what is in them
    assert [line for line in hosts["algo-1"] if "actors write" in line] == [
        f"4 actors write {ROWS // 2} rows in 4 blocks"
    ] * 2
    assert f"ingested-rows={ROWS}" in hosts["algo-1"]


def test_two_training_instances_train_one_model_as_one_cluster(
    account: Account, first: tuple[dict[str, Any], dict[str, dict[str, Any]]], tmp_path: Path
) -> None:
    """As the jobs of the tuning, with their role, on two instances instead of one."""
    sagemaker = account.client("sagemaker")
    tuning = first[1][TUNING]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    best = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning)["BestTrainingJob"]
    alone = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    sagemaker.create_training_job(
        TrainingJobName="two-hosts",
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        ResourceConfig=alone["ResourceConfig"] | {"InstanceCount": 2},
        HyperParameters={"num_round": "20"},
        **{name: alone[name] for name in ("RoleArn", "InputDataConfig", "OutputDataConfig", "StoppingCondition")},
    )
    deadline = time.monotonic() + 420
    while (ended := sagemaker.describe_training_job(TrainingJobName="two-hosts"))["TrainingJobStatus"] == "InProgress":
        assert time.monotonic() < deadline
        time.sleep(0.2)

    hosts = account.told("Training", "two-hosts")
    assert ended["TrainingJobStatus"] == "Completed", hosts
    assert "cluster: algo-1, algo-2" in hosts["algo-1"]
    assert "cluster: algo-2 joins algo-1" in hosts["algo-2"]
    with tarfile.open(fileobj=io.BytesIO(account.content(ended["ModelArtifacts"]["S3ModelArtifacts"]))) as archive:
        archive.extractall(tmp_path, filter="data")
    # each host has trained on every second row, and the first tree has seen all of them
    read = f"import xgboost; print(xgboost.Booster(model_file='{tmp_path}/model.ubj').get_dump(with_stats=True)[0])"
    assert f"cover={ROWS * 6 // 10}\n" in in_container(read, programs()).partition("\n\t")[0] + "\n"


def test_nothing_changed_is_served_from_the_cache_and_a_strict_threshold_ends_in_its_failure(
    account: Account, first: tuple[dict[str, Any], dict[str, dict[str, Any]]]
) -> None:
    execution, steps = account.run(RMSEThreshold="5000")

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert steps[FAILED]["FailureReason"] == "Execution failed due to RMSE > 5000.0"
    for name in (INGESTION, PREPROCESSING, TUNING):
        source = steps[name]["CacheHitResult"]["SourcePipelineExecutionArn"]
        assert source == first[0]["PipelineExecutionArn"]
    assert "CacheHitResult" not in steps[EVALUATION]


def test_sizes_that_do_not_sum_to_one_end_in_the_script_s_own_words(
    account: Account, first: tuple[dict[str, Any], dict[str, dict[str, Any]]]
) -> None:
    execution, steps = account.run(TestSize="0.3")

    assert execution["PipelineExecutionStatus"] == "Failed"
    job = steps[PREPROCESSING]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    told = account.client("sagemaker").describe_processing_job(ProcessingJobName=job)["ExitMessage"]
    assert told.startswith("sizes of train, validation and test: 0.6 + 0.2 + 0.3 is")
