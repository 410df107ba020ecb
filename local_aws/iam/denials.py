"""Denials in AWS's own words, with the error code that each service uses."""

from local_aws.gateway.errors import AwsError
from local_aws.iam.evaluation import RESOURCE, Decision
from local_aws.iam.policies import ANY_RESOURCE, Caller

# services of the query and XML protocols, and those of the JSON protocols that kept their old codes
_CODES = {
    "autoscaling": "AccessDenied",
    "cloudformation": "AccessDenied",
    "cloudwatch": "AccessDenied",
    "ec2": "UnauthorizedOperation",
    "iam": "AccessDenied",
    "s3": "AccessDenied",
    "s3control": "AccessDenied",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
    "sts": "AccessDenied",
}
# JSON services answer 400 to what query and REST services answer with 403
_STATUS = {
    "codebuild": 400,
    "dynamodb": 400,
    "dynamodbstreams": 400,
    "ecr": 400,
    "events": 400,
    "kinesis": 400,
    "kms": 400,
    "logs": 400,
    "sagemaker": 400,
    "secretsmanager": 400,
    "ssm": 400,
    "stepfunctions": 400,
}
_QUOTED_RESOURCE = {"s3"}


def denied(service: str, caller: Caller, action: str, resource: str, decision: Decision) -> AwsError:
    """The error for a decision that is a denial."""
    if caller.kind == "anonymous":
        return anonymous(service)
    shown = "*" if resource == ANY_RESOURCE else resource
    if service in _QUOTED_RESOURCE and not action.startswith("kms:"):
        shown = f'"{shown}"'
    shown_action = action.replace("sns:", "SNS:") if service == "sns" else action
    message = f"User: {caller.arn} is not authorized to perform: {shown_action} on resource: {shown}"
    if action != "sts:AssumeRole":
        message += f" {_reason(shown_action, decision)}"
    return access_denied(service, message)


def access_denied(service: str, message: str) -> AwsError:
    """An access error in a service's own code and status."""
    return AwsError(_CODES.get(service, "AccessDeniedException"), message, status=_STATUS.get(service, 403))


def anonymous(service: str) -> AwsError:
    """The error for a request that carries no identity at all."""
    if service == "s3":
        return AwsError("AccessDenied", "Access Denied", status=403)
    return AwsError("MissingAuthenticationToken", "Missing Authentication Token", status=403)


def expired(service: str) -> AwsError:
    """The error for credentials of a session whose time is over."""
    if service == "s3":
        return AwsError("ExpiredToken", "The provided token has expired.", status=400)
    if service in _STATUS:
        message = "The security token included in the request is expired"
        return AwsError("ExpiredTokenException", message, status=400)
    return AwsError("ExpiredToken", "The security token included in the request is expired", status=403)


def unknown_key(service: str) -> AwsError:
    """The error for credentials that once were and are gone: deleted, deactivated, or of another server."""
    if service == "s3":
        message = "The AWS Access Key Id you provided does not exist in our records."
        return AwsError("InvalidAccessKeyId", message, status=403)
    message = "The security token included in the request is invalid."
    if service in _STATUS:
        return AwsError("UnrecognizedClientException", message, status=400)
    return AwsError("InvalidClientTokenId", message, status=403)


def _reason(action: str, decision: Decision) -> str:
    if decision.explicit:
        article = "an" if decision.source[0] in "aeiou" else "a"
        return f"with an explicit deny in {article} {decision.source}"
    if action.startswith("kms:") and decision.source == RESOURCE:
        return f"because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"  # noqa: E501, F541 - AWS's sentence
    return f"because no {decision.source} allows the {action} action"
