"""Where the items of a distributed Map come from, how they are put together, and where its results go."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from attrs import frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.needs import ListObjects, Need, ReadObject, WriteResults
from constructs_lib.definitions.values import Reference, Text

CsvDelimiter = Literal["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"]
"""What stands between the columns of a CSV file."""


@frozen(kw_only=True)
class ItemReader(ABC):
    """Reads the items of a distributed Map from S3, with the rights of the state machine's role.

    Args:
        bucket: name of the bucket; in the region of the state machine.
        max_items: how many items at most; 1 to 100000000. Default: all.
    """

    action: ClassVar[str] = "getObject"
    """The call of S3 that reads."""

    bucket: Text
    max_items: int | None = None

    @property
    @abstractmethod
    def request(self) -> Mapping[str, Any]:
        """The parameters of the call."""

    @property
    @abstractmethod
    def needs(self) -> tuple[Need, ...]:
        """What reading must be allowed to do."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The ReaderConfig, but for the number of items; members that are None are left out."""
        return {}


@frozen(kw_only=True)
class S3Objects(ItemReader):
    """The objects under a prefix; an item has ``Key``, ``Size``, ``Etag``, ``LastModified`` and ``StorageClass``.

    Args:
        prefix: with which the keys begin. Default: all objects of the bucket.
    """

    action: ClassVar[str] = "listObjectsV2"

    prefix: Text = ""

    @property
    def request(self) -> Mapping[str, Any]:
        """The parameters of the call."""
        return _place(self.bucket, self.prefix)

    @property
    def needs(self) -> tuple[Need, ...]:
        """What reading must be allowed to do."""
        return (ListObjects(bucket=self.bucket, prefix=self.prefix),)


@frozen(kw_only=True)
class ObjectReader(ItemReader):
    """Reads the items from one object.

    Args:
        key: of the object.
        kms_key: ARN of the key that encrypts it. Default: S3's own key for the account.
    """

    key: Text
    kms_key: Text | None = None

    @property
    def request(self) -> Mapping[str, Any]:
        """The parameters of the call."""
        return {"Bucket": self.bucket, "Key": self.key}

    @property
    def needs(self) -> tuple[Need, ...]:
        """What reading must be allowed to do."""
        return (ReadObject(bucket=self.bucket, key=self.key, kms_key=self.kms_key),)


@frozen(kw_only=True, field_transformer=freeze_fields)
class CsvItems(ObjectReader):
    """The rows of a CSV file; an item has a text for each column.

    Args:
        headers: names of the columns, where the first row is data already. Default: the first row names them.
        delimiter: Default: a comma.
    """

    headers: Sequence[str] = ()
    delimiter: CsvDelimiter = "COMMA"

    @property
    def config(self) -> Mapping[str, Any]:
        """The ReaderConfig."""
        return {
            "InputType": "CSV",
            "CSVHeaderLocation": "GIVEN" if self.headers else "FIRST_ROW",
            "CSVHeaders": list(self.headers) or None,
            "CSVDelimiter": None if self.delimiter == "COMMA" else self.delimiter,
        }


@frozen(kw_only=True)
class JsonItems(ObjectReader):
    """The elements of an array in a JSON file.

    Args:
        pointer: to the array, as a JSON Pointer of member names such as ``/data/rows``. Default: the file is the array.
    """

    pointer: str = ""

    @property
    def config(self) -> Mapping[str, Any]:
        """The ReaderConfig."""
        return {"InputType": "JSON", "ItemsPointer": self.pointer or None}


@frozen(kw_only=True)
class JsonLinesItems(ObjectReader):
    """The lines of a file, each a JSON value."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The ReaderConfig."""
        return {"InputType": "JSONL"}


@frozen(kw_only=True)
class InventoryItems(ObjectReader):
    """The objects that an S3 Inventory lists; an item has a text for each column of the inventory, such as ``Key``.

    Args:
        key: of the inventory's ``manifest.json``. Inventories in CSV are read.
        data_prefix: with which the keys of the files begin that the manifest names, such as
            ``inventory/my-bucket/daily/data/``. S3 puts that folder beside those of the manifests.
    """

    data_prefix: Text

    @property
    def config(self) -> Mapping[str, Any]:
        """The ReaderConfig."""
        return {"InputType": "MANIFEST"}

    @property
    def needs(self) -> tuple[Need, ...]:
        """What reading must be allowed to do: the manifest names files that have the items."""
        return (
            ReadObject(bucket=self.bucket, key=self.key, kms_key=self.kms_key),
            ReadObject(bucket=self.bucket, key=self.data_prefix, kms_key=self.kms_key, below=True),
        )


@frozen(kw_only=True)
class ItemBatch:
    """How many items go into one execution; each as many as its limits allow, of which it has at least one.

    Args:
        max_items: how many at most; at least 1. Default: no limit.
        max_bytes: of their JSON, with what is read of other steps; 1 to 262144. Default: no limit.
    """

    max_items: int | None = None
    max_bytes: int | None = None


@frozen(kw_only=True)
class ResultWriter:
    """Where in S3 the results of a distributed Map go, rather than into the workflow's state with its 256 KiB.

    Written are files of what has succeeded and of what has failed, and a ``manifest.json`` that names them, in a
    folder of each run.

    Args:
        bucket: name of the bucket.
        prefix: of the folder. Default: folders of runs stand at the top of the bucket.
        transformation: ``NONE`` writes of each execution its input, output, status and times, ``COMPACT`` its output,
            ``FLATTEN`` the elements of outputs that are lists. Default: none.
        output_type: ``JSON`` writes lists, ``JSONL`` a result a line. Default: lists.
        kms_key: ARN of the key that encrypts them. Default: S3's own key for the account.
    """

    bucket: Text
    prefix: Text = ""
    transformation: Literal["NONE", "COMPACT", "FLATTEN"] = "NONE"
    output_type: Literal["JSON", "JSONL"] = "JSON"
    kms_key: Text | None = None

    @property
    def request(self) -> Mapping[str, Any]:
        """The parameters of the call that writes."""
        return _place(self.bucket, self.prefix)

    @property
    def needs(self) -> tuple[Need, ...]:
        """What writing must be allowed to do."""
        return (WriteResults(bucket=self.bucket, prefix=self.prefix, kms_key=self.kms_key),)


def _place(bucket: Text, prefix: Text) -> dict[str, Any]:
    given = isinstance(prefix, Reference) or prefix
    return {"Bucket": bucket, "Prefix": prefix} if given else {"Bucket": bucket}
