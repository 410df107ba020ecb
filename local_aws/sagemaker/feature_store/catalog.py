"""The offline store's table in the Glue Data Catalog, made with the rights of whoever makes the group."""

import re
from collections.abc import Iterable
from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

from local_aws.gateway.context import RequestContext
from local_aws.platform import SERVICE_CREDENTIALS, Credentials
from local_aws.sagemaker.feature_store.features import Feature

CATALOG = "AwsDataCatalog"
DATABASE = "sagemaker_featurestore"

_COLUMNS = {"String": "string", "Integral": "bigint", "Fractional": "double"}
_OWN_COLUMNS = (("write_time", "timestamp"), ("api_invocation_time", "timestamp"), ("is_deleted", "boolean"))
_PARTITIONS = ("year", "month", "day", "hour")
_FORMATS = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
}


def caller_of(context: RequestContext) -> Credentials:
    """The caller's own session, as AWS forwards it; signatures are not verified, so the key is enough."""
    key = context.principal.access_key
    if key is None:
        return SERVICE_CREDENTIALS
    return Credentials(access_key_id=key, secret_access_key="forwarded")  # noqa: S106


def table_name(group: str, created: int) -> str:
    """The generated name of a group's table: letters, digits and underscores, as Athena wants it."""
    return re.sub(r"[^a-z0-9_]", "_", f"{group}_{created}".lower())


@frozen(kw_only=True)
class CatalogTable:
    """One group's table.

    Attributes:
        glue: a client with the rights of the caller.
        config: DataCatalogConfig.
        location: ResolvedOutputS3Uri.
    """

    glue: Any
    config: dict[str, str]
    location: str

    def create(self, features: Iterable[Feature]) -> None:
        """Makes the table, and the database where there is none.

        Raises:
            botocore.exceptions.ClientError: Glue refuses, or the table is there already.
        """
        try:
            self.glue.get_database(Name=self.config["Database"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            self.glue.create_database(DatabaseInput={"Name": self.config["Database"]})
        self.glue.create_table(DatabaseName=self.config["Database"], TableInput=self._table(features))

    def update(self, features: Iterable[Feature]) -> None:
        """Gives the table the columns of the features that there are now.

        Raises:
            botocore.exceptions.ClientError: Glue refuses.
        """
        self.glue.update_table(DatabaseName=self.config["Database"], TableInput=self._table(features))

    def _table(self, features: Iterable[Feature]) -> dict[str, Any]:
        columns = [(feature.name.lower(), _column_type(feature)) for feature in features]
        return {
            "Name": self.config["TableName"],
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
            "PartitionKeys": [{"Name": name, "Type": "string"} for name in _PARTITIONS],
            "StorageDescriptor": {
                "Columns": [{"Name": name, "Type": kind} for name, kind in (*columns, *_OWN_COLUMNS)],
                "Location": self.location,
                **_FORMATS,
            },
        }


def _column_type(feature: Feature) -> str:
    kind = _COLUMNS[feature.type]
    return kind if feature.collection is None else f"array<{kind}>"
