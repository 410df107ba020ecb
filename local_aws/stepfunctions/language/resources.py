"""What the Resource of a Task state means."""

import re

from attrs import frozen

_LAMBDA = re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([A-Za-z0-9_-]+)(?::([A-Za-z0-9$_-]+))?")
_ACTIVITY = re.compile(r"arn:aws[a-z-]*:states:([a-z0-9-]+):(\d{12}):activity:(.+)")
_SDK = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]*:\d*:aws-sdk:([a-z0-9]+):([A-Za-z0-9]+)(?:\.(.+))?")
_OPTIMIZED = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]*:\d*:([a-z0-9-]+):([A-Za-z0-9]+)(?:\.(.+))?")


@frozen(kw_only=True)
class Resource:
    """A Task state's Resource.

    Attributes:
        arn: as it was written.
        kind: ``lambda`` (a function's own ARN), ``activity``, ``sdk`` or ``optimized``.
        service: such as ``sagemaker``; in the words of the ARN.
        action: such as ``createTrainingJob``.
        pattern: ``""`` (request and response), ``sync``, ``sync:2`` or ``waitForTaskToken``.
    """

    arn: str
    kind: str
    service: str = ""
    action: str = ""
    pattern: str = ""

    @property
    def resource_type(self) -> str:
        """As history events name the service."""
        return f"aws-sdk:{self.service}" if self.kind == "sdk" else self.service

    @property
    def resource(self) -> str:
        """As history events name the action."""
        return f"{self.action}.{self.pattern}" if self.pattern else self.action

    @property
    def waits_for_token(self) -> bool:
        """Whether the task ends by SendTaskSuccess or SendTaskFailure."""
        return self.pattern == "waitForTaskToken"

    @property
    def waits_for_job(self) -> bool:
        """Whether the task ends with the job that it starts."""
        return self.pattern in {"sync", "sync:2"}


def parse_resource(arn: str) -> Resource | None:
    """Reads a Resource; None for a text that is none."""
    if _LAMBDA.fullmatch(arn):
        return Resource(arn=arn, kind="lambda", service="lambda", action="invoke")
    if _ACTIVITY.fullmatch(arn):
        return Resource(arn=arn, kind="activity", service="states", action="activity")
    if match := _SDK.fullmatch(arn):
        return Resource(arn=arn, kind="sdk", service=match[1], action=match[2], pattern=match[3] or "")
    if match := _OPTIMIZED.fullmatch(arn):
        return Resource(arn=arn, kind="optimized", service=match[1], action=match[2], pattern=match[3] or "")
    return None
