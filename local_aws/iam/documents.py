"""Policy documents in requests: read before they are stored, so that no unreadable policy ever decides."""

from typing import Any

from local_aws.gateway.errors import AwsError
from local_aws.gateway.wire import Call
from local_aws.iam.policies import parse_policy

# (service, operation) -> parameter, error code
_DOCUMENTS = {
    ("ecr", "SetRepositoryPolicy"): ("policyText", "InvalidParameterException"),
    ("iam", "CreatePolicy"): ("PolicyDocument", "MalformedPolicyDocument"),
    ("iam", "CreatePolicyVersion"): ("PolicyDocument", "MalformedPolicyDocument"),
    ("iam", "CreateRole"): ("AssumeRolePolicyDocument", "MalformedPolicyDocument"),
    ("iam", "PutGroupPolicy"): ("PolicyDocument", "MalformedPolicyDocument"),
    ("iam", "PutRolePolicy"): ("PolicyDocument", "MalformedPolicyDocument"),
    ("iam", "PutUserPolicy"): ("PolicyDocument", "MalformedPolicyDocument"),
    ("iam", "UpdateAssumeRolePolicy"): ("PolicyDocument", "MalformedPolicyDocument"),
    ("kms", "CreateKey"): ("Policy", "MalformedPolicyDocumentException"),
    ("kms", "PutKeyPolicy"): ("Policy", "MalformedPolicyDocumentException"),
    ("s3", "PutBucketPolicy"): ("Policy", "MalformedPolicy"),
    ("sagemaker", "PutModelPackageGroupPolicy"): ("ResourcePolicy", "ValidationException"),
    ("secretsmanager", "PutResourcePolicy"): ("ResourcePolicy", "MalformedPolicyDocumentException"),
    ("sts", "AssumeRole"): ("Policy", "MalformedPolicyDocument"),
}


def check_documents(call: Call, parameters: dict[str, Any]) -> None:
    """Reads the policy document that a request carries, if it carries one.

    Raises:
        AwsError: the document is no policy; the message says what is wrong with it.
    """
    if (call.service, call.operation) not in _DOCUMENTS:
        return
    member, code = _DOCUMENTS[call.service, call.operation]
    document = parameters.get(member)
    if document is None:
        return
    try:
        parse_policy(document if isinstance(document, str) else document.decode())
    except ValueError as error:
        raise AwsError(code, f"This policy contains invalid Json: {error}", status=400) from error
