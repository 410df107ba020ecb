"""The deployment of approved versions: what is defined, and on the local AWS, what it does."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_s3 as s3

from constructs_lib.endpoints.approved import ApprovedModelDeployment, Serving
from constructs_lib.endpoints.variants import Capture
from constructs_lib.environments.storage import Storage
from constructs_lib.images.repository import ImageRepository
from constructs_lib.registry.registry import ModelRegistry
from local_aws.cloudformation.registration import register_cloudformation
from local_aws.eventbridge.service import register_eventbridge
from local_aws.functions.service import register_lambda
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from local_aws.stepfunctions.service import register_stepfunctions
from tests.constructs_lib.synthesis import Template, only, resources, statements, template_of
from tests.local_aws.sagemaker.conftest import archive
from tests.local_aws.sagemaker.folder_engine import FolderEngine
from tests.local_aws.sagemaker.servers import ECHO

REGION = "us-east-1"
DEADLINE_SECONDS = 60


def define_deployment(stack: Stack, **changed: Any) -> ApprovedModelDeployment:
    storage = Storage(stack, "Data", removal_policy=RemovalPolicy.DESTROY)
    repository = ImageRepository.from_repository(ecr.Repository.from_repository_name(stack, "Images", "served"))
    given: dict[str, Any] = {
        "registry": ModelRegistry(stack, "Prices", group_name="prices", removal_policy=RemovalPolicy.DESTROY),
        "serving": Serving(repository=repository, storage=storage, instance_type="ml.m5.large"),
        "removal_policy": RemovalPolicy.DESTROY,
        "capture": Capture(storage=storage, prefix="captured/"),
    } | changed
    made = ApprovedModelDeployment(stack, "Deployment", **given)
    CfnOutput(stack, "Bucket", value=storage.bucket.bucket_name)
    CfnOutput(stack, "Endpoint", value=made.endpoint.endpoint_name)
    CfnOutput(stack, "Machine", value=made.workflow.state_machine_arn)
    return made


def test_nothing_is_allowed_beyond_the_deployment(tmp_path: Path) -> None:
    template = template_of(define_deployment, tmp_path, nag=True)
    actions = [statement["Action"] for statement in statements(template, "DeploymentWorkflowRole")]
    everywhere = next(found for found in actions if "logs:CreateLogDelivery" in found)
    actions[actions.index(everywhere)] = [found for found in everywhere if found.startswith("sagemaker:")]
    assert [found for found in actions if "sagemaker:" in str(found)] == [
        "sagemaker:CreateModel",
        ["sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig", "sagemaker:UpdateEndpoint"],
        ["sagemaker:CreateEndpoint", "sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpoint"],
        ["sagemaker:DescribeEndpointConfig"],  # of whatever configuration is live
        "sagemaker:UpdateModelPackage",
    ]
    serving = {str(statement["Action"]) for statement in statements(template, "DeploymentRole")}
    assert {"s3:GetObject", "s3:PutObject", "ecr:GetAuthorizationToken"} <= serving
    pattern = only(template, "AWS::Events::Rule")["EventPattern"]["detail"]
    assert (pattern["ModelPackageGroupName"], pattern["ModelApprovalStatus"]) == (["prices"], ["Approved"])
    # the endpoint comes with the first approval
    assert not resources(template, "AWS::SageMaker::Endpoint")


def test_all_problems_are_told_together() -> None:
    stack = Stack(App(), "Test")
    storage = Storage.from_bucket(s3.Bucket.from_bucket_name(stack, "Data", "data"))
    repository = ImageRepository.from_repository(ecr.Repository.from_repository_name(stack, "Images", "served"))
    with pytest.raises(ValueError, match="instance_type") as raised:
        ApprovedModelDeployment(
            stack,
            "Deployment",
            registry=ModelRegistry.from_group_name(stack, "Prices", "prices"),
            serving=Serving(repository=repository, storage=storage, instance_type="large", instance_count=0),
            endpoint_name="a_b",
            capture=Capture(storage=storage, prefix="captured"),
        )
    assert str(raised.value).splitlines() == [
        "Test/Deployment: serving.instance_type: got 'large', expected one such as 'ml.m5.large'",
        "Test/Deployment: serving.instance_count: got 0, expected 1 or more",
        "Test/Deployment: endpoint_name: got 'a_b', expected 1 to 63 letters, digits and inner hyphens",
        "Test/Deployment: capture.prefix: got 'captured', expected one with a slash at its end",
    ]


@define(eq=False)
class Deployed:
    """The stack on its local AWS, with an image that serves."""

    aws: LocalAws
    image: str
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return self.aws.platform.client(service, region=REGION)

    def register(self, text: str) -> str:
        """Registers a version whose model is a text."""
        key = f"models/{text}/model.tar.gz"
        body = archive({"model.txt": text.encode()})
        self.client("s3").put_object(Bucket=self.outputs["Bucket"], Key=key, Body=body)
        container = {"Image": self.image, "ModelDataUrl": f"s3://{self.outputs['Bucket']}/{key}"}
        made = self.client("sagemaker").create_model_package(
            ModelPackageGroupName="prices", InferenceSpecification={"Containers": [container]}
        )
        return str(made["ModelPackageArn"])

    def decide(self, arn: str, status: str) -> None:
        self.client("sagemaker").update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)

    def comes_to(self, number: int, *states: str) -> None:
        """Waits until the execution of a number has entered a state whose name begins so."""
        eventually(self.executions, lambda found: len(found) > number)
        arn = self.executions()[number]["executionArn"]

        def entered() -> list[str]:
            history = self.client("stepfunctions").get_execution_history(executionArn=arn, maxResults=1000)["events"]
            return [found.get("stateEnteredEventDetails", {}).get("name", "") for found in history]

        eventually(entered, lambda names: any(name.startswith(states) for name in names))

    def live(self) -> dict[str, Any]:
        """The endpoint."""
        return dict(self.client("sagemaker").describe_endpoint(EndpointName=self.outputs["Endpoint"]))

    def executions(self) -> list[dict[str, Any]]:
        """The executions, oldest first."""
        listed = self.client("stepfunctions").list_executions(stateMachineArn=self.outputs["Machine"])
        return list(reversed(listed["executions"]))

    def ended(self, number: int) -> dict[str, Any]:
        """The execution of a number, once it has ended."""
        eventually(self.executions, lambda found: len(found) > number and found[number]["status"] != "RUNNING")
        return dict(
            self.client("stepfunctions").describe_execution(executionArn=self.executions()[number]["executionArn"])
        )

    def model(self) -> str:
        """What the live endpoint's model says."""
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.outputs["Endpoint"], Body=b"x", ContentType="text/csv"
        )
        return str(json.loads(answer["Body"].read())["model"])


def eventually(ask: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not good(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)
    return answer


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    template: Template = template_of(define_deployment, tmp_path_factory.mktemp("approved"))
    # the CDK command line would look for a bootstrapped account
    template = {name: section for name, section in template.items() if name not in ("Parameters", "Rules")}
    engines: list[FolderEngine] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        engines.append(FolderEngine(platform, tmp_path_factory.mktemp("images")))
        register_sagemaker(gateway, platform, engine=lambda: engines[0])
        register_lambda(gateway, platform)
        register_eventbridge(gateway, platform)
        register_cloudformation(gateway, platform)
        register_stepfunctions(gateway, platform)

    with LocalAws(register=register) as running:
        client = running.platform.client("cloudformation", region=REGION)
        client.create_stack(StackName="approved", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])

        def stack() -> dict[str, Any]:
            return dict(client.describe_stacks(StackName="approved")["Stacks"][0])

        made = eventually(stack, lambda found: not found["StackStatus"].endswith("_IN_PROGRESS"))
        events = client.describe_stack_events(StackName="approved")["StackEvents"]
        reasons = [found["ResourceStatusReason"] for found in events if "ResourceStatusReason" in found]
        assert made["StackStatus"] == "CREATE_COMPLETE", reasons
        image = engines[0].image("served", serve=ECHO)
        yield Deployed(running, image, {found["OutputKey"]: found["OutputValue"] for found in made["Outputs"]})


def test_an_approval_brings_a_version_to_the_endpoint_and_a_rejection_does_not(deployed: Deployed) -> None:
    first, second, third = (deployed.register(text) for text in ("first", "second", "third"))
    deployed.decide(second, "Rejected")
    deployed.decide(first, "Approved")
    execution = deployed.ended(0)
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    assert json.loads(execution["input"])["ModelPackageArn"] == first
    assert deployed.model() == "first"
    noted = deployed.client("sagemaker").describe_model_package(ModelPackageName=first)["CustomerMetadataProperties"]
    live = deployed.client("sagemaker").describe_endpoint(EndpointName=deployed.outputs["Endpoint"])
    assert noted == {
        "deployed-to": deployed.outputs["Endpoint"],
        "deployed-by": execution["name"],
        "endpoint-config": live["EndpointConfigName"],
    }
    deployed.decide(third, "Approved")
    assert deployed.ended(1)["status"] == "SUCCEEDED"
    assert deployed.model() == "third"
    # what was noted at the versions has started nothing
    assert len(deployed.executions()) == 2


def test_a_version_that_does_not_serve_fails_the_deployment_and_the_endpoint_goes_on(deployed: Deployed) -> None:
    before = len(deployed.executions())
    good = deployed.register("good")
    deployed.decide(good, "Approved")
    assert deployed.ended(before)["status"] == "SUCCEEDED"
    body = archive({"other.txt": b"no model"})
    deployed.client("s3").put_object(Bucket=deployed.outputs["Bucket"], Key="models/bad/model.tar.gz", Body=body)
    container = {"Image": deployed.image, "ModelDataUrl": f"s3://{deployed.outputs['Bucket']}/models/bad/model.tar.gz"}
    bad = deployed.client("sagemaker").create_model_package(
        ModelPackageGroupName="prices",
        InferenceSpecification={"Containers": [{**container, "Image": deployed.image.replace("served", "gone")}]},
    )["ModelPackageArn"]
    deployed.decide(bad, "Approved")
    execution = deployed.ended(before + 1)
    assert execution["status"] == "FAILED"
    assert "CustomerMetadataProperties" not in deployed.client("sagemaker").describe_model_package(ModelPackageName=bad)
    assert deployed.model() == "good"


def test_versions_approved_while_another_is_deployed_wait_and_the_last_is_live(deployed: Deployed) -> None:
    before = len(deployed.executions())
    versions = [deployed.register(text) for text in ("one", "two", "three")]
    for number, version in enumerate(versions, start=before):
        deployed.decide(version, "Approved")
        # it has made its configuration, so that it is known which is the newest
        deployed.comes_to(number, "Put into service", "Report")

    ended = [deployed.ended(before + number) for number in range(3)]

    assert ended[2]["status"] == "SUCCEEDED", ended[2].get("cause")
    assert deployed.model() == "three"
    for execution in ended[:2]:
        # it was live until the next one came, or it was overtaken and says so
        cause = execution.get("cause", "")
        assert execution["status"] == "SUCCEEDED" or "was made later" in cause or "of another request" in cause, cause


def test_a_version_that_is_approved_again_is_deployed_again(deployed: Deployed) -> None:
    before = len(deployed.executions())
    version = deployed.register("twice")
    for number in (before, before + 1):
        deployed.decide(version, "Approved")
        assert deployed.ended(number)["status"] == "SUCCEEDED"
        assert deployed.model() == "twice"
    noted = deployed.client("sagemaker").describe_model_package(ModelPackageName=version)["CustomerMetadataProperties"]
    assert noted["endpoint-config"] == deployed.live()["EndpointConfigName"]


def test_a_rejection_of_what_is_live_takes_nothing_away(deployed: Deployed) -> None:
    before = len(deployed.executions())
    version, other = deployed.register("regretted"), deployed.register("next")
    deployed.decide(version, "Approved")
    assert deployed.ended(before)["status"] == "SUCCEEDED"
    deployed.decide(version, "Rejected")
    deployed.decide(other, "Approved")  # its execution is the next one: the rejection has started none
    assert json.loads(deployed.ended(before + 1)["input"])["ModelPackageArn"] == other
    assert deployed.model() == "next"


def test_a_version_whose_artifact_is_gone_is_not_deployed(deployed: Deployed) -> None:
    before = len(deployed.executions())
    good, gone = deployed.register("there"), deployed.register("gone")
    deployed.decide(good, "Approved")
    assert deployed.ended(before)["status"] == "SUCCEEDED"
    deployed.client("s3").delete_object(Bucket=deployed.outputs["Bucket"], Key="models/gone/model.tar.gz")
    deployed.decide(gone, "Approved")
    execution = deployed.ended(before + 1)
    assert execution["status"] == "FAILED"
    assert "Could not access model data at" in execution["cause"]
    assert deployed.model() == "there"


def test_a_version_that_is_deleted_while_it_is_deployed_fails_the_deployment(deployed: Deployed) -> None:
    before = len(deployed.executions())
    version = deployed.register("deleted")
    deployed.decide(version, "Approved")
    deployed.comes_to(before, "Put into service: ")
    deployed.client("sagemaker").delete_model_package(ModelPackageName=version)
    execution = deployed.ended(before)
    assert (execution["status"], deployed.model()) == ("FAILED", "deleted")
    assert f"ModelPackage {version} does not exist" in execution["cause"]
