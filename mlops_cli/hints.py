"""What AWS's own message leaves open, looked up in the account."""

import re

from botocore.exceptions import ClientError

from mlops_cli.failures import Failure
from mlops_cli.target import Target

_MODEL_DATA = re.compile(r"model data at s3://([^/\s]+)/(\S+?)\.?(?:\s|$)")


def of_failure(target: Target, failure: Failure) -> str | None:
    """What to look at first, where the account tells more than the failure's cause; None where it does not.

    AWS says the same of a model that is not there and of one that the role may not list.
    """
    found = _MODEL_DATA.search(failure.cause)
    if found is None:
        return None
    bucket, key = found.groups()
    try:
        target.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NotFound"):
            return None
        return f"there is no object s3://{bucket}/{key}: did the training program leave a model in /opt/ml/model?"
    return None
