"""Services whose answers a test decides: functions, jobs and builds that end when it says so.

The real ones have tests of their own, and stand behind the states in `test_whole_workflow`.
"""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.platform import Platform

Handler = Callable[[Any], Any]
START = datetime(2024, 5, 6, 7, 8, 9, 123000, UTC)


class HandlerError(Exception):
    """Raised by a handler: the function's own exception."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


@define(eq=False)
class Functions(OperationGroup):
    """Lambda functions that are Python callables."""

    service: ClassVar[str] = "lambda"

    handlers: dict[str, Handler] = field(factory=dict)
    calls: list[tuple[str, Any]] = field(factory=list)

    @operation("Invoke")
    def invoke(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        name = request["FunctionName"].split(":function:")[-1].split(":")[0]
        if name not in self.handlers:
            raise AwsError("ResourceNotFoundException", f"Function not found: {request['FunctionName']}", status=404)
        body = request.get("Payload") or b"null"
        payload = json.loads(body.read() if hasattr(body, "read") else body)
        self.calls.append((name, payload))
        try:
            answer = json.dumps(self.handlers[name](payload))
        except HandlerError as error:
            told = {"errorMessage": error.message, "errorType": error.name, "stackTrace": []}
            told = {key: value for key, value in told.items() if value is not None}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": json.dumps(told).encode()}
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": answer.encode()}


@define(eq=False)
class TrainingJobs(OperationGroup):
    """Training jobs that run until a test ends them."""

    service: ClassVar[str] = "sagemaker"

    platform: Platform
    jobs: dict[str, dict[str, Any]] = field(factory=dict)
    stopped: list[str] = field(factory=list)
    started: threading.Event = field(factory=threading.Event)
    silent: bool = False
    before_start: Callable[[], None] = lambda: None

    @operation("CreateTrainingJob")
    def create(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        name = request["TrainingJobName"]
        if name in self.jobs:
            raise AwsError("ResourceInUse", f"Training job names must be unique: {name}")
        if name == "invalid":
            raise AwsError("ValidationException", "1 validation error detected")
        self.before_start()
        arn = f"arn:aws:sagemaker:{context.region}:{context.account}:training-job/{name}"
        self.jobs[name] = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "TrainingJobArn": arn,
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Training",
            "CreationTime": START,
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://bucket/{name}/model.tar.gz"},
        }
        self.started.set()
        return {"TrainingJobArn": arn}

    @operation("DescribeTrainingJob")
    def describe(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        return self.jobs[request["TrainingJobName"]]

    @operation("StopTrainingJob")
    def stop(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        self.stopped.append(request["TrainingJobName"])
        self.end(request["TrainingJobName"], "Stopped", region=context.region)
        return {}

    @operation("CreateModel")
    def create_model(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        return {"ModelArn": f"arn:aws:sagemaker:{context.region}:{context.account}:model/{request['ModelName']}"}

    @operation("CreateEndpointConfig")
    def create_endpoint_config(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        name = request["EndpointConfigName"]
        return {"EndpointConfigArn": f"arn:aws:sagemaker:{context.region}:{context.account}:endpoint-config/{name}"}

    @operation("CreateEndpoint")
    def create_endpoint(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        name = request["EndpointName"]
        return {"EndpointArn": f"arn:aws:sagemaker:{context.region}:{context.account}:endpoint/{name}"}

    def end(self, name: str, status: str = "Completed", *, region: str = "us-east-1", reason: str = "") -> None:
        """Ends a job and tells so, unless `silent`."""
        self.jobs[name]["TrainingJobStatus"] = status
        if reason:
            self.jobs[name]["FailureReason"] = reason
        if not self.silent:
            self.platform.emit(
                region=region,
                source="aws.sagemaker",
                detail_type="SageMaker Training Job State Change",
                detail={"TrainingJobName": name, "TrainingJobStatus": status},
                resources=[self.jobs[name]["TrainingJobArn"]],
            )


@define(eq=False)
class Builds(OperationGroup):
    """CodeBuild builds that end when a test says so."""

    service: ClassVar[str] = "codebuild"

    platform: Platform
    builds: dict[str, dict[str, Any]] = field(factory=dict)
    stopped: list[str] = field(factory=list)

    @operation("StartBuild")
    def start(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        name = f"{request['projectName']}:{len(self.builds) + 1}"
        self.builds[name] = {
            "id": name,
            "arn": f"arn:aws:codebuild:{context.region}:{context.account}:build/{name}",
            "projectName": request["projectName"],
            "buildStatus": "IN_PROGRESS",
            "startTime": START,
        }
        return {"build": self.builds[name]}

    @operation("BatchGetBuilds")
    def describe(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        return {"builds": [self.builds[name] for name in request["ids"] if name in self.builds]}

    @operation("StopBuild")
    def stop(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        self.stopped.append(request["id"])
        self.end(request["id"], "STOPPED")
        return {"build": self.builds[request["id"]]}

    def end(self, name: str, status: str = "SUCCEEDED") -> None:
        """Ends a build and tells so."""
        self.builds[name]["buildStatus"] = status
        arn = self.builds[name]["arn"]
        self.platform.emit(
            region="us-east-1",
            source="aws.codebuild",
            detail_type="CodeBuild Build State Change",
            detail={"build-id": arn, "build-status": status, "project-name": self.builds[name]["projectName"]},
            resources=[arn],
        )


@define(eq=False)
class Bus(OperationGroup):
    """An event bus that keeps what it gets; a detail that is no JSON object fails."""

    service: ClassVar[str] = "events"

    entries: list[dict[str, Any]] = field(factory=list)

    @operation("PutEvents")
    def put(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        results = []
        for entry in request["Entries"]:
            if isinstance(json.loads(entry["Detail"]), dict):
                self.entries.append(entry)
                results.append({"EventId": f"event-{len(self.entries)}"})
            else:
                results.append({"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."})
        return {"FailedEntryCount": sum("ErrorCode" in each for each in results), "Entries": results}
