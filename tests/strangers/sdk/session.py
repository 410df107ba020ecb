# mypy: disable-error-code="import-not-found"
"""Sessions of the SageMaker SDK on another endpoint, and what each program is given."""

import os
import sys
from typing import Any

import boto3
from sagemaker.session import Session
from sagemaker.workflow.pipeline_context import PipelineSession

ROLE, IMAGE = sys.argv[1:3]
_SETTINGS = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


class LocalSession(boto3.Session):  # type: ignore[misc]
    """One whose clients all go to AWS_ENDPOINT_URL: the SDK itself gives STS an endpoint of AWS's own."""

    def client(self, *arguments: Any, **options: Any) -> Any:
        """A client."""
        return super().client(*arguments, **options | {"endpoint_url": os.environ["AWS_ENDPOINT_URL"]})


boto_session = LocalSession()


def plain_session() -> Session:
    """One that does at once what it is asked for."""
    runtime = boto_session.client("sagemaker-featurestore-runtime")
    return Session(boto_session, sagemaker_featurestore_runtime_client=runtime, sagemaker_config=_SETTINGS)


def pipeline_session() -> PipelineSession:
    """One that makes steps."""
    return PipelineSession(boto_session, sagemaker_config=_SETTINGS)
