"""The items of a distributed Map: read from S3, and put into batches.

Everything here that reads S3 blocks: it runs in worker threads.
"""

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.stepfunctions.language.documents import parse_json, to_json
from local_aws.stepfunctions.language.errors import StatesError
from local_aws.stepfunctions.tasks.sdk_names import service_model
from local_aws.stepfunctions.tasks.wire_shapes import to_request

_OPERATIONS = {"getObject": "GetObject", "listObjectsV2": "ListObjectsV2"}
_ITEM_READER_FAILED = "States.ItemReaderFailed"
_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def read_items(s3: Any, action: str, arguments: Any, config: Mapping[str, Any]) -> Iterator[Any]:
    """The items that an ItemReader gives.

    Args:
        s3: a client with the execution role's rights.
        action: ``getObject`` or ``listObjectsV2``.
        arguments: of the call.
        config: ReaderConfig.

    Raises:
        StatesError: ``States.ItemReaderFailed``.
    """
    operation = service_model("s3").operation_model(_OPERATIONS[action])
    request, problems = to_request(operation.input_shape, arguments, json_members=frozenset())
    if problems:
        raise StatesError(_ITEM_READER_FAILED, f"The parameters of the ItemReader are not right: {', '.join(problems)}")
    try:
        if action == "listObjectsV2":
            yield from _listed(s3, request)
            return
        files = [s3.get_object(**request)["Body"].read()]
        if config.get("InputType") == "MANIFEST":
            schema, places = _inventory(files[0])
            config = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": schema}
            files = [gzip.decompress(s3.get_object(**place)["Body"].read()) for place in places]
        for content in files:
            yield from _parsed(content.decode("utf-8-sig"), config)
    except (ClientError, BotoCoreError) as error:
        raise StatesError(_ITEM_READER_FAILED, f"The ItemReader could not read from S3: {error}") from None
    except (ValueError, OSError, csv.Error) as error:
        kind = config.get("InputType")
        raise StatesError(_ITEM_READER_FAILED, f"The object is not valid {kind}: {error}") from None


def batches(items: list[Any], most_items: float | None, most_bytes: float | None) -> Iterator[list[Any]]:
    """Items in batches, each as large as its limits allow; an item that is over them alone goes alone."""
    batch: list[Any] = []
    size = 0
    for item in items:
        length = len(to_json(item).encode()) + 1
        full = (most_items is not None and len(batch) >= most_items) or (
            most_bytes is not None and size + length > most_bytes
        )
        if batch and full:
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += length
    if batch:
        yield batch


def _listed(s3: Any, arguments: dict[str, Any]) -> Iterator[Any]:
    for page in s3.get_paginator("list_objects_v2").paginate(**arguments):
        for entry in page.get("Contents", ()):
            yield {
                "Etag": entry["ETag"],
                "Key": entry["Key"],
                "LastModified": int(entry["LastModified"].timestamp()),
                "Size": entry["Size"],
                "StorageClass": entry["StorageClass"],
            }


def _inventory(content: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """The columns of an S3 Inventory, and where its files are."""
    manifest = parse_json(content.decode("utf-8-sig"))
    if not isinstance(manifest, dict) or not {"destinationBucket", "fileSchema", "files"} <= manifest.keys():
        raise ValueError("expected the manifest.json of an S3 Inventory")
    if manifest.get("fileFormat") != "CSV":
        raise ValueError(f"got an inventory in {manifest.get('fileFormat')}, expected one in CSV")
    bucket = manifest["destinationBucket"].rpartition(":")[2]
    columns = [name.strip() for name in manifest["fileSchema"].split(",")]
    return columns, [{"Bucket": bucket, "Key": file["key"]} for file in manifest["files"]]


def _parsed(text: str, config: Mapping[str, Any]) -> Iterator[Any]:
    kind = config["InputType"]
    if kind == "CSV":
        yield from _rows(text, config)
    elif kind == "JSONL":
        yield from (parse_json(line) for line in text.splitlines() if line.strip())
    else:
        found = _pointed(parse_json(text), config.get("ItemsPointer", ""))
        if not isinstance(found, list):
            raise ValueError("expected an array of items")
        yield from found


def _rows(text: str, config: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    rows = csv.reader(io.StringIO(text), delimiter=_DELIMITERS[config.get("CSVDelimiter", "COMMA")], strict=True)
    headers = config.get("CSVHeaders") if config.get("CSVHeaderLocation") == "GIVEN" else next(rows, [])
    for row in rows:
        if row:
            yield dict(zip(headers or (), row, strict=False))


def _pointed(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, dict) or key not in value:
            raise ValueError(f"there is nothing at {pointer}")
        value = value[key]
    return value
