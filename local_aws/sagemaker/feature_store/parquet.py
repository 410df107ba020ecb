"""Rows of the offline store as Parquet: the only module that knows pyarrow, which is loaded for the first rows."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import frozen

from local_aws.sagemaker.feature_store.features import Feature


@frozen
class Row:
    """One record as the offline store keeps it.

    Attributes:
        event_time: in nanoseconds.
        values: typed values by feature; what is missing is null.
        invoked: when the service got it, in milliseconds.
        deleted: whether it marks a deletion.
    """

    event_time: int
    values: dict[str, Any]
    invoked: int
    deleted: bool = False


def parquet_file(features: Iterable[Feature], rows: Sequence[Row], written: int) -> bytes:
    """A whole Parquet file.

    Args:
        features: the columns.
        rows: the lines.
        written: the store's write_time, in milliseconds.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    moment = pa.timestamp("ms", tz="UTC")
    single = {"String": pa.string(), "Integral": pa.int64(), "Fractional": pa.float64()}
    columns: dict[str, Any] = {}
    for feature in features:
        kind = single[feature.type] if feature.collection is None else pa.list_(single[feature.type])
        columns[feature.name] = pa.array([row.values.get(feature.name) for row in rows], kind)
    columns["write_time"] = pa.array([written] * len(rows), moment)
    columns["api_invocation_time"] = pa.array([row.invoked for row in rows], moment)
    columns["is_deleted"] = pa.array([row.deleted for row in rows], pa.bool_())
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="snappy")
    return file.getvalue()
