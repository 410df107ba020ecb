"""Changes of DynamoDB tables.

Faults mended: moto keeps the old value of a tag beside the new one, and cannot enable a stream once more.
"""

from typing import Any

from moto.dynamodb.models import DynamoDBBackend

_tag_resource = DynamoDBBackend.tag_resource
_update_table_streams = DynamoDBBackend.update_table_streams


def apply() -> None:
    """Puts the mended parts in place of moto's."""
    DynamoDBBackend.tag_resource = _tag
    DynamoDBBackend.update_table_streams = _update_streams


def _tag(self: Any, arn: str, tags: dict[str, str]) -> None:
    self.untag_resource(arn, list(tags))
    _tag_resource(self, arn, tags)


def _update_streams(self: Any, table: Any, stream_specification: dict[str, Any]) -> None:
    if not (table.stream_specification or {}).get("StreamEnabled"):
        table.latest_stream_label = None
    _update_table_streams(self, table, stream_specification)
