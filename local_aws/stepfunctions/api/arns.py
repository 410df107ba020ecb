"""Names and ARNs of Step Functions, and what is wrong with one."""

import re

from attrs import frozen

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError

_NAME_REFUSED = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
_ARN = re.compile(r"arn:aws[a-z-]*:states:([a-z0-9-]+):(\d{12}):([a-zA-Z]+):(.+)")


@frozen(kw_only=True)
class StatesArn:
    """An ARN of Step Functions.

    Attributes:
        text: as it was given.
        kind: such as ``stateMachine`` or ``execution``.
        name: what follows the kind.
    """

    text: str
    region: str
    account: str
    kind: str
    name: str


def check_name(name: str) -> None:
    """Refuses a name that no state machine, activity or execution can have.

    Raises:
        AwsError: ``InvalidName``.
    """
    if not 1 <= len(name) <= 80 or _NAME_REFUSED.search(name):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")


def check_role(arn: str) -> None:
    """Refuses what is no role's ARN.

    Raises:
        AwsError: ``InvalidArn``.
    """
    if _ROLE.fullmatch(arn) is None:
        raise AwsError("InvalidArn", f"Invalid Role Arn: '{arn}'")


def parse_arn(text: str, *kinds: str) -> StatesArn:
    """Reads an ARN of one of the kinds.

    Raises:
        AwsError: ``InvalidArn``.
    """
    match = _ARN.fullmatch(text)
    if match is None:
        what = "Invalid ARN prefix" if not text.startswith("arn:") else "Invalid ARN"
        raise AwsError("InvalidArn", f"Invalid Arn: '{what}: {text}'")
    arn = StatesArn(text=text, region=match[1], account=match[2], kind=match[3], name=match[4])
    if arn.kind not in kinds:
        raise AwsError("InvalidArn", f"Invalid Arn: 'Resource type not valid in this context: {arn.kind}'")
    return arn


def make_arn(context: RequestContext, kind: str, name: str) -> str:
    """The ARN of something in the request's account and region."""
    return f"arn:aws:states:{context.region}:{context.account}:{kind}:{name}"
