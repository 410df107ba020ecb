"""KMS permissions that a request needs because what it reads or writes is encrypted with a customer's key."""

from collections.abc import Iterator
from typing import Any

from local_aws.gateway.errors import AwsError
from local_aws.iam.requirements import Parameters, Place, Requirement
from local_aws.iam.s3_requirements import copy_source
from local_aws.moto_mends import state

_BY_KMS = ("aws:kms", "aws:kms:dsse")


def s3_key_requirements(operation: str, parameters: Parameters, place: Place) -> Iterator[Requirement]:
    """What S3 asks KMS in the caller's name: a data key to write, decryption to read."""
    if operation == "GetObject":
        yield from _decrypt(parameters["Bucket"], parameters["Key"], parameters.get("VersionId"), place)
    elif operation in ("CopyObject", "UploadPartCopy"):
        yield from _decrypt(*copy_source(parameters["CopySource"]), place)
    if operation in ("PutObject", "CopyObject", "CreateMultipartUpload"):
        algorithm, key = parameters.get("ServerSideEncryption"), parameters.get("SSEKMSKeyId")
        yield from _encrypt(parameters, algorithm, key, place)
    elif operation in ("UploadPart", "UploadPartCopy", "CompleteMultipartUpload"):
        algorithm, key = state.upload_key_id(parameters["Bucket"], parameters["UploadId"])
        needed = list(_encrypt(parameters, algorithm, key, place))
        yield from needed
        for requirement in needed:
            yield Requirement(action="kms:Decrypt", resources=requirement.resources, keys=requirement.keys)


def queue_key_requirements(operation: str, key_id: str, place: Place) -> Iterator[Requirement]:
    """What SQS and SNS ask KMS in the name of who sends to, publishes to or reads from an encrypted queue or topic."""
    service = "sns" if operation.startswith("Publish") else "sqs"
    if operation in ("SendMessage", "SendMessageBatch", "Publish", "PublishBatch"):
        yield from _requirement(("kms:GenerateDataKey", "kms:Decrypt"), key_id, place, service, {})
    elif operation == "ReceiveMessage":
        yield from _requirement(("kms:Decrypt",), key_id, place, service, {})


def log_group_key(operation: str, parameters: Parameters, place: Place) -> tuple[str, str] | None:
    """Key and log group that CreateLogGroup or AssociateKmsKey would tie together."""
    if operation not in ("CreateLogGroup", "AssociateKmsKey") or not parameters.get("kmsKeyId"):
        return None
    group = parameters.get("logGroupName") or parameters.get("resourceIdentifier", "")
    return parameters["kmsKeyId"], place.arn("logs", group if group.startswith("arn:") else f"log-group:{group}")


def _decrypt(bucket: str, key: str, version: str | None, place: Place) -> Iterator[Requirement]:
    key_id = state.object_key_id(bucket, key, version)
    if key_id is not None:
        yield from _requirement(("kms:Decrypt",), key_id, place, "s3", _s3_context(bucket, key))


def _encrypt(parameters: Parameters, algorithm: str | None, key_id: str | None, place: Place) -> Iterator[Requirement]:
    bucket = state.bucket(parameters["Bucket"])
    if algorithm is None and bucket is not None:
        algorithm, key_id = bucket.encryption, key_id or bucket.key_id
    if algorithm in _BY_KMS:
        context = _s3_context(parameters["Bucket"], parameters["Key"])
        yield from _requirement(("kms:GenerateDataKey",), key_id or "alias/aws/s3", place, "s3", context)


def _s3_context(bucket: str, key: str) -> dict[str, str]:
    return {
        "kms:encryptioncontext:aws:s3:arn": f"arn:aws:s3:::{bucket}/{key}",
        "kms:encryptioncontextkeys": "aws:s3:arn",
    }


def _requirement(
    actions: tuple[str, ...], key_id: str, place: Place, service: str, context: dict[str, str]
) -> Iterator[Requirement]:
    if _is_aws_managed(key_id):
        return
    key = state.kms_key(place.account, place.region, key_id)
    if key is None:
        shown = key_id if key_id.startswith("arn:") else place.arn("kms", f"key/{key_id}")
        raise AwsError("KMS.NotFoundException", f"Key '{shown}' does not exist", status=400)
    if not key.customer_managed:
        return
    if not key.enabled:
        raise AwsError("KMS.DisabledException", f"{key.arn} is disabled.", status=400)
    keys: dict[str, Any] = {
        "kms:viaservice": f"{service}.{place.region}.amazonaws.com",
        "kms:calleraccount": place.account,
        **context,
    }
    for action in actions:
        yield Requirement(action=action, resources=(key.arn,), keys=keys)


def _is_aws_managed(key_id: str) -> bool:
    return "alias/aws/" in key_id
