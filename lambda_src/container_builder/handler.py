"""The Lambda functions of a container build: `start` begins builds, `finish` answers those who wait for them.

`start_for_pipelines` is `start` for callback steps of SageMaker Pipelines, whose messages a queue brings. None of them
waits. The order in `start` makes every waiter be answered, whatever happens at the same time: the waiter is recorded
first, then a running build is looked for, then the image, then a build is started.
"""

import json
import logging
import os
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from .logic import (
    BuildRequest,
    ContainerBuildFailed,
    Settings,
    Waiter,
    answer,
    build_payload,
    changed_source,
    changed_source_key,
    failure_cause,
    idempotency_token,
    image_tag,
    output_parameters,
    read_request,
    running_build,
    start_arguments,
    tag_of,
    waiter_key,
    waiters_prefix,
)

_LOG = logging.getLogger()
_LOG.setLevel(logging.INFO)

# a build runs for eight hours at most, after eight hours in the queue at most
_LONGEST_BUILD = timedelta(hours=16)
_NOBODY_WAITS = (
    "TaskTimedOut",
    "TaskDoesNotExist",
    "InvalidToken",
    # of SageMaker, for a callback that was answered or has timed out
    "ResourceNotFound",
)
_REFUSED = "ValidationException"
_LONGEST_FAILURE_REASON = 256


def start(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Gives the requested image, or sees to it that a build of it runs.

    Args:
        event: `TaskToken` of the waiting task (optional) and `Overrides` (optional).

    Returns:
        The image where it is there already; else its tag and the id of the build under way.

    Raises:
        ContainerBuildFailed: the request is not valid, or its Dockerfile does not exist.
    """
    return _start(read_request(event))


def start_for_pipelines(event: dict[str, Any], _context: object) -> None:
    """Does what `start` does for each callback step whose message is in `event`; a bad request fails its step.

    Args:
        event: messages of the callback steps, as SQS delivers them.
    """
    for message in event["Records"]:
        payload = build_payload(message["body"])
        try:
            _start(read_request(payload))
        except ContainerBuildFailed as error:
            _answer(Waiter(kind="CallbackToken", token=payload["CallbackToken"]), None, str(error))


def _start(request: BuildRequest) -> dict[str, Any]:
    settings = _settings()
    tag = image_tag(settings, request)
    digest = _digest(settings, tag)
    if digest is not None:
        return _give(settings, request, answer(settings, tag=tag, digest=digest, build_id=None, reused=True))
    source_key = _prepare_source(settings, request, tag)
    if request.waiter is not None:
        _client("s3").put_object(
            Bucket=settings.bucket,
            Key=waiter_key(settings, tag, request.waiter),
            Body=request.waiter.record(),
        )
    builds = _recent_builds(settings)
    build_id = running_build(builds, tag)
    if build_id is None:
        digest = _digest(settings, tag)
        if digest is not None:
            return _give(settings, request, answer(settings, tag=tag, digest=digest, build_id=None, reused=True))
        arguments = start_arguments(
            settings, request, tag=tag, token=idempotency_token(builds, tag), source_key=source_key
        )
        build_id = _client("codebuild").start_build(**arguments)["build"]["id"]
        _LOG.info("image %s: started build %s", tag, build_id)
    else:
        _LOG.info("image %s: build %s is under way", tag, build_id)
    return answer(settings, tag=tag, digest=None, build_id=build_id, reused=False)


def finish(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Tells everyone who waits for an ended build's image how it ended.

    Args:
        event: "CodeBuild Build State Change", as EventBridge delivers it.

    Returns:
        The image's tag and how many were answered.

    Raises:
        RuntimeError: some waiters could not be answered; Lambda calls again.
    """
    settings = _settings()
    build_id = event["detail"]["build-id"].rsplit("/", 1)[-1]
    (build,) = _client("codebuild").batch_get_builds(ids=[build_id])["builds"]
    tag = tag_of(build)
    if tag is None:
        _LOG.info("build %s was not started for a tag", build_id)
        return {"ImageTag": None, "Answered": 0}
    # whatever the build's status says, an image in the repository is what the waiters want
    digest = _digest(settings, tag)
    outcome = answer(settings, tag=tag, digest=digest, build_id=build_id, reused=False) if digest else None
    failed: list[str] = []
    answered = 0
    s3 = _client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=settings.bucket, Prefix=waiters_prefix(settings, tag))
    for key in [item["Key"] for page in pages for item in page.get("Contents", [])]:
        try:
            waiter = Waiter.of_record(s3.get_object(Bucket=settings.bucket, Key=key)["Body"].read())
            _answer(waiter, outcome, failure_cause(build))
            s3.delete_object(Bucket=settings.bucket, Key=key)
            answered += 1
        except ClientError as error:
            failed.append(f"{key}: {error}")
    _LOG.info("image %s: build %s ended %s, %d waiters", tag, build_id, build["buildStatus"], answered)
    if failed:
        raise RuntimeError(f"image {tag}: could not answer {'; '.join(failed)}")
    return {"ImageTag": tag, "Answered": answered}


@cache
def _client(service: str) -> Any:
    return boto3.client(service)


def _settings() -> Settings:
    return Settings.read(os.environ["BUILD_SETTINGS"])


def _digest(settings: Settings, tag: str) -> str | None:
    try:
        images = _client("ecr").describe_images(
            registryId=settings.registry, repositoryName=settings.repository_name, imageIds=[{"imageTag": tag}]
        )["imageDetails"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ImageNotFoundException":
            return None
        raise
    return str(images[0]["imageDigest"])


def _prepare_source(settings: Settings, request: BuildRequest, tag: str) -> str | None:
    """Puts the changed source into the bucket and gives its key; None where the source is built as deployed."""
    if not request.files and request.dockerfile is None:
        return None  # the construct has seen its Dockerfile
    s3 = _client("s3")
    archive = s3.get_object(Bucket=settings.source_bucket, Key=settings.source_key)["Body"].read()
    changed = changed_source(archive, request, settings)
    if not request.files:
        return None
    key = changed_source_key(settings, tag)
    s3.put_object(Bucket=settings.bucket, Key=key, Body=changed)
    return key


def _recent_builds(settings: Settings) -> list[dict[str, Any]]:
    """The project's builds, newest first, as far back as one can still be running."""
    codebuild = _client("codebuild")
    oldest = datetime.now(UTC) - _LONGEST_BUILD
    builds: list[dict[str, Any]] = []
    pages = codebuild.get_paginator("list_builds_for_project").paginate(
        projectName=settings.project, sortOrder="DESCENDING"
    )
    for page in pages:
        if not page["ids"]:
            break
        found = codebuild.batch_get_builds(ids=page["ids"])["builds"]
        builds += found
        if all(build["startTime"] < oldest for build in found):
            break
    return builds


def _give(settings: Settings, request: BuildRequest, outcome: dict[str, Any]) -> dict[str, Any]:
    _LOG.info("image %s is there: %s", outcome["ImageTag"], outcome["ImageDigest"])
    if request.waiter is not None:
        _answer(request.waiter, outcome, "")
        _client("s3").delete_object(
            Bucket=settings.bucket, Key=waiter_key(settings, outcome["ImageTag"], request.waiter)
        )
    return outcome


def _answer(waiter: Waiter, outcome: dict[str, Any] | None, cause: str) -> None:
    """Tells a waiter the outcome, or where there is none, why."""
    tell = _answer_task if waiter.kind == "TaskToken" else _answer_callback
    try:
        tell(waiter.token, outcome, cause)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOBODY_WAITS:
            raise
        _LOG.info("nobody waits any more: %s", error.response["Error"]["Message"])


def _answer_task(token: str, outcome: dict[str, Any] | None, cause: str) -> None:
    states = _client("stepfunctions")
    if outcome is not None:
        states.send_task_success(taskToken=token, output=json.dumps(outcome))
    else:
        states.send_task_failure(taskToken=token, error=ContainerBuildFailed.__name__, cause=cause)


def _answer_callback(token: str, outcome: dict[str, Any] | None, cause: str) -> None:
    sagemaker = _client("sagemaker")
    if outcome is not None:
        try:
            sagemaker.send_pipeline_execution_step_success(
                CallbackToken=token, OutputParameters=output_parameters(outcome)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _REFUSED:
                raise
            # a step that does not declare these outputs would wait for ever
            cause = f"the step refused the image: {error.response['Error']['Message']}"
        else:
            return
    sagemaker.send_pipeline_execution_step_failure(CallbackToken=token, FailureReason=cause[:_LONGEST_FAILURE_REASON])
