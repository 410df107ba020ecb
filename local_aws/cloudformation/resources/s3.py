"""Amazon S3: buckets and their policies."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

from local_aws.cloudformation.errors import ResourceError, is_absent
from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, only, request, truth, without

_CANNED_ACLS = {
    "Private": "private",
    "PublicRead": "public-read",
    "PublicReadWrite": "public-read-write",
    "AuthenticatedRead": "authenticated-read",
    "LogDeliveryWrite": "log-delivery-write",
    "BucketOwnerRead": "bucket-owner-read",
    "BucketOwnerFullControl": "bucket-owner-full-control",
    "AwsExecRead": "aws-exec-read",
}


@frozen(kw_only=True)
class _Setting:
    """One property of a bucket that has an operation of its own."""

    put: str
    member: str
    convert: Callable[[Any], Any] = lambda value: value
    remove: str | None = None
    off: Any = None


def _encryption(value: Mapping[str, Any]) -> dict[str, Any]:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        default = rule.get("ServerSideEncryptionByDefault")
        rules.append(
            without(rule, "ServerSideEncryptionByDefault")
            | ({"ApplyServerSideEncryptionByDefault": default} if default else {})
        )
    return {"Rules": rules}


def _cors(value: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    return {"CORSRules": [{renamed.get(key, key): item for key, item in rule.items()} for rule in value["CorsRules"]]}


def _lifecycle(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}


def _versioning(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "Status" not in value:
        raise ResourceError("VersioningConfiguration: required key [Status] not found")
    return value


def _transition(value: Mapping[str, Any], *, days: str) -> dict[str, Any]:
    renamed = {"TransitionInDays": days, "TransitionDate": "Date"}
    return {renamed.get(key, key): item for key, item in value.items()}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"Status": rule["Status"]}
    if "Id" in rule:
        result["ID"] = rule["Id"]
    expiration = {
        target: rule[source]
        for source, target in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if source in rule
    }
    if expiration:
        result["Expiration"] = expiration
    result |= only(rule, "NoncurrentVersionExpiration")
    if "NoncurrentVersionExpirationInDays" in rule:
        result["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    if "AbortIncompleteMultipartUpload" in rule:
        result["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    transitions = [*rule.get("Transitions", []), *([rule["Transition"]] if "Transition" in rule else [])]
    if transitions:
        result["Transitions"] = [_transition(item, days="Days") for item in transitions]
    noncurrent = [
        *rule.get("NoncurrentVersionTransitions", []),
        *([rule["NoncurrentVersionTransition"]] if "NoncurrentVersionTransition" in rule else []),
    ]
    if noncurrent:
        result["NoncurrentVersionTransitions"] = [_transition(item, days="NoncurrentDays") for item in noncurrent]
    result["Filter"] = _lifecycle_filter(rule)
    known = {
        "Id", "Status", "ExpirationInDays", "ExpirationDate", "ExpiredObjectDeleteMarker", "Transition", "Transitions",
        "NoncurrentVersionExpiration", "NoncurrentVersionExpirationInDays", "NoncurrentVersionTransition",
        "NoncurrentVersionTransitions", "AbortIncompleteMultipartUpload", "Prefix", "TagFilters",
        "ObjectSizeGreaterThan", "ObjectSizeLessThan",
    }  # fmt: skip
    if unknown := sorted(set(rule) - known):
        raise ResourceError(f"LifecycleConfiguration: Encountered unsupported property {', '.join(unknown)}")
    return result


def _lifecycle_filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    parts = only(rule, "Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
    tags = rule.get("TagFilters", [])
    if len(parts) + len(tags) > 1:
        return {"And": parts | ({"Tags": tags} if tags else {})}
    if tags:
        return {"Tag": tags[0]}
    return parts or {"Prefix": ""}


def _logging(value: Mapping[str, Any]) -> dict[str, Any]:
    if "DestinationBucketName" not in value:
        return {}
    enabled = {"TargetBucket": value["DestinationBucketName"], "TargetPrefix": value.get("LogFilePrefix", "")}
    return {"LoggingEnabled": enabled | only(value, "TargetObjectKeyFormat")}


def _notifications(value: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for source, target, own, arn in (
        ("LambdaConfigurations", "LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
        ("QueueConfigurations", "QueueConfigurations", "Queue", "QueueArn"),
        ("TopicConfigurations", "TopicConfigurations", "Topic", "TopicArn"),
    ):
        entries = [
            {
                arn: entry[own],
                "Events": [entry["Event"]],
                **(
                    {"Filter": {"Key": {"FilterRules": entry["Filter"]["S3Key"]["Rules"]}}} if "Filter" in entry else {}
                ),
            }
            for entry in value.get(source, [])
        ]
        if entries:
            result[target] = entries
    if truth(value.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", "EventBridgeConfiguration" in value)):
        result["EventBridgeConfiguration"] = {}
    return result


def _website(value: Mapping[str, Any]) -> dict[str, Any]:
    result = without(value, "IndexDocument", "ErrorDocument", "RoutingRules")
    if "IndexDocument" in value:
        result["IndexDocument"] = {"Suffix": value["IndexDocument"]}
    if "ErrorDocument" in value:
        result["ErrorDocument"] = {"Key": value["ErrorDocument"]}
    rules = [
        {
            "Redirect": rule["RedirectRule"],
            **({"Condition": rule["RoutingRuleCondition"]} if "RoutingRuleCondition" in rule else {}),
        }
        for rule in value.get("RoutingRules", [])
    ]
    return result | ({"RoutingRules": rules} if rules else {})


_SETTINGS = {
    "AccelerateConfiguration": _Setting(
        put="put_bucket_accelerate_configuration",
        member="AccelerateConfiguration",
        convert=lambda value: {"Status": value["AccelerationStatus"]},
        off={"AccelerationStatus": "Suspended"},
    ),
    "BucketEncryption": _Setting(
        put="put_bucket_encryption",
        member="ServerSideEncryptionConfiguration",
        convert=_encryption,
        remove="delete_bucket_encryption",
    ),
    "CorsConfiguration": _Setting(
        put="put_bucket_cors", member="CORSConfiguration", convert=_cors, remove="delete_bucket_cors"
    ),
    "LifecycleConfiguration": _Setting(
        put="put_bucket_lifecycle_configuration",
        member="LifecycleConfiguration",
        convert=_lifecycle,
        remove="delete_bucket_lifecycle",
    ),
    "LoggingConfiguration": _Setting(put="put_bucket_logging", member="BucketLoggingStatus", convert=_logging, off={}),
    "NotificationConfiguration": _Setting(
        put="put_bucket_notification_configuration",
        member="NotificationConfiguration",
        convert=_notifications,
        off={},
    ),
    "ObjectLockConfiguration": _Setting(put="put_object_lock_configuration", member="ObjectLockConfiguration"),
    "OwnershipControls": _Setting(
        put="put_bucket_ownership_controls", member="OwnershipControls", remove="delete_bucket_ownership_controls"
    ),
    "PublicAccessBlockConfiguration": _Setting(
        put="put_public_access_block",
        member="PublicAccessBlockConfiguration",
        remove="delete_public_access_block",
    ),
    "Tags": _Setting(
        put="put_bucket_tagging",
        member="Tagging",
        convert=lambda value: {"TagSet": tag_list(tags_of({"Tags": value}))},
        remove="delete_bucket_tagging",
    ),
    "VersioningConfiguration": _Setting(
        put="put_bucket_versioning",
        member="VersioningConfiguration",
        convert=_versioning,
        off={"Status": "Suspended"},
    ),
    "WebsiteConfiguration": _Setting(
        put="put_bucket_website", member="WebsiteConfiguration", convert=_website, remove="delete_bucket_website"
    ),
}


def _operation_name(method: str) -> str:
    return "".join(part.capitalize() for part in method.split("_"))


class BucketProvider(Provider):
    """A bucket. Its content is not removed with it: a bucket that is not empty cannot be deleted, as on AWS."""

    type = "AWS::S3::Bucket"
    schema = Schema.of(
        "BucketName AccessControl ObjectLockEnabled " + " ".join(_SETTINGS),
        create_only="BucketName",
        attributes="Arn DomainName DualStackDomainName RegionalDomainName WebsiteURL",
        name="BucketName",
    )

    def update_problems(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        """Object Lock stays as it was made."""
        if truth(old.get("ObjectLockEnabled")) != truth(new.get("ObjectLockEnabled")):
            yield "Object Lock cannot be turned on or off for an existing bucket"

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the bucket, then each setting."""
        client = scope.client("s3")
        name = str(properties.get("BucketName") or scope.name(63, lower=True))
        try:
            client.head_bucket(Bucket=name)
        except ClientError as error:
            if not is_absent(error):
                raise
        else:
            raise ResourceError(f"{name} already exists")
        arguments: dict[str, Any] = {"Bucket": name}
        if scope.region != "us-east-1":
            arguments["CreateBucketConfiguration"] = {"LocationConstraint": scope.region}
        if truth(properties.get("ObjectLockEnabled")):
            arguments["ObjectLockEnabledForBucket"] = True
        client.create_bucket(**arguments)
        scope.created(name)
        self._configure(client, name, {}, properties)
        return name

    def _configure(self, client: Any, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        for changed in sorted(changed_properties(old, new)):
            if changed == "AccessControl":
                acl = _CANNED_ACLS.get(str(new.get(changed, "Private")))
                if acl is None:
                    raise ResourceError(f"AccessControl: {new[changed]} is not one of {', '.join(_CANNED_ACLS)}")
                client.put_bucket_acl(Bucket=name, ACL=acl)
            elif changed in _SETTINGS:
                self._set(client, name, _SETTINGS[changed], new.get(changed))

    def _set(self, client: Any, name: str, setting: _Setting, value: Any) -> None:
        if value is None or value == []:
            if setting.remove is not None:
                getattr(client, setting.remove)(Bucket=name)
                return
            value = setting.off
            if value is None:
                raise ResourceError(f"{setting.member} cannot be removed from a bucket")
        arguments = {"Bucket": name, setting.member: setting.convert(value)}
        getattr(client, setting.put)(**request("s3", _operation_name(setting.put), arguments))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the settings that changed, removes those that are gone."""
        self._configure(scope.client("s3"), physical_id, old, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the empty bucket."""
        del properties
        scope.client("s3").delete_bucket(Bucket=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Names by which the bucket is reached."""
        del properties
        return {
            "Arn": f"arn:aws:s3:::{physical_id}",
            "DomainName": f"{physical_id}.s3.amazonaws.com",
            "RegionalDomainName": f"{physical_id}.s3.{scope.region}.amazonaws.com",
            "DualStackDomainName": f"{physical_id}.s3.dualstack.{scope.region}.amazonaws.com",
            "WebsiteURL": f"http://{physical_id}.s3-website-{scope.region}.amazonaws.com",
        }


class BucketPolicyProvider(Provider):
    """The policy of a bucket; its physical id is the bucket's name."""

    type = "AWS::S3::BucketPolicy"
    schema = Schema.of(
        "Bucket PolicyDocument",
        required="Bucket PolicyDocument",
        create_only="Bucket",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Puts the policy, where the bucket has none yet."""
        client, bucket = scope.client("s3"), str(properties["Bucket"])
        try:
            client.get_bucket_policy(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
                raise
        else:
            raise ResourceError(f"The bucket policy already exists on bucket {bucket}.")
        client.put_bucket_policy(Bucket=bucket, Policy=json_text(properties["PolicyDocument"]))
        return scope.created(bucket)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the new policy."""
        del old
        scope.client("s3").put_bucket_policy(Bucket=physical_id, Policy=json_text(new["PolicyDocument"]))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the policy."""
        del properties
        scope.client("s3").delete_bucket_policy(Bucket=physical_id)


PROVIDERS = (BucketProvider(), BucketPolicyProvider())
