# mypy: disable-error-code="import-not-found"
"""A session of the SageMaker SDK without an account, in which time stands still."""

import os
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import Any

import boto3
import sagemaker.utils
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from sagemaker.workflow.pipeline_context import PipelineSession

ACCOUNT = "111122223333"
REGION = "eu-west-1"
BUCKET = "data-bucket"
DATA = f"s3://{BUCKET}"
CODE = "s3://code-bucket/scripts"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/images@sha256:" + "0" * 64
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
FOLDER = "/opt/ml/processing"

_MOMENT = "2026-01-01-00-00-00-000"
_SETTINGS = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


class Requests:
    """Stands for AWS: takes what is uploaded and says nothing, answers one call that is asked for, refuses the others.

    Attributes:
        sent: bodies of the calls that are not uploads, as the SDK sent them.
    """

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.answers: dict[str, bytes] = {}

    def __call__(self, request: AWSPreparedRequest, **_event: object) -> AWSResponse:
        """What botocore would have received."""
        target = request.headers.get("X-Amz-Target", b"")
        operation = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
        if operation in self.answers:
            self.sent.append(request.body)
            return _answer(request, self.answers[operation])
        if ".s3." in request.url and request.method in {"PUT", "HEAD"}:
            return _answer(request, b"")
        raise ConnectionError(f"got a call of {request.method} {request.url} {operation}, expected none but uploads")


def _answer(request: AWSPreparedRequest, body: bytes) -> AWSResponse:
    class Raw(BytesIO):
        def stream(self, **_options: object) -> Any:
            yield self.read()

    return AWSResponse(request.url, HTTPStatus.OK, {"content-length": str(len(body))}, Raw(body))


def session() -> tuple[PipelineSession, Requests]:
    """A session whose calls of AWS end in this process, with what it was sent."""
    os.environ |= {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    stop_time(lambda: _MOMENT)
    requests = Requests()
    boto_session = boto3.Session(region_name=REGION)
    boto_session.events.register("before-send", requests)
    made = PipelineSession(boto_session=boto_session, default_bucket=BUCKET, sagemaker_config=_SETTINGS)
    made._default_bucket = BUCKET  # the SDK would look whether it is there
    return made, requests


def stop_time(moment: Callable[[], str]) -> None:
    """Names that the SDK makes of the time become the same in every run."""
    sagemaker.utils.sagemaker_timestamp = moment
    sagemaker.utils.sagemaker_short_timestamp = moment
