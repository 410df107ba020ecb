"""Bucket policies are the gateway's business.

Fault mended: moto counts a statement whose Condition is not met as if it had none, so that a bucket which refuses
plain http (``aws:SecureTransport``) refuses every PutObject; and it asks object ACLs of requests without a signature.
"""

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def apply() -> None:
    """Takes the decision from moto: the gateway has made it when moto sees a request."""
    FakeBucket.get_permission = _permitted


def _permitted(self: Any, action: str, resource: str) -> PermissionResult:  # noqa: ARG001 - moto's signature
    return PermissionResult.PERMITTED
