"""Names of functions, in all the forms that Lambda takes."""

import re

from attrs import frozen

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError

LATEST = "$LATEST"

_FUNCTION = re.compile(
    r"(?:arn:(?P<partition>aws[a-zA-Z-]*):lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?"
    r"(?:function:)?(?P<name>[a-zA-Z0-9_-]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?"
)


@frozen(kw_only=True)
class FunctionName:
    """A function that a request names.

    Attributes:
        account: 12-digit account that owns it.
        region: such as ``us-east-1``.
        name: the function's own name.
        qualifier: a version (``$LATEST``, ``3``) or an alias; None where the request has none.
    """

    account: str
    region: str
    name: str
    qualifier: str | None = None

    @classmethod
    def read(cls, context: RequestContext, text: str, qualifier: str | None = None) -> "FunctionName":
        """Reads a name, a partial ARN or an ARN, each with or without a qualifier.

        Raises:
            AwsError: ``ValidationException`` for what is none of these, ``InvalidParameterValueException`` where
                two qualifiers differ, ``ResourceNotFoundException`` for a function of another region.
        """
        match = _FUNCTION.fullmatch(text)
        if match is None:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {_FUNCTION.pattern}",
            )
        own = match["qualifier"]
        if own is not None and qualifier is not None and own != qualifier:
            raise AwsError(
                "InvalidParameterValueException",
                "The derived qualifier from the function name does not match the specified qualifier.",
            )
        region = match["region"] or context.region
        if region != context.region:
            raise AwsError(
                "ResourceNotFoundException",
                f"Functions from '{region}' are not reachable in this region ('{context.region}')",
            )
        return cls(
            account=match["account"] or context.account, region=region, name=match["name"], qualifier=own or qualifier
        )

    @classmethod
    def of_arn(cls, arn: str) -> "FunctionName | None":
        """Reads a function's ARN; None for an ARN of something else."""
        match = _FUNCTION.fullmatch(arn)
        if match is None or match["partition"] is None or match["region"] is None or match["account"] is None:
            return None
        return cls(account=match["account"], region=match["region"], name=match["name"], qualifier=match["qualifier"])

    @property
    def arn(self) -> str:
        """The function's ARN, with the qualifier if there is one."""
        suffix = "" if self.qualifier is None else f":{self.qualifier}"
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}{suffix}"

    def unqualified(self) -> "FunctionName":
        """The same function without a qualifier."""
        return FunctionName(account=self.account, region=self.region, name=self.name)

    def qualified(self, qualifier: str | None) -> "FunctionName":
        """The same function with another qualifier."""
        return FunctionName(account=self.account, region=self.region, name=self.name, qualifier=qualifier)
