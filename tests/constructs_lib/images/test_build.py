import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from aws_cdk import App, CfnParameter, RemovalPolicy, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_logs as logs

from constructs_lib.environments.settings import COMPUTE_TYPES
from constructs_lib.environments.storage import Storage
from constructs_lib.images.build import ContainerBuild
from constructs_lib.images.repository import IImageRepository, ImageRepository
from constructs_lib.images.source import DEFAULT_BUILDSPEC, BuildSettings, buildspec_of
from tests.constructs_lib.synthesis import Template, only, resources, statements, template_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "container"
    made.mkdir()
    (made / "Dockerfile").write_text("FROM scratch\n")
    (made / "train").write_text("#!/bin/sh\n")
    return made


def define(stack: Stack, folder: Path, **arguments: Any) -> ContainerBuild:
    return ContainerBuild(stack, "Build", source=folder, repository=ImageRepository(stack, "Images"), **arguments)


def builder(template: Template) -> dict[str, Any]:
    (found,) = [
        function["Properties"]
        for name, function in resources(template, "AWS::Lambda::Function").items()
        if name.startswith("BuildBuilder")
    ]
    return dict(found)


def settings_text(template: Template) -> str:
    joined = builder(template)["Environment"]["Variables"]["BUILD_SETTINGS"]["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else "TOKEN" for part in joined)


def test_the_project_builds_the_asset_and_pushes_to_the_repository(folder: Path, tmp_path: Path) -> None:
    settings = BuildSettings(environment={"LEVEL": "1"}, compute_type=COMPUTE_TYPES[2], timeout_minutes=45)
    template = template_of(lambda stack: define(stack, folder, settings=settings), tmp_path, nag=True)
    project = only(template, "AWS::CodeBuild::Project")
    assert project["TimeoutInMinutes"] == 45
    assert project["Artifacts"] == {"Type": "NO_ARTIFACTS"}
    assert project["EncryptionKey"]["Fn::GetAtt"][0].startswith("BuildStorageKey")
    assert project["LogsConfig"]["CloudWatchLogs"]["Status"] == "ENABLED"
    environment = project["Environment"]
    assert (environment["Type"], environment["Image"]) == ("LINUX_CONTAINER", "aws/codebuild/standard:7.0")
    assert environment["ComputeType"] == "BUILD_GENERAL1_LARGE"
    assert environment["PrivilegedMode"] is True
    assert [variable["Name"] for variable in environment["EnvironmentVariables"]] == [
        "LEVEL",
        "IMAGE_REPOSITORY_URI",
        "DOCKERFILE",
    ]
    assert project["Source"]["Type"] == "S3"
    assert project["Source"]["BuildSpec"] == DEFAULT_BUILDSPEC
    assert project["Source"]["Location"]["Fn::Join"][1][1].endswith(".zip")


def test_the_folders_own_buildspec_goes_first(folder: Path) -> None:
    (folder / "buildspec.yml").write_text("version: 0.2\n")
    assert buildspec_of(folder) == "buildspec.yml"


def test_the_functions_know_the_contents_hash(folder: Path, tmp_path: Path) -> None:
    def hash_of(name: str) -> str:
        template = template_of(lambda stack: define(stack, folder), tmp_path / name)
        return str(json.loads(settings_text(template))["source_hash"])

    first = hash_of("a")
    for left_over in ("__pycache__", ".git"):
        (folder / left_over).mkdir()
        (folder / left_over / "x.pyc").write_text("x")
        (folder / left_over / "x.pyc").chmod(0o755)
    assert hash_of("b") == first
    (folder / "train").chmod(0o755)
    executable = hash_of("c")
    assert executable != first
    (folder / "train").chmod(0o700)
    assert hash_of("d") == executable
    (folder / "train").write_text("#!/bin/sh\nexit 1\n")
    assert hash_of("e") not in (first, executable)


def test_only_the_builders_source_is_shipped(folder: Path, tmp_path: Path) -> None:
    template = template_of(lambda stack: define(stack, folder), tmp_path)
    function = builder(template)
    assert (function["Handler"], function["Runtime"]) == ("container_builder.handler.start", "python3.14")
    shipped = tmp_path / "assembly" / f"asset.{function['Code']['S3Key'].removesuffix('.zip')}"
    found = sorted(str(path.relative_to(shipped)) for path in shipped.rglob("*") if path.is_file())
    assert found == ["container_builder/handler.py", "container_builder/logic.py"]


def test_the_end_of_a_build_calls_the_finisher(folder: Path, tmp_path: Path) -> None:
    template = template_of(lambda stack: define(stack, folder), tmp_path)
    (project,) = resources(template, "AWS::CodeBuild::Project")
    rule = only(template, "AWS::Events::Rule")
    assert rule["EventPattern"] == {
        "source": ["aws.codebuild"],
        "detail-type": ["CodeBuild Build State Change"],
        "detail": {"project-name": [{"Ref": project}], "build-status": [{"anything-but": "IN_PROGRESS"}]},
    }
    (target,) = rule["Targets"]
    assert target["Arn"]["Fn::GetAtt"][0].startswith("BuildFinisher")
    assert only(template, "AWS::Lambda::Permission")["FunctionName"] == target["Arn"]


def test_each_role_may_do_its_own_work_only(folder: Path, tmp_path: Path) -> None:
    template = template_of(lambda stack: define(stack, folder), tmp_path)

    def allowed(start: str) -> list[str]:
        actions: list[str] = []
        for statement in statements(template, start):
            found = statement["Action"]
            actions += [found] if isinstance(found, str) else found
        return sorted(set(actions))

    logs_only = ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert allowed("BuildBuildRole") == [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:GetAuthorizationToken",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
        "kms:Decrypt",
        *logs_only,
        "s3:GetObject",
        "s3:GetObjectVersion",
    ]
    assert allowed("BuildBuilderRole") == [
        "codebuild:BatchGetBuilds",
        "codebuild:ListBuildsForProject",
        "codebuild:StartBuild",
        "ecr:DescribeImages",
        "kms:GenerateDataKey",
        *logs_only,
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:PutObject",
        "states:SendTaskSuccess",
    ]
    assert allowed("BuildFinisherRole") == [
        "codebuild:BatchGetBuilds",
        "ecr:DescribeImages",
        "kms:Decrypt",
        *logs_only,
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListBucket",
        "states:SendTaskFailure",
        "states:SendTaskSuccess",
    ]


def test_the_finisher_lists_waiters_alone(folder: Path, tmp_path: Path) -> None:
    template = template_of(lambda stack: define(stack, folder), tmp_path)
    (listing,) = (found for found in statements(template, "BuildFinisherRole") if found["Action"] == "s3:ListBucket")
    (bucket,) = listing["Resource"]["Fn::GetAtt"][:1]
    assert bucket.startswith("BuildStorage")
    (prefix,) = listing["Condition"]["StringLike"]["s3:prefix"]
    assert re.fullmatch(r"container-builds/[0-9a-f]{42}/waiters/\*", prefix)


def test_storage_logs_and_removal_can_be_brought_along(folder: Path, tmp_path: Path) -> None:
    template = template_of(
        lambda stack: define(
            stack,
            folder,
            storage=Storage(stack, "Own"),
            log_retention=logs.RetentionDays.ONE_WEEK,
            removal_policy=RemovalPolicy.DESTROY,
        ),
        tmp_path,
    )
    assert [name[:3] for name in resources(template, "AWS::S3::Bucket")] == ["Own", "Own"]
    groups = resources(template, "AWS::Logs::LogGroup").values()
    assert [(group["DeletionPolicy"], group["Properties"]["RetentionInDays"]) for group in groups] == [
        ("Delete", 7),
        ("Delete", 7),
    ]
    assert all(group["Properties"]["KmsKeyId"]["Fn::GetAtt"][0].startswith("OwnKey") for group in groups)


def test_metrics_have_codebuilds_names(folder: Path) -> None:
    build = define(Stack(App(), "Test"), folder)
    metrics = [build.metric_failed_builds(), build.metric_succeeded_builds(), build.metric_duration()]
    assert [(metric.namespace, metric.metric_name, metric.statistic) for metric in metrics] == [
        ("AWS/CodeBuild", "FailedBuilds", "Sum"),
        ("AWS/CodeBuild", "SucceededBuilds", "Sum"),
        ("AWS/CodeBuild", "Duration", "Average"),
    ]


def test_a_missing_dockerfile_is_named_with_what_is_there(folder: Path) -> None:
    (folder / "Dockerfile").unlink()
    with pytest.raises(ValueError, match=r"^Test/Build: dockerfile: got 'Dockerfile', expected a file in .*has train$"):
        define(Stack(App(), "Test"), folder)


def test_all_problems_are_raised_together(tmp_path: Path) -> None:
    settings = BuildSettings(
        compute_type="huge", timeout_minutes=4, environment={"IMAGE_TAG": "x", "A-B": "x", "FINE": "x"}
    )
    with pytest.raises(ValueError, match="Test/Build") as raised:
        define(Stack(App(), "Test"), tmp_path / "none", settings=settings)
    own = "expected a variable name that is not one of IMAGE_REPOSITORY_URI, IMAGE_TAG, DOCKERFILE"
    assert str(raised.value).split("\n") == [
        f"Test/Build: source: got '{tmp_path / 'none'}', expected a folder",
        (
            "Test/Build: compute_type: got 'huge', expected one of "
            "BUILD_GENERAL1_SMALL, BUILD_GENERAL1_MEDIUM, BUILD_GENERAL1_LARGE, BUILD_GENERAL1_2XLARGE"
        ),
        "Test/Build: timeout_minutes: got 4, expected 5 to 480",
        f"Test/Build: environment: got the name 'IMAGE_TAG', {own}",
        f"Test/Build: environment: got the name 'A-B', {own}",
    ]


@pytest.mark.parametrize("minutes", ["30", None, 30.5])
def test_settings_of_the_wrong_type_are_named(folder: Path, minutes: Any) -> None:
    variables: Any = {"LEVEL": 1}
    with pytest.raises(ValueError, match="Test/Build") as raised:
        define(Stack(App(), "Test"), folder, settings=BuildSettings(timeout_minutes=minutes, environment=variables))
    assert str(raised.value).split("\n") == [
        f"Test/Build: timeout_minutes: got {minutes!r}, expected 5 to 480",
        "Test/Build: environment.LEVEL: got 1, expected a text",
    ]


def test_settings_may_be_tokens(folder: Path, tmp_path: Path) -> None:
    def settings_of(stack: Stack) -> BuildSettings:
        return BuildSettings(
            compute_type=CfnParameter(stack, "Size").value_as_string,
            timeout_minutes=cast("int", CfnParameter(stack, "Minutes", type="Number").value_as_number),
            environment={"REGION": stack.region},
        )

    template = template_of(lambda stack: define(stack, folder, settings=settings_of(stack)), tmp_path)
    project = only(template, "AWS::CodeBuild::Project")
    assert project["TimeoutInMinutes"] == {"Ref": "Minutes"}
    assert project["Environment"]["ComputeType"] == {"Ref": "Size"}
    assert {"Name": "REGION", "Type": "PLAINTEXT", "Value": {"Ref": "AWS::Region"}} in project["Environment"][
        "EnvironmentVariables"
    ]


@pytest.mark.parametrize("dockerfile", ["../Dockerfile", "/Dockerfile", "sub/../../Dockerfile"])
def test_a_dockerfile_outside_of_the_source_is_refused(folder: Path, dockerfile: str) -> None:
    (folder.parent / "Dockerfile").write_text("FROM scratch\n")
    message = f"^Test/Build: dockerfile: got '{dockerfile}', expected a path inside the source folder$"
    with pytest.raises(ValueError, match=message):
        define(Stack(App(), "Test"), folder, settings=BuildSettings(dockerfile=dockerfile))


def test_a_build_can_be_granted_more(folder: Path, tmp_path: Path) -> None:
    template = template_of(
        lambda stack: ImageRepository(stack, "Bases").grants.pull(define(stack, folder).role), tmp_path
    )
    granted = statements(template, "BuildBuildRole")[-2]
    assert granted["Resource"]["Fn::GetAtt"][0].startswith("Bases")


def test_a_repository_of_another_account_is_asked_for_there(folder: Path, tmp_path: Path) -> None:
    def settings_of(repository: Callable[[Stack], IImageRepository], name: str) -> str:
        template = template_of(
            lambda stack: ContainerBuild(stack, "Build", source=folder, repository=repository(stack)), tmp_path / name
        )
        return settings_text(template)

    arn = "arn:aws:ecr:eu-west-1:444455556666:repository/shared"
    theirs = settings_of(
        lambda stack: ImageRepository.from_repository(ecr.Repository.from_repository_arn(stack, "Shared", arn)),
        "theirs",
    )
    assert json.loads(theirs)["registry"] == "444455556666"
    ours = settings_of(lambda stack: ImageRepository(stack, "Images"), "ours")
    assert json.loads(ours)["registry"] == "TOKEN"


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ValueError, match=r"which has nothing$"):
        define(Stack(App(), "Test"), empty)
    shutil.rmtree(empty)


def test_callback_steps_of_pipelines_ask_by_a_queue(folder: Path, tmp_path: Path) -> None:
    template = template_of(lambda stack: define(stack, folder, for_pipelines=True), tmp_path, nag=True)
    queues = resources(template, "AWS::SQS::Queue")
    (callbacks,) = [queue["Properties"] for queue in queues.values() if "RedrivePolicy" in queue["Properties"]]
    assert callbacks["SqsManagedSseEnabled"] is True
    assert callbacks["RedrivePolicy"]["maxReceiveCount"] == 5
    mapping = only(template, "AWS::Lambda::EventSourceMapping")
    assert mapping["BatchSize"] == 1
    answers = ["sagemaker:SendPipelineExecutionStepFailure", "sagemaker:SendPipelineExecutionStepSuccess"]
    for role in ("BuildCallbackBuilderRole", "BuildFinisherRole"):
        assert [
            action for found in statements(template, role) for action in found["Action"] if action in answers
        ] == answers


def test_without_pipelines_nothing_is_made_for_them(folder: Path, tmp_path: Path) -> None:
    made: list[ContainerBuild] = []
    template = template_of(lambda stack: made.append(define(stack, folder)), tmp_path)
    with pytest.raises(ValueError, match="got a build without callbacks, expected one with for_pipelines=True"):
        _ = made[0].callback_queue
    assert resources(template, "AWS::SQS::Queue") == {}
    assert "sagemaker:SendPipelineExecutionStep" not in json.dumps(template)
