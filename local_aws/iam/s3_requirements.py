"""The permissions of S3's operations, as its service authorization reference lists them."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

from local_aws.iam.requirements import Parameters, Requirement

# operation -> action on the bucket, where the action is not the operation's own name
_BUCKET_ACTIONS = {
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
_OBJECT_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "HeadObject": "GetObject",
    "ListParts": "ListMultipartUploadParts",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
}
# actions that name a version are permissions of their own
_VERSIONED = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}
_REQUEST_KEYS = {
    "ACL": "s3:x-amz-acl",
    "Delimiter": "s3:delimiter",
    "GrantFullControl": "s3:x-amz-grant-full-control",
    "GrantRead": "s3:x-amz-grant-read",
    "MaxKeys": "s3:max-keys",
    "MetadataDirective": "s3:x-amz-metadata-directive",
    "ObjectLockMode": "s3:object-lock-mode",
    "Prefix": "s3:prefix",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "StorageClass": "s3:x-amz-storage-class",
    "VersionId": "s3:versionid",
}


def s3_requirements(operation: str, parameters: Parameters) -> Iterator[Requirement]:
    """Every permission that an S3 request needs."""
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    keys = {name: str(parameters[member]) for member, name in _REQUEST_KEYS.items() if member in parameters}
    if bucket is None:
        yield Requirement(
            action=f"s3:{'ListAllMyBuckets' if operation == 'ListBuckets' else operation}", resources=("*",)
        )
        return
    on_bucket = (f"arn:aws:s3:::{bucket}",)
    if operation == "DeleteObjects":
        for item in parameters["Delete"]["Objects"]:
            action = "DeleteObjectVersion" if item.get("VersionId") else "DeleteObject"
            yield Requirement(action=f"s3:{action}", resources=(f"{on_bucket[0]}/{item['Key']}",), keys=keys)
        return
    if key is None:
        yield Requirement(action=f"s3:{_BUCKET_ACTIONS.get(operation, operation)}", resources=on_bucket, keys=keys)
        return
    on_object = (f"{on_bucket[0]}/{key}",)
    if operation in ("CopyObject", "UploadPartCopy"):
        yield from _copy(operation, parameters, on_object, keys)
        return
    action = _OBJECT_ACTIONS.get(operation, operation)
    tags = parameters.get("Tagging") if operation in ("PutObject", "CreateMultipartUpload") else None
    yield Requirement(
        action=f"s3:{_versioned(action, bool(parameters.get('VersionId')))}",
        resources=on_object,
        keys=keys | _tag_keys(tags),
    )
    if operation == "GetObjectAttributes":
        read = _versioned("GetObject", bool(parameters.get("VersionId")))
        yield Requirement(action=f"s3:{read}", resources=on_object, keys=keys)
    if tags:
        yield Requirement(action="s3:PutObjectTagging", resources=on_object, keys=keys | _tag_keys(tags))
    if operation in ("PutObject", "CreateMultipartUpload"):
        yield from _extras(parameters, on_object, keys)


def copy_source(source: str) -> tuple[str, str, str | None]:
    """Bucket, key and version that an ``x-amz-copy-source`` names."""
    path, _, version = source.partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    return bucket, key, version or None


def _copy(operation: str, parameters: Parameters, on_object: tuple[str], keys: dict[str, str]) -> Iterator[Requirement]:
    bucket, key, version = copy_source(parameters["CopySource"])
    source = (f"arn:aws:s3:::{bucket}/{key}",)
    yield Requirement(action=f"s3:{_versioned('GetObject', version is not None)}", resources=source)
    tags = parameters.get("Tagging") if parameters.get("TaggingDirective") == "REPLACE" else None
    from_key = {"s3:x-amz-copy-source": f"{bucket}/{key}"}
    yield Requirement(action="s3:PutObject", resources=on_object, keys=keys | from_key | _tag_keys(tags))
    if tags:
        yield Requirement(action="s3:PutObjectTagging", resources=on_object, keys=keys | _tag_keys(tags))
    if operation == "CopyObject":
        yield from _extras(parameters, on_object, keys)


def _extras(parameters: Parameters, on_object: tuple[str], keys: dict[str, str]) -> Iterator[Requirement]:
    if parameters.get("ACL") or any(name.startswith("Grant") for name in parameters):
        yield Requirement(action="s3:PutObjectAcl", resources=on_object, keys=keys)
    if parameters.get("ObjectLockMode"):
        yield Requirement(action="s3:PutObjectRetention", resources=on_object, keys=keys)
    if parameters.get("ObjectLockLegalHoldStatus"):
        yield Requirement(action="s3:PutObjectLegalHold", resources=on_object, keys=keys)


def _versioned(action: str, versioned: bool) -> str:
    return _VERSIONED.get(action, action) if versioned else action


def _tag_keys(tagging: str | None) -> dict[str, str | tuple[str, ...]]:
    if not tagging:
        return {}
    tags = parse_qsl(tagging, keep_blank_values=True)
    keys: dict[str, str | tuple[str, ...]] = {f"s3:requestobjecttag/{name.lower()}": value for name, value in tags}
    keys["s3:requestobjecttagkeys"] = tuple(name for name, _ in tags)
    return keys
