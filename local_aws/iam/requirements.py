"""What a request needs to be allowed: IAM actions, resources and condition keys, from its parameters."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from local_aws.gateway.context import RequestContext

Parameters = Mapping[str, Any]


@frozen(kw_only=True)
class Requirement:
    """One permission that a request needs.

    Attributes:
        action: such as ``s3:GetObject``.
        resources: the resource's ARN first, then other spellings of it that policies may use.
        keys: condition keys of this permission beside the request's, in lower case.
    """

    action: str
    resources: tuple[str, ...]
    keys: Mapping[str, str | tuple[str, ...]] = field(factory=dict)


@frozen(kw_only=True)
class Place:
    """The account and region in which resource names are meant."""

    account: str
    region: str

    @classmethod
    def of(cls, context: RequestContext) -> "Place":
        """Where a request acts."""
        return cls(account=context.account, region=context.region)

    def arn(self, service: str, name: str) -> str:
        """A regional resource's ARN; a name that is an ARN already stays."""
        return name if name.startswith("arn:") else f"arn:aws:{service}:{self.region}:{self.account}:{name}"
