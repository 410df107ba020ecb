"""Event notifications of S3 buckets.

Faults mended: moto brings notifications to its own Lambda and EventBridge, which the local AWS does not use, asks no
policy of queues and topics, swallows every failure, encodes slashes in keys, leaves half of a record out, tells of no
deletion in a versioned bucket, and of puts and tags as parts of other operations. Here notifications go through the
local AWS as S3 itself, and a destination that S3 may not use is refused when it is configured.
"""

import json
import logging
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote_plus

from attrs import frozen
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.s3 import notifications
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from local_aws import moto_mends
from local_aws.platform import Platform, service_credentials

_log = logging.getLogger(__name__)
_set_configuration = FakeBucket.set_notification_configuration
_moto_set_delete_marker = S3Backend._set_delete_marker  # noqa: SLF001 - see `apply`
_moto_complete_multipart_upload = S3Backend.complete_multipart_upload
_moto_put_object_tagging = S3Response.put_object_tagging
# the operation that is asked for, where moto carries it out by others whose events nobody should see
_operation: ContextVar[str] = ContextVar("operation", default="")
_PRINCIPAL = "s3.amazonaws.com"
# the operation behind an event, as EventBridge tells it
_REASONS = {
    "CompleteMultipartUpload": "CompleteMultipartUpload",
    "Copy": "CopyObject",
    "Delete": "DeleteObject",
    "DeleteMarkerCreated": "DeleteObject",
    "Post": "POST Object",
    "Put": "PutObject",
}


def apply() -> None:
    """Puts the mended parts in place of moto's."""
    notifications.send_event = _send_event
    notifications.send_test_event = _check_destinations
    FakeBucket.set_notification_configuration = _set_notification_configuration
    S3Backend._set_delete_marker = _set_delete_marker  # noqa: SLF001 - where versioned deletions come together
    S3Backend.complete_multipart_upload = _complete_multipart_upload
    S3Response.put_object_tagging = _put_object_tagging


class _InvalidDestinationError(S3ClientError):  # type: ignore[misc] # moto is untyped here
    """S3 may not use what a notification names."""

    def __init__(self, reason: str) -> None:
        super().__init__("InvalidArgument", f"Unable to validate the following destination configurations ({reason})")


def _set_notification_configuration(self: Any, configuration: dict[str, Any] | None) -> None:
    before = self.notification_configuration
    try:
        _set_configuration(self, configuration)
    except S3ClientError:
        self.notification_configuration = before
        raise


def _complete_multipart_upload(self: Any, *arguments: Any, **named: Any) -> Any:
    token = _operation.set("CompleteMultipartUpload")
    try:
        return _moto_complete_multipart_upload(self, *arguments, **named)
    finally:
        _operation.reset(token)


def _put_object_tagging(self: Any) -> Any:
    token = _operation.set("PutObjectTagging")
    try:
        return _moto_put_object_tagging(self)
    finally:
        _operation.reset(token)


def _is_by_the_way(event_name: str) -> bool:
    operation = _operation.get()
    return (event_name == "s3:ObjectCreated:Put" and operation == "CompleteMultipartUpload") or (
        event_name == "s3:ObjectTagging:Put" and operation != "PutObjectTagging"
    )


def _check_destinations(account_id: str, bucket: Any) -> None:
    """Sends S3's test event to queues and topics, and asks whether functions may be called."""
    platform = moto_mends.platform_in_use()
    if platform is None:
        return
    configuration = bucket.notification_configuration
    event = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso_8601_datetime_with_milliseconds(),
        "Bucket": bucket.name,
        "RequestId": uuid.uuid4().hex[:16].upper(),
        "HostId": uuid.uuid4().hex,
    }
    sender = _Sender(platform, account_id, bucket.arn)
    try:
        for arn in sorted({item.arn for item in configuration.queue}):
            sender.to_queue(arn, event)
        for arn in sorted({item.arn for item in configuration.topic}):
            sender.to_topic(arn, event)
        for arn in sorted({item.arn for item in configuration.cloud_function}):
            sender.client("lambda", arn).invoke(FunctionName=arn, InvocationType="DryRun")
    except ClientError as error:
        raise _InvalidDestinationError(error.response["Error"].get("Message", "")) from error


def _send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
    configuration, platform = bucket.notification_configuration, moto_mends.platform_in_use()
    name = str(event_name.value)
    if configuration is None or platform is None or _is_by_the_way(name):
        return
    sender = _Sender(platform, account_id, bucket.arn)
    for wanted, send in (
        (configuration.cloud_function, sender.to_function),
        (configuration.queue, sender.to_queue),
        (configuration.topic, sender.to_topic),
    ):
        for item in wanted:
            if item.matches(name, key.name):
                body = {"Records": [_record(account_id, name, bucket, key, item.id)]}
                platform.workers.submit(_deliver, send, item.arn, body)
    if configuration.event_bridge is not None:
        platform.emit(
            account=account_id,
            region=bucket.region_name,
            source="aws.s3",
            detail_type=notifications._detail_type(name),  # noqa: SLF001 - moto's own table of AWS's names
            detail=_detail(account_id, name, bucket, key),
            resources=[bucket.arn],
        )


def _set_delete_marker(self: Any, bucket_name: str, key_name: str) -> Any:
    marker = _moto_set_delete_marker(self, bucket_name, key_name)
    event = notifications.S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
    _send_event(self.account_id, event, self.get_bucket(bucket_name), marker)
    return marker


@frozen
class _Sender:
    """Brings events to their destinations, as S3 on behalf of a bucket."""

    platform: Platform
    account: str
    bucket_arn: str

    def client(self, service: str, arn: str) -> Any:
        return self.platform.client(
            service,
            region=arn.split(":")[3],
            credentials=service_credentials(_PRINCIPAL),
            source_arn=self.bucket_arn,
            source_account=self.account,
        )

    def to_function(self, arn: str, body: dict[str, Any]) -> None:
        payload = json.dumps(body).encode()
        self.client("lambda", arn).invoke(FunctionName=arn, InvocationType="Event", Payload=payload)

    def to_queue(self, arn: str, body: dict[str, Any]) -> None:
        account, name = arn.split(":")[4:6]
        url = f"{self.platform.endpoint_url}/{account}/{name}"
        self.client("sqs", arn).send_message(QueueUrl=url, MessageBody=json.dumps(body))

    def to_topic(self, arn: str, body: dict[str, Any]) -> None:
        self.client("sns", arn).publish(TopicArn=arn, Subject="Amazon S3 Notification", Message=json.dumps(body))


def _deliver(send: Callable[[str, dict[str, Any]], None], arn: str, body: dict[str, Any]) -> None:
    try:
        send(arn, body)
    except (BotoCoreError, ClientError) as error:
        bucket = body["Records"][0]["s3"]["bucket"]["name"]
        _log.warning("an event of the bucket %s did not reach %s: %s", bucket, arn, error)


def _sequencer() -> str:
    return f"{time.time_ns():016X}"


def _record(account: str, event_name: str, bucket: Any, key: Any, configuration_id: str) -> dict[str, Any]:
    thing: dict[str, Any] = {"key": quote_plus(key.name, safe="/"), "sequencer": _sequencer()}
    if "ObjectRemoved" not in event_name:
        thing |= {"size": key.size, "eTag": key.etag.strip('"')}
    if bucket.is_versioned:
        thing["versionId"] = key.version_id
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": iso_8601_datetime_with_milliseconds(),
        "eventName": event_name.removeprefix("s3:"),
        "userIdentity": {"principalId": f"AWS:{account}"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": uuid.uuid4().hex[:16].upper(), "x-amz-id-2": uuid.uuid4().hex},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {"name": bucket.name, "ownerIdentity": {"principalId": account}, "arn": bucket.arn},
            "object": thing,
        },
    }


def _detail(account: str, event_name: str, bucket: Any, key: Any) -> dict[str, Any]:
    removed = "ObjectRemoved" in event_name
    thing: dict[str, Any] = {"key": key.name, "sequencer": _sequencer()}
    if not removed:
        thing |= {"size": key.size, "etag": key.etag.strip('"')}
    if bucket.is_versioned:
        thing["version-id"] = key.version_id
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": thing,
        "request-id": uuid.uuid4().hex[:16].upper(),
        "requester": account,
        "source-ip-address": "127.0.0.1",
    }
    operation = event_name.rpartition(":")[2]
    if operation in _REASONS:
        detail["reason"] = _REASONS[operation]
    if removed:
        marker = operation == "DeleteMarkerCreated"
        detail["deletion-type"] = "Delete Marker Created" if marker else "Permanently Deleted"
    return detail
