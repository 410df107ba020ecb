"""The dev environment on a local AWS: its builder, and what an update leaves; `tests/e2e` deploys all environments."""

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.constructs_lib.synthesis import CONTEXT
from tests.stacks.conftest import Assembly, synthesize
from tests.strangers.account import ACCOUNT, REGION, Account, fresh_account

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def account(assembly: Assembly) -> Iterator[Account]:
    """The dev environment, deployed by the CDK command line."""
    with fresh_account() as made:
        made.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", str(assembly.folder))
        made.cdk("deploy", "dev/*", "--app", str(assembly.folder), "--require-approval", "never", seconds=120)
        yield made


def physical_ids(account: Account, stack: str) -> dict[str, str]:
    """Physical ids of a stack's resources, by logical id."""
    found = account.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}


def test_the_deployed_builder_names_a_missing_dockerfile(account: Account) -> None:
    answer = account.client("lambda").invoke(
        FunctionName=account.outputs("mlops-dev-containers")["ByocHousingBuilderFunctionName"],
        Payload=json.dumps({"Overrides": {"Dockerfile": "Dockerfile.gpu"}}),
    )
    failure = json.loads(answer["Payload"].read())
    assert failure["errorType"] == "ContainerBuildFailed"
    assert failure["errorMessage"].startswith("the Dockerfile 'Dockerfile.gpu' is not in the source, which has ")
    project = account.outputs("mlops-dev-containers")["ByocHousingBuildProjectName"]
    assert account.client("codebuild").list_builds_for_project(projectName=project)["ids"] == []


def test_a_failed_build_is_one_build_and_fails_every_execution_that_waits_for_it(account: Account) -> None:
    states = account.client("stepfunctions")
    deployed = states.describe_state_machine(
        stateMachineArn=account.outputs("mlops-dev-training")["WorkflowByocHousingStateMachineArn"]
    )
    build = json.loads(deployed["definition"])["States"]["Calls CodeBuild to Build Container"]
    build["Parameters"]["Payload"]["Overrides"] = {"Files": {"Dockerfile": "FROM nowhere.invalid/none:1\nRUN false\n"}}
    alone = {name: build[name] for name in ("Type", "Resource", "Parameters")} | {"TimeoutSeconds": 60, "End": True}
    machine = states.create_state_machine(
        name="build-alone",
        roleArn=deployed["roleArn"],
        definition=json.dumps({"StartAt": "Build", "States": {"Build": alone}}),
    )["stateMachineArn"]
    executions = [states.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(3)]
    deadline = time.monotonic() + 90
    ended = [states.describe_execution(executionArn=execution) for execution in executions]
    while any(found["status"] == "RUNNING" for found in ended) and time.monotonic() < deadline:
        time.sleep(0.2)
        ended = [states.describe_execution(executionArn=execution) for execution in executions]
    assert [(found["status"], found.get("error")) for found in ended] == [("FAILED", "ContainerBuildFailed")] * 3
    (cause,) = {found["cause"] for found in ended}
    project = account.outputs("mlops-dev-containers")["ByocHousingBuildProjectName"]
    (build_id,) = account.client("codebuild").list_builds_for_project(projectName=project)["ids"]
    assert cause.startswith(f"build {build_id} ended FAILED: BUILD FAILED: COMMAND_EXECUTION_ERROR")
    bucket = account.outputs("mlops-dev-containers")["ArtifactBucketName"]
    keys = [found["Key"] for found in account.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert not any("/waiters/" in key for key in keys)


def test_an_update_keeps_what_holds_data(account: Account, tmp_path: Path) -> None:
    before = {stack: physical_ids(account, stack) for stack in ("mlops-dev-containers", "mlops-dev-training")}
    environments = copy.deepcopy(CONTEXT["environments"])
    environments["dev"]["retention"] = {"log_days": 14, "image_count": 11, "noncurrent_version_days": 8}
    environments["dev"]["training"]["instance_type"] = "ml.m5.xlarge"
    changed = synthesize(tmp_path / "cdk.out", environments=environments, env="dev")
    account.cdk("deploy", "--all", "--app", str(changed.folder), "--require-approval", "never")
    assert {stack: physical_ids(account, stack) for stack in before} == before
    machine = account.outputs("mlops-dev-training")["WorkflowByocHousingStateMachineArn"]
    definition = account.client("stepfunctions").describe_state_machine(stateMachineArn=machine)["definition"]
    states = json.loads(definition)["States"]
    assert states["Train Step"]["Parameters"]["ResourceConfig"]["InstanceType"] == "ml.m5.xlarge"
    groups = account.client("logs").describe_log_groups(logGroupNamePrefix="/aws/vendedlogs/states/mlops-dev-training")[
        "logGroups"
    ]
    assert [group["retentionInDays"] for group in groups] == [14, 14]
