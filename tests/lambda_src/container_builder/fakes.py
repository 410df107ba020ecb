"""The AWS services as the functions see them, in memory, so that a test decides what happens in between."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

REPOSITORY_URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/housing"


def error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


class Pages:
    def __init__(self, pages: Callable[..., Iterator[dict[str, Any]]]) -> None:
        self.paginate = pages


class S3:
    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.after_put: Callable[[], None] = lambda: None

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        if (Bucket, Key) not in self.objects:
            raise error("NoSuchKey", "GetObject")
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - boto3's names
        self.objects[Bucket, Key] = Body
        self.after_put()

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803 - boto3's names
        self.objects.pop((Bucket, Key), None)

    def get_paginator(self, name: str) -> Pages:
        assert name == "list_objects_v2"

        def pages(*, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto3's names
            keys = [key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix)]
            if not keys:
                yield {}
            for key in keys:  # one a page: whoever reads one page only is found out
                yield {"Contents": [{"Key": key}]}

        return Pages(pages)

    def under(self, bucket: str, prefix: str) -> list[str]:
        return [key for name, key in self.objects if name == bucket and key.startswith(prefix)]


class Ecr:
    def __init__(self) -> None:
        self.digests: dict[str, str] = {}

    def describe_images(
        self,
        *,
        registryId: str,  # noqa: N803
        repositoryName: str,  # noqa: N803
        imageIds: list[dict[str, str]],  # noqa: N803
    ) -> dict[str, Any]:
        tag = imageIds[0]["imageTag"]
        if (registryId, repositoryName) != ("123456789012", "housing"):
            raise error("RepositoryNotFoundException", "DescribeImages")
        if tag not in self.digests:
            raise error("ImageNotFoundException", "DescribeImages")
        return {"imageDetails": [{"imageDigest": self.digests[tag]}]}


class CodeBuild:
    def __init__(self) -> None:
        self.builds: list[dict[str, Any]] = []
        self.started: list[dict[str, Any]] = []

    def start_build(self, **arguments: Any) -> dict[str, Any]:
        for build in self.builds:
            remembered = datetime.now(UTC) - build["startTime"] < timedelta(minutes=5)  # as long as CodeBuild does
            if remembered and build["token"] == arguments["idempotencyToken"]:
                return {"build": build}
        self.started.append(arguments)
        build = {
            "id": f"{arguments['projectName']}:{len(self.builds) + 1}",
            "buildStatus": "IN_PROGRESS",
            "startTime": datetime.now(UTC),
            "environment": {"environmentVariables": arguments["environmentVariablesOverride"]},
            "token": arguments["idempotencyToken"],
            "phases": [],
        }
        self.builds.append(build)
        return {"build": build}

    def batch_get_builds(self, *, ids: list[str]) -> dict[str, Any]:
        assert len(ids) <= 100
        return {"builds": [build for build in self.builds if build["id"] in ids]}

    def get_paginator(self, name: str) -> Pages:
        assert name == "list_builds_for_project"

        def pages(*, projectName: str, sortOrder: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto3's names
            assert (projectName, sortOrder) == ("project-1", "DESCENDING")
            newest_first = [build["id"] for build in reversed(self.builds)]
            for start in range(0, max(len(newest_first), 1), 2):
                yield {"ids": newest_first[start : start + 2]}

        return Pages(pages)

    def end(self, build_id: str, status: str, **more: Any) -> dict[str, Any]:
        """Ends a build, and gives the event that EventBridge delivers."""
        (build,) = [build for build in self.builds if build["id"] == build_id]
        build |= {"buildStatus": status, **more}
        arn = f"arn:aws:codebuild:eu-west-1:123456789012:build/{build_id}"
        return {"detail": {"build-id": arn, "build-status": status, "project-name": "project-1"}}


class StepFunctions:
    def __init__(self, *waiting: str) -> None:
        self.waiting = set(waiting)
        self.successes: dict[str, Any] = {}
        self.failures: dict[str, tuple[str, str]] = {}
        self.broken: set[str] = set()

    def _take(self, token: str, operation: str) -> None:
        if token in self.broken:
            raise error("ThrottlingException", operation)
        if token not in self.waiting:
            raise error("TaskTimedOut", operation)
        self.waiting.remove(token)

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803 - boto3's names
        self._take(taskToken, "SendTaskSuccess")
        self.successes[taskToken] = json.loads(output)

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> None:  # noqa: N803 - boto3's names
        self._take(taskToken, "SendTaskFailure")
        self.failures[taskToken] = (error, cause)


class SageMaker:
    def __init__(self, *waiting: str) -> None:
        self.waiting = set(waiting)
        self.successes: dict[str, dict[str, str]] = {}
        self.failures: dict[str, str] = {}
        self.declared: set[str] | None = None

    def _take(self, token: str, operation: str) -> None:
        if token not in self.waiting:
            raise error("ResourceNotFound", operation)
        self.waiting.remove(token)

    def send_pipeline_execution_step_success(
        self,
        *,
        CallbackToken: str,  # noqa: N803 - boto3's names
        OutputParameters: list[dict[str, str]],  # noqa: N803
    ) -> None:
        if self.declared is not None and {parameter["Name"] for parameter in OutputParameters} - self.declared:
            raise error("ValidationException", "SendPipelineExecutionStepSuccess")
        self._take(CallbackToken, "SendPipelineExecutionStepSuccess")
        self.successes[CallbackToken] = {parameter["Name"]: parameter["Value"] for parameter in OutputParameters}

    def send_pipeline_execution_step_failure(self, *, CallbackToken: str, FailureReason: str) -> None:  # noqa: N803 - boto3's names
        assert len(FailureReason) <= 256
        self._take(CallbackToken, "SendPipelineExecutionStepFailure")
        self.failures[CallbackToken] = FailureReason


class Aws:
    """All of them, as `boto3.client` gives them."""

    def __init__(self) -> None:
        self.s3 = S3()
        self.ecr = Ecr()
        self.codebuild = CodeBuild()
        self.stepfunctions = StepFunctions("token-a", "token-b")
        self.sagemaker = SageMaker("abcdefghij")

    def client(self, service: str) -> Any:
        return getattr(self, service)
