# mypy: disable-error-code="import-not-found"
"""A feature group from a data frame: ingested, looked up, extended, deleted."""

import time
from contextlib import suppress
from typing import Any

import pandas as pd
from botocore.exceptions import ClientError
from sagemaker.feature_store.feature_definition import StringFeatureDefinition
from sagemaker.feature_store.feature_group import FeatureGroup
from sagemaker.feature_store.feature_store import FeatureStore
from sagemaker.feature_store.inputs import FeatureParameter, Filter, FilterOperatorEnum, ResourceEnum

from tests.strangers.sdk.session import ROLE, plain_session

ROWS = 60
session = plain_session()


def settled(group: FeatureGroup) -> dict[str, Any]:
    """Its description once it changes no more."""
    described: dict[str, Any] = group.describe()
    while (
        "InProgress" in described.get("LastUpdateStatus", {}).values() or described["FeatureGroupStatus"] == "Creating"
    ):
        time.sleep(0.1)
        described = group.describe()
    return described


def main() -> None:
    frame = pd.DataFrame(
        {
            "house": range(ROWS),
            "price": [1000.5 * row for row in range(ROWS)],
            "at": [1_700_000_000.0 + row for row in range(ROWS)],
            "town": pd.array(['a, "b"'] * ROWS, dtype="string"),
        }
    )
    frame.loc[5, "price"] = None
    group = FeatureGroup(name="strangers-houses", sagemaker_session=session)
    group.load_feature_definitions(data_frame=frame)
    group.create(
        s3_uri=f"s3://{session.default_bucket()}/features",
        record_identifier_name="house",
        event_time_feature_name="at",
        role_arn=ROLE,
        enable_online_store=True,
        tags=[{"Key": "team", "Value": "strangers"}],
    )
    assert settled(group)["FeatureGroupStatus"] == "Created"
    assert group.ingest(data_frame=frame, max_workers=2, max_processes=1, wait=True).failed_rows == []
    record = {each["FeatureName"]: each["ValueAsString"] for each in group.get_record("7")}
    assert record == {"house": "7", "price": "7003.5", "at": "1700000007.0", "town": 'a, "b"'}, record
    assert {each["FeatureName"] for each in group.get_record("5")} == {"house", "at", "town"}
    group.delete_record("7", "1800000000.0")
    assert group.get_record("7") is None

    group.update(feature_additions=[StringFeatureDefinition("street")])
    assert len(settled(group)["FeatureDefinitions"]) == 5
    group.update_feature_metadata(
        "price", description="in dollars", parameter_additions=[FeatureParameter("unit", "USD")]
    )
    told = group.describe_feature_metadata("price")
    assert (told["Description"], told["Parameters"]) == ("in dollars", [{"Key": "unit", "Value": "USD"}])
    assert group.list_tags() == [{"Key": "team", "Value": "strangers"}]

    store = FeatureStore(session)
    named = Filter(name="FeatureGroupName", value="strangers", operator=FilterOperatorEnum.CONTAINS)
    (found,) = store.search(ResourceEnum.FEATURE_GROUP, filters=[named])["Results"]
    assert found["FeatureGroup"]["FeatureGroupName"] == "strangers-houses"
    group.delete()
    with suppress(ClientError):  # it may be gone by now
        assert group.describe()["FeatureGroupStatus"] == "Deleting"


main()
