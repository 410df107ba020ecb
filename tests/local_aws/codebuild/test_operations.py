"""CodeBuild's operations on projects and builds, as clients see them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.codebuild.conftest import ACCOUNT, REGION, Builds

SPEC = "version: 0.2\nphases:\n  build:\n    commands: [echo built]\n"
SLOW = "version: 0.2\nphases:\n  build:\n    commands: [sleep 100]\n"


def fails(code: str, message: str) -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{message}")


def test_a_project_is_created_shown_changed_and_deleted(builds: Builds) -> None:
    name = builds.project(SPEC, description="first", tags=[{"key": "team", "value": "ml"}])
    (project,) = builds.client.batch_get_projects(names=[name])["projects"]
    assert project["arn"] == f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{name}"
    assert project["timeoutInMinutes"] == 60
    assert project["queuedTimeoutInMinutes"] == 480
    assert project["encryptionKey"] == f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3"
    assert project["tags"] == [{"key": "team", "value": "ml"}]
    assert project["environment"]["environmentVariables"] == []
    assert project["badge"] == {"badgeEnabled": False}
    changed = builds.client.update_project(name=name, timeoutInMinutes=5)["project"]
    assert (changed["timeoutInMinutes"], changed["description"]) == (5, "first")
    assert changed["lastModified"] >= changed["created"]
    builds.client.update_project(name=name, badgeEnabled=True)
    assert builds.client.update_project(name=name, description="other")["project"]["badge"] == {"badgeEnabled": True}
    builds.client.delete_project(name=name)
    builds.client.delete_project(name=name)
    answer = builds.client.batch_get_projects(names=[project["arn"], name])
    assert answer["projects"] == []
    assert answer["projectsNotFound"] == [project["arn"], name]


def test_a_name_that_is_taken(builds: Builds) -> None:
    name = builds.project(SPEC)
    (project,) = builds.client.batch_get_projects(names=[name])["projects"]
    with fails("ResourceAlreadyExistsException", f"Project already exists: {project['arn']}"):
        builds.client.create_project(
            name=name,
            source={"type": "NO_SOURCE", "buildspec": SPEC},
            artifacts={"type": "NO_ARTIFACTS"},
            environment=project["environment"],
            serviceRole=builds.role,
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"source": {"type": "NO_SOURCE"}}, "Buildspec must be provided when source type is NO_SOURCE"),
        ({"source": {"type": "S3", "location": "bucket"}}, "must be bucket/path/object.zip"),
        ({"timeoutInMinutes": 3000}, "Invalid timeoutInMinutes: 3000; expected 5 to 2160"),
        ({"artifacts": {"type": "S3"}}, "Invalid artifacts: location must be the name of a bucket"),
        ({"concurrentBuildLimit": 0}, "Invalid concurrentBuildLimit: 0"),
        (
            {"serviceRole": f"arn:aws:iam::{ACCOUNT}:role/absent"},
            "CodeBuild is not authorized to perform: sts:AssumeRole",
        ),
        (
            {
                "environment": {
                    "type": "LINUX_CONTAINER",
                    "image": "x",
                    "computeType": "BUILD_GENERAL1_SMALL",
                    "environmentVariables": [{"name": "1A", "value": ""}, {"name": "B", "value": "", "type": "SECRET"}],
                }
            },
            "Invalid environment variable name '1A'; Invalid type 'SECRET' of environment variable B",
        ),
    ],
)
def test_projects_that_are_refused(builds: Builds, settings: dict[str, Any], message: str) -> None:
    with fails("InvalidInputException", message):
        builds.project(SPEC, **settings)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"source": {"type": "GITHUB", "location": "https://example.com/x"}}, "source type GITHUB"),
        ({"artifacts": {"type": "CODEPIPELINE"}}, "artifacts type CODEPIPELINE"),
        ({"vpcConfig": {"vpcId": "vpc-1"}}, "vpcConfig"),
        ({"logsConfig": {"s3Logs": {"status": "ENABLED", "location": "x"}}}, "logs in S3"),
    ],
)
def test_projects_that_only_aws_can_build(builds: Builds, settings: dict[str, Any], what: str) -> None:
    with fails("NotAvailableLocally", f"the local AWS does not offer CodeBuild's {what}"):
        builds.project(SPEC, **settings)


def test_lists_are_given_in_pages(builds: Builds) -> None:
    made = {builds.project(SPEC) for _ in range(101)}
    pages = [page["projects"] for page in builds.client.get_paginator("list_projects").paginate()]
    listed = [name for page in pages for name in page]
    assert len(pages) > 1
    assert made <= set(listed)
    assert listed == sorted(listed)
    newest = builds.client.list_projects(sortBy="CREATED_TIME", sortOrder="DESCENDING")["projects"]
    assert set(newest) <= made
    for name in made:
        builds.client.delete_project(name=name)
    with fails("InvalidInputException", "Invalid nextToken: 'x'"):
        builds.client.list_projects(nextToken="x")


def test_builds_are_listed_newest_first_retried_and_deleted(builds: Builds) -> None:
    project = builds.project(SPEC)
    first, second = builds.run(project), builds.run(project)
    assert builds.client.list_builds_for_project(projectName=project)["ids"] == [second["id"], first["id"]]
    ascending = builds.client.list_builds_for_project(projectName=project, sortOrder="ASCENDING")["ids"]
    assert ascending == [first["id"], second["id"]]
    assert builds.client.list_builds()["ids"][:2] == [second["id"], first["id"]]
    third = builds.wait(builds.client.retry_build(id=first["arn"])["build"]["id"])
    assert (third["buildNumber"], third["buildStatus"]) == (3, "SUCCEEDED")
    answer = builds.client.batch_delete_builds(ids=[first["id"], "absent:1"])
    assert answer["buildsDeleted"] == [first["arn"]]
    assert answer["buildsNotDeleted"] == [{"id": "absent:1", "statusCode": "BUILD_NOT_FOUND"}]
    assert builds.client.batch_get_builds(ids=[first["id"]])["buildsNotFound"] == [first["id"]]


def test_what_is_not_there(builds: Builds) -> None:
    arn = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/absent"
    with fails("ResourceNotFoundException", f"Project cannot be found: {arn}"):
        builds.client.start_build(projectName="absent")
    with fails("ResourceNotFoundException", f"Project cannot be found: {arn}"):
        builds.client.list_builds_for_project(projectName="absent")
    with fails("ResourceNotFoundException", "Build does not exist: absent:1"):
        builds.client.stop_build(id="absent:1")


def test_an_idempotency_token_starts_one_build(builds: Builds) -> None:
    project = builds.project(SPEC)
    first = builds.start(project, idempotencyToken="t-1" + project)
    assert builds.start(project, idempotencyToken="t-1" + project) == first
    assert builds.start(project, idempotencyToken="t-2" + project) != first
    with fails("InvalidInputException", "used before with different parameters"):
        builds.start(project, idempotencyToken="t-1" + project, timeoutInMinutesOverride=9)


def test_the_limit_of_concurrent_builds(builds: Builds) -> None:
    project = builds.project(SLOW, concurrentBuildLimit=1)
    build_id = builds.start(project)
    with fails("AccountLimitExceededException", f"Cannot have more than 1 active builds for the project {project}"):
        builds.start(project)
    assert builds.client.batch_delete_builds(ids=[build_id])["buildsNotDeleted"] == [
        {"id": build_id, "statusCode": "BUILD_IN_PROGRESS"}
    ]
    with fails("InvalidInputException", "is not complete"):
        builds.client.retry_build(id=build_id)
    builds.client.stop_build(id=build_id)
    assert builds.wait(build_id)["buildStatus"] == "STOPPED"
    builds.client.stop_build(id=builds.start(project))


@pytest.mark.parametrize(
    ("overrides", "code", "message"),
    [
        ({"timeoutInMinutesOverride": 9999}, "InvalidInputException", "Invalid timeoutInMinutes: 9999"),
        ({"debugSessionEnabled": True}, "NotAvailableLocally", "debugSessionEnabled"),
        ({"sourceTypeOverride": "BITBUCKET"}, "NotAvailableLocally", "source type BITBUCKET"),
        (
            {"environmentVariablesOverride": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
            "InvalidInputException",
            "an environment variable is given twice",
        ),
    ],
)
def test_overrides_that_are_refused(builds: Builds, overrides: dict[str, Any], code: str, message: str) -> None:
    project = builds.project(SPEC)
    with fails(code, message):
        builds.start(project, **overrides)
    assert builds.client.list_builds_for_project(projectName=project)["ids"] == []


def test_operations_that_are_not_offered(builds: Builds) -> None:
    with fails("NotAvailableLocally", "does not offer codebuild:ListReportGroups"):
        builds.client.list_report_groups()


def test_logs_can_be_named_and_turned_off(builds: Builds) -> None:
    named = {"cloudWatchLogs": {"status": "ENABLED", "groupName": f"/own/{builds.bucket}", "streamName": "prefix"}}
    build = builds.run(builds.project(SPEC, logsConfig=named))
    assert build["logs"]["streamName"] == f"prefix/{build['id'].partition(':')[2]}"
    assert builds.output(build) == ["built"]
    silent = builds.run(builds.project(SPEC, logsConfig={"cloudWatchLogs": {"status": "DISABLED"}}))
    assert silent["buildStatus"] == "SUCCEEDED"
    assert "groupName" not in silent["logs"]
