"""Events of buckets for EventBridge: objects that were created or deleted.

Fault mended: moto gives them to the rules of its own EventBridge, which the local AWS does not use, with a requester,
an address and a sequencer that are the same for all. Here they go to the account's event bus, as S3 sends them.
Events of tags are left out, as moto has one for each object that is put; of delete markers it has none.
"""

import time
import uuid
from typing import Any

from moto.s3 import notifications
from moto.s3.notifications import S3NotificationEvent

from local_aws import moto_mends

_CREATED = {
    S3NotificationEvent.OBJECT_CREATED_PUT_EVENT: "PutObject",
    S3NotificationEvent.OBJECT_CREATED_POST_EVENT: "POST Object",
    S3NotificationEvent.OBJECT_CREATED_COPY_EVENT: "CopyObject",
    S3NotificationEvent.OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD_EVENT: "CompleteMultipartUpload",
}


def apply() -> None:
    """Puts the mended part in place of moto's."""
    notifications._send_event_bridge_message = _send  # noqa: SLF001 - the private part to mend


def _send(account_id: str, bucket: Any, event_name: S3NotificationEvent, key: Any) -> None:
    platform = moto_mends.platform_in_use()
    described = {"key": key.name}
    if event_name in _CREATED:
        detail_type, reason = "Object Created", {"reason": _CREATED[event_name]}
        described |= {"size": key.size, "etag": key.etag.strip('"')}
    elif event_name is S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT:
        detail_type = "Object Deleted"
        reason = {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"}
    else:
        return
    if platform is None:
        return
    if bucket.is_versioned:
        described["version-id"] = key.version_id
    platform.emit(
        account=account_id,
        region=bucket.region_name,
        source="aws.s3",
        detail_type=detail_type,
        detail={
            "version": "0",
            "bucket": {"name": bucket.name},
            # the sequencer is a hexadecimal number by which the events of one key are ordered
            "object": {**described, "sequencer": f"{time.time_ns():018X}"},
            "request-id": uuid.uuid4().hex[:16].upper(),
            "requester": account_id,
            "source-ip-address": "127.0.0.1",
            **reason,
        },
        resources=[bucket.arn],
    )
