import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from constructs_lib.environments.settings import SettingsError
from tests.constructs_lib.rendering.test_independent_validator import errors, findings
from tests.constructs_lib.synthesis import CONTEXT, resources
from tests.stacks.conftest import Assembly, synthesize

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "staging", "prod")
STACKS = ("containers", "training", "serving")
DATA_KINDS = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::ECR::Repository")


def strings(value: Any) -> list[str]:
    """All texts in a document, keys too."""
    if isinstance(value, dict):
        return [text for key, member in value.items() for text in (key, *strings(member))]
    if isinstance(value, list):
        return [text for member in value for text in strings(member)]
    return [value] if isinstance(value, str) else []


def test_each_environment_has_its_stacks_under_its_own_path(assembly: Assembly) -> None:
    assert sorted(assembly.templates) == sorted(
        f"{environment}/{stack}" for environment in ENVIRONMENTS for stack in STACKS
    )
    manifest = json.loads((assembly.folder / "manifest.json").read_text())
    names = {
        artifact["displayName"]: artifact["properties"]["stackName"]
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert names == {path: f"mlops-{path.replace('/', '-')}" for path in names}
    # the command line selects `--all` from the main assembly alone: see docs/decisions/0009-environments.md
    assert [artifact["type"] for artifact in manifest["artifacts"].values()].count("cdk:cloud-assembly") == 0


def test_one_environment_can_be_selected(tmp_path: Path) -> None:
    assert sorted(synthesize(tmp_path / "cdk.out", env="staging").templates) == [
        "staging/containers",
        "staging/serving",
        "staging/training",
    ]


def test_an_unknown_environment_is_an_error() -> None:
    with pytest.raises(SettingsError, match="env: got 'stage', expected one of dev, prod, staging"):
        synthesize(Path("unused"), env="stage")


def test_the_command_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    context = json.dumps({**CONTEXT, "env": "stage"})
    ended = subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        env={"CDK_CONTEXT_JSON": context, "CDK_OUTDIR": str(tmp_path / "cdk.out"), "PATH": "/usr/bin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "env: got 'stage', expected one of dev, prod, staging" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_same_app_gives_the_same_templates(assembly: Assembly, tmp_path: Path) -> None:
    assert synthesize(tmp_path / "cdk.out").templates == assembly.templates


def test_cdk_nag_looks_at_the_app(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path / "cdk.out"), context=CONTEXT)
    s3.Bucket(Stack(app, "Careless"), "Bucket")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ERROR The S3 Bucket has server access logs disabled"):
        app.synth()


def test_cfn_lint_finds_nothing(assembly: Assembly) -> None:
    templates = sorted(str(path) for path in assembly.folder.glob("*.template.json"))
    assert len(templates) == len(ENVIRONMENTS) * len(STACKS)
    ended = subprocess.run(
        # W3005: the CDK's lambda.Function names its role as a dependency beside the reference to it
        [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", "W3005", "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == ""
    assert ended.returncode == 0


def resolved(value: Any) -> str:
    """A text of a template as a deployment makes it; what a resource gives stands as the name of that resource."""
    if isinstance(value, str):
        return value
    ((function, given),) = value.items()
    if function == "Fn::Join":
        return str(given[0]).join(resolved(part) for part in given[1])
    known = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "111122223333"}
    if function == "Fn::Sub":
        return re.sub(r"\$\{(.+?)\}", lambda name: known[name[1]], given)
    return known.get(given, given) if isinstance(given, str) else str(given[0])


def test_state_machines_are_accepted_by_independent_validators(assembly: Assembly, tmp_path: Path) -> None:
    machines = [
        json.loads(resolved(found["Properties"]["DefinitionString"]))
        for template in assembly.templates.values()
        for found in resources(template, "AWS::StepFunctions::StateMachine").values()
    ]
    # two workflows, the deployment of approved models, and what starts that once
    assert len(machines) == 4 * len(ENVIRONMENTS)
    assert errors(machines) == [[] for _ in machines]
    # behind tokens, cfn-lint would not look at them
    assert findings(machines, tmp_path) == (0, "")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_crosses_environments(assembly: Assembly, environment: str) -> None:
    others = "|".join(other for other in ENVIRONMENTS if other != environment)
    for stack in STACKS:
        for text in strings(assembly.templates[f"{environment}/{stack}"]):
            assert not re.search(rf"\b({others})\b", text), text


def test_what_one_stack_imports_the_other_of_its_environment_exports(assembly: Assembly) -> None:
    for environment in ENVIRONMENTS:
        imported = re.findall(
            r'"Fn::ImportValue": "([^"]+)"', json.dumps(assembly.templates[f"{environment}/training"])
        )
        exported = {
            output["Export"]["Name"]
            for output in assembly.templates[f"{environment}/containers"]["Outputs"].values()
            if "Export" in output
        }
        assert imported
        assert set(imported) == exported
        assert all(name.startswith(f"mlops-{environment}-containers:") for name in exported)


def test_names_are_made_by_cloudformation(assembly: Assembly) -> None:
    named = {
        (found["Type"], name)
        for template in assembly.templates.values()
        for found in template["Resources"].values()
        for name in found.get("Properties", {})
        if re.fullmatch(r"\w+Name", name) and name not in ("FunctionName", "MetricName")
    }
    assert named == {
        # the log group's name holds the stack's own id: see StepFunctionsWorkflow
        ("AWS::Logs::LogGroup", "LogGroupName"),
        # the CDK makes these of the construct's path
        ("AWS::IAM::Policy", "PolicyName"),
        # CloudFormation cannot name these; the first two have the environment's name in all but one, see `own_name`
        ("AWS::SageMaker::FeatureGroup", "FeatureGroupName"),
        ("AWS::SageMaker::Pipeline", "PipelineName"),
        ("AWS::SageMaker::ModelPackageGroup", "ModelPackageGroupName"),
        # features, not names of their own
        ("AWS::SageMaker::FeatureGroup", "EventTimeFeatureName"),
        ("AWS::SageMaker::FeatureGroup", "RecordIdentifierFeatureName"),
    }


def test_environments_that_share_an_account_share_no_names(assembly: Assembly) -> None:
    for kind, member in (
        ("AWS::SageMaker::FeatureGroup", "FeatureGroupName"),
        ("AWS::SageMaker::Pipeline", "PipelineName"),
        ("AWS::SageMaker::ModelPackageGroup", "ModelPackageGroupName"),
    ):
        names = [
            found["Properties"][member]
            for template in assembly.templates.values()
            for found in resources(template, kind).values()
        ]
        assert len(set(names)) == len(names) == len(ENVIRONMENTS)


def test_stateful_resources_keep_their_logical_ids(assembly: Assembly) -> None:
    """A changed id deletes what the resource holds, or leaves it behind."""
    found = {
        stack: sorted(name for kind in DATA_KINDS for name in resources(assembly.templates[f"dev/{stack}"], kind))
        for stack in STACKS
    }
    assert found == {
        "containers": [
            "Artifacts80C0BB10",
            "ArtifactsAccessLogs4D97777C",
            "ArtifactsKey9951D85C",
            "ByocHousingImagesF1F9663E",
            "HousingRayImages4490A3AE",
            "SklearnProcessingImages3F98F55A",
        ],
        "training": ["Data2D4B752F", "DataAccessLogsC0C25EE4", "DataKeyAEC34D0C"],
        "serving": [],
    }


@pytest.mark.parametrize(("environment", "policy"), [("dev", "Delete"), ("staging", "Delete"), ("prod", "Retain")])
def test_data_is_kept_as_the_settings_say(assembly: Assembly, environment: str, policy: str) -> None:
    for stack in STACKS:
        template = assembly.templates[f"{environment}/{stack}"]
        for kind in (*DATA_KINDS, "AWS::Logs::LogGroup"):
            for name, found in resources(template, kind).items():
                # what keeps an event from starting a workflow twice tells nothing that is worth keeping
                expected = "Retain" if "AccessLogs" in name else "Delete" if "Starter" in name else policy
                assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == (expected, expected)


@pytest.mark.parametrize(("environment", "days"), [("dev", 7), ("staging", 30), ("prod", 365)])
def test_logs_are_kept_as_long_as_the_settings_say(assembly: Assembly, environment: str, days: int) -> None:
    groups = [
        group
        for stack in STACKS
        for name, group in resources(assembly.templates[f"{environment}/{stack}"], "AWS::Logs::LogGroup").items()
        if "Starter" not in name
    ]
    assert [group["Properties"]["RetentionInDays"] for group in groups] == [days] * 10


def test_tags_are_on_every_resource_that_takes_them(assembly: Assembly) -> None:
    for environment in ENVIRONMENTS:
        for kind in ("AWS::S3::Bucket", "AWS::StepFunctions::StateMachine"):
            for found in resources(assembly.templates[f"{environment}/training"], kind).values():
                assert {"Key": "environment", "Value": environment} in found["Properties"]["Tags"]


def test_outputs_have_the_keys_that_the_command_line_reads(assembly: Assembly) -> None:
    def keys(stack: str) -> list[str]:
        outputs = assembly.templates[f"dev/{stack}"]["Outputs"]
        return sorted(name for name, output in outputs.items() if "Export" not in output)

    assert keys("containers") == [
        "ArtifactBucketName",
        "ByocHousingBuildProjectName",
        "ByocHousingBuilderFunctionName",
        "ByocHousingImageRepositoryUri",
        "HousingRayBuildProjectName",
        "HousingRayBuilderFunctionName",
        "HousingRayImageRepositoryUri",
        "SklearnProcessingBuildProjectName",
        "SklearnProcessingBuilderFunctionName",
        "SklearnProcessingImageRepositoryUri",
    ]
    assert keys("training") == [
        "AlarmTopicArn",
        "CaptureUri",
        "DataBucketName",
        "HousingRayFeatureGroupName",
        "HousingRayModelPackageGroupName",
        "HousingRayRawDataUri",
        "ModelOutputUri",
        "SklearnProcessingRawDataUri",
        "TrainingDataUri",
        "WorkflowByocHousingStateMachineArn",
        "WorkflowHousingRayPipelineArn",
        "WorkflowSklearnProcessingStateMachineArn",
    ]
    assert keys("serving") == ["HousingRayEndpointName", "WorkflowHousingRayDeploymentStateMachineArn"]


def test_scripts_are_assets_and_their_jobs_read_them_alone(assembly: Assembly) -> None:
    template = assembly.templates["dev/training"]
    (manifest,) = assembly.folder.glob("devtraining*.assets.json")
    assets = json.loads(manifest.read_text())["files"]
    keys = [
        destination["objectKey"]
        for asset in assets.values()
        for destination in asset["destinations"].values()
        if destination["objectKey"].endswith(".py")
    ]
    folder = next(key for key in keys if key.endswith("/anomaly_detection.py")).partition("/")[0]
    scripts = {key.rpartition("/")[2]: key for key in keys if key.startswith(f"{folder}/")}
    own = sorted(path.name for path in (ROOT / "workflows/sklearn_processing/scripts").glob("*.py"))
    assert sorted(scripts) == own
    read = {
        step: [
            resource.partition(":s3:::")[2]
            for statement in found["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
            if statement["Action"] == "s3:GetObject"
            for resource in map(resolved, statement["Resource"])
            if ":s3:::cdk-" in resource
        ]
        for step, found in resources(template, "AWS::IAM::Role").items()
        if step.startswith("SklearnProcessingJobRoles")
    }
    bucket = "cdk-hnb659fds-assets-111122223333-eu-west-1"
    assert sorted(read.values()) == sorted([[f"{bucket}/{key}*"] for key in scripts.values()])


def test_failed_executions_are_told_to_the_topic(assembly: Assembly) -> None:
    template = assembly.templates["dev/training"]
    (rule,) = resources(template, "AWS::Events::Rule").values()
    (machine,) = [
        name for name in resources(template, "AWS::StepFunctions::StateMachine") if name.startswith("Sklearn")
    ]
    assert rule["Properties"]["EventPattern"]["detail"] == {
        "stateMachineArn": [{"Ref": machine}],
        "status": ["FAILED"],
    }
    (target,) = rule["Properties"]["Targets"]
    assert target["Arn"]["Ref"] in resources(template, "AWS::SNS::Topic")
