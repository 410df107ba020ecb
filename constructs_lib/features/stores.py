"""Where the records of a feature group are kept."""

from typing import Literal

from attrs import frozen
from aws_cdk import Duration, Token
from aws_cdk import aws_kms as kms

from constructs_lib.environments.storage import IStorage

StorageTier = Literal["Standard", "InMemory"]


@frozen(kw_only=True)
class OnlineStore:
    """The latest record of each identifier, for lookups within milliseconds.

    Attributes:
        encryption_key: what the store is encrypted with; whoever reads or writes records needs ``kms:Decrypt`` on it,
            which the group's grants give. Default: the key of the offline store's bucket, else a new `EncryptionKey`.
        tier: ``Standard``, or ``InMemory`` for still faster lookups, at a price by the hour. Default: Standard.
        time_to_live: after which time from its event time a record is gone; whole seconds. Default: it stays.
    """

    encryption_key: kms.IKey | None = None
    tier: StorageTier = "Standard"
    time_to_live: Duration | None = None

    def problems(self) -> list[str]:
        """What is wrong with the values, each with what was got and what was expected."""
        problems = []
        if self.tier not in ("Standard", "InMemory"):
            problems.append(f"tier: got {self.tier!r}, expected Standard or InMemory")
        if self.time_to_live is not None and not self.time_to_live.is_unresolved():
            seconds = self.time_to_live.to_seconds(integral=False)
            if seconds < 1 or seconds != int(seconds):
                problems.append(f"time_to_live: got {seconds} seconds, expected whole seconds, at least 1")
        return problems


@frozen(kw_only=True)
class GlueTable:
    """A name of one's own for the table of an offline store.

    Attributes:
        database: of the Glue Data Catalog; Feature Store makes the table in it.
        name: of the table.
    """

    database: str
    name: str


@frozen(kw_only=True)
class OfflineStore:
    """Every record that was ever written, as Parquet files for training and analysis.

    Files lie below ``PREFIX/ACCOUNT/sagemaker/REGION/offline-store/GROUP-CREATED/data/``, in a folder for each hour of
    event times; DescribeFeatureGroup tells the exact place. They and the table stay when the group is deleted.

    Attributes:
        storage: the bucket, whose key encrypts the files.
        prefix: where in the bucket; no ``/`` first or last. Default: ``feature-store``.
        table: the table of the Glue Data Catalog: a name of one's own, or None for no table at all. Default: a
            generated name in the database ``sagemaker_featurestore``.
    """

    storage: IStorage
    prefix: str = "feature-store"
    table: GlueTable | Literal["generated"] | None = "generated"

    def problems(self) -> list[str]:
        """What is wrong with the values, each with what was got and what was expected."""
        if Token.is_unresolved(self.prefix) or (self.prefix and self.prefix == self.prefix.strip("/")):
            return []
        return [f"prefix: got {self.prefix!r}, expected a part of a key without / first or last"]
