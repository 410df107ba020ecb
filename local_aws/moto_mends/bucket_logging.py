"""Where a bucket may write its access log.

Fault mended: moto wants the log bucket's policy (or ACL) to be there before logging is turned on. S3 checks no policy
then, and CloudFormation makes a bucket before its policy, so a stack with a log bucket could not be created.
"""

from typing import Any

from moto.s3.models import FakeBucket


def apply() -> None:
    """Takes the check of permissions away; that of the log bucket's existence and region stays."""
    FakeBucket._log_permissions_enabled_policy = staticmethod(_permitted)  # noqa: SLF001 - the private part to mend


def _permitted(target_bucket: Any, target_prefix: str | None) -> bool:  # noqa: ARG001 - moto's signature
    return True
