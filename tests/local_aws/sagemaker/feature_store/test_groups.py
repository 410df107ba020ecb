"""Feature groups: what is created, described, listed, changed and removed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.feature_store.conftest import (
    ACCOUNT,
    BUCKET,
    HOUSES,
    REGION,
    Store,
    house,
    statement,
)

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:feature-group"


def test_a_group_is_described_with_what_was_asked_and_what_was_filled_in(store: Store, offline: dict[str, Any]) -> None:
    told = store.group("houses-of-2026", **offline, Description="all of them", Tags=[{"Key": "team", "Value": "a"}])
    epoch = int(told["CreationTime"].timestamp())
    assert told["FeatureGroupArn"] == f"{ARN}/houses-of-2026"
    assert told["FeatureGroupStatus"] == "Created"
    assert told["OfflineStoreStatus"] == {"Status": "Active"}
    assert told["OnlineStoreConfig"] == {"EnableOnlineStore": True, "StorageType": "Standard"}
    assert told["OfflineStoreConfig"] == {
        "S3StorageConfig": {
            "S3Uri": f"s3://{BUCKET}/team",
            "ResolvedOutputS3Uri": f"s3://{BUCKET}/team/{ACCOUNT}/sagemaker/{REGION}/offline-store/"
            f"houses-of-2026-{epoch}/data",
        },
        "DisableGlueTableCreation": False,
        "DataCatalogConfig": {
            "TableName": f"houses_of_2026_{epoch}",
            "Catalog": "AwsDataCatalog",
            "Database": "sagemaker_featurestore",
        },
    }
    assert [(item["FeatureName"], item["FeatureType"]) for item in told["FeatureDefinitions"]] == list(HOUSES)
    assert told["ThroughputConfig"] == {"ThroughputMode": "OnDemand"}
    assert told["Description"] == "all of them"
    tags = store.sagemaker.list_tags(ResourceArn=told["FeatureGroupArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]
    assert store.describe(told["FeatureGroupArn"])["FeatureGroupName"] == "houses-of-2026"


def test_the_catalog_has_a_table_for_the_offline_store(store: Store, offline: dict[str, Any]) -> None:
    told = store.group("cataloged", **offline)["OfflineStoreConfig"]
    config = told["DataCatalogConfig"]
    table = store.client("glue").get_table(DatabaseName=config["Database"], Name=config["TableName"])["Table"]
    assert [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]] == [
        ("house", "bigint"),
        ("at", "string"),
        ("price", "double"),
        ("street", "string"),
        ("write_time", "timestamp"),
        ("api_invocation_time", "timestamp"),
        ("is_deleted", "boolean"),
    ]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["year", "month", "day", "hour"]
    assert table["StorageDescriptor"]["Location"] == told["S3StorageConfig"]["ResolvedOutputS3Uri"]


def test_a_table_has_the_names_that_were_asked_for(store: Store, offline: dict[str, Any]) -> None:
    names = {"TableName": "houses", "Catalog": "AwsDataCatalog", "Database": "estate"}
    config = offline["OfflineStoreConfig"] | {"DataCatalogConfig": names}
    store.group("own-table", **offline | {"OfflineStoreConfig": config})
    assert store.client("glue").get_table(DatabaseName="estate", Name="houses")["Table"]["Name"] == "houses"


def test_no_table_is_made_where_none_is_wanted(store: Store, offline: dict[str, Any]) -> None:
    config = offline["OfflineStoreConfig"] | {"DisableGlueTableCreation": True}
    told = store.group("no-table", **offline | {"OfflineStoreConfig": config})["OfflineStoreConfig"]
    assert told["DisableGlueTableCreation"]
    assert "DataCatalogConfig" not in told


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"OnlineStoreConfig": None}, "expected an OnlineStoreConfig that is enabled, an OfflineStoreConfig, or both"),
        ({"RecordIdentifierFeatureName": "flat"}, "RecordIdentifierFeatureName flat is none of the FeatureDefinitions"),
        ({"EventTimeFeatureName": "house"}, "the record identifier and the event time are one feature, expected two"),
        (
            {"features": [*HOUSES, ("year", "Integral")], "EventTimeFeatureName": "year"},
            "event time feature year is Integral, expected String or Fractional",
        ),
        ({"features": [*HOUSES, ("is_deleted", "String")]}, "feature name is_deleted is reserved"),
        ({"features": [*HOUSES, ("price", "String")]}, "feature price is defined twice"),
        ({"features": [*HOUSES, ("a b", "String")]}, "failed to satisfy constraint: Member must satisfy regular"),
        ({"FeatureGroupName": "no_-"}, "at 'featureGroupName' failed to satisfy constraint"),
        (
            {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": f"s3://{BUCKET}"}}},
            "an OfflineStoreConfig needs a RoleArn",
        ),
        (
            {"OnlineStoreConfig": {"EnableOnlineStore": True, "TtlDuration": {"Unit": "Days"}}},
            "TtlDuration needs Unit and Value",
        ),
        (
            {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "https://example.com/x"}}},
            "'https://example.com/x' is no S3 address",
        ),
        ({"ThroughputConfig": {"ThroughputMode": "Provisioned"}}, "provisioned throughput needs ProvisionedReadCapa"),
        (
            {
                "OnlineStoreConfig": {"EnableOnlineStore": True, "StorageType": "InMemory"},
                "ThroughputConfig": {"ThroughputMode": "Provisioned"},
            },
            "provisioned throughput is for groups without an online store, or with one of the Standard tier",
        ),
        (
            {"ThroughputConfig": {"ThroughputMode": "OnDemand", "ProvisionedReadCapacityUnits": 1}},
            "capacity units are for provisioned throughput",
        ),
    ],
)
def test_a_request_that_makes_no_group_is_refused(store: Store, members: dict[str, Any], message: str) -> None:
    request = store.request(**{"name": "refused"} | members)
    with pytest.raises(ClientError, match=message) as caught:
        store.sagemaker.create_feature_group(**request)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("storage", "definition", "message"),
    [
        ("Standard", {"FeatureType": "String", "CollectionType": "List"}, "whose online store is InMemory"),
        ("InMemory", {"FeatureType": "Fractional", "CollectionType": "Vector"}, "a Vector needs CollectionConfig"),
        (
            "InMemory",
            {
                "FeatureType": "String",
                "CollectionType": "Vector",
                "CollectionConfig": {"VectorConfig": {"Dimension": 2}},
            },
            "the elements of a Vector are Fractional",
        ),
        (
            "InMemory",
            {"FeatureType": "String", "CollectionConfig": {"VectorConfig": {"Dimension": 2}}},
            "VectorConfig is for a Vector",
        ),
    ],
)
def test_a_collection_that_does_not_fit_is_refused(
    store: Store, storage: str, definition: dict[str, Any], message: str
) -> None:
    request = store.request("collected", OnlineStoreConfig={"EnableOnlineStore": True, "StorageType": storage})
    request["FeatureDefinitions"].append({"FeatureName": "rooms", **definition})
    with pytest.raises(ClientError, match=f"feature rooms: .*{message}"):
        store.sagemaker.create_feature_group(**request)


def test_a_group_has_one_vector_and_a_plain_identifier(store: Store) -> None:
    request = store.request("vectors", OnlineStoreConfig={"EnableOnlineStore": True, "StorageType": "InMemory"})
    vector = {
        "FeatureType": "Fractional",
        "CollectionType": "Vector",
        "CollectionConfig": {"VectorConfig": {"Dimension": 2}},
    }
    request["FeatureDefinitions"] += [{"FeatureName": name, **vector} for name in ("one", "two")]
    request["RecordIdentifierFeatureName"] = "one"
    with pytest.raises(ClientError) as caught:
        store.sagemaker.create_feature_group(**request)
    assert caught.value.response["Error"]["Message"] == (
        "a feature group has at most one Vector; RecordIdentifierFeatureName one cannot be a collection"
    )


def test_iceberg_tables_are_refused_by_name(store: Store, offline: dict[str, Any]) -> None:
    config = offline["OfflineStoreConfig"] | {"TableFormat": "Iceberg"}
    with pytest.raises(ClientError, match="feature groups whose table format is Iceberg") as caught:
        store.sagemaker.create_feature_group(**store.request("iced", **offline | {"OfflineStoreConfig": config}))
    assert caught.value.response["Error"]["Code"] == "NotAvailableLocally"


def test_a_name_that_is_taken_is_refused(store: Store) -> None:
    store.group("taken")
    with pytest.raises(ClientError, match="FeatureGroup with name taken exists") as caught:
        store.sagemaker.create_feature_group(**store.request("taken"))
    assert caught.value.response["Error"]["Code"] == "ResourceInUse"


def test_a_role_that_does_not_trust_sagemaker_is_refused(store: Store, offline: dict[str, Any]) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = store.role("distrusting", statement("*"), trust)
    with pytest.raises(ClientError, match=f"Could not assume role {role}"):
        store.sagemaker.create_feature_group(**store.request("untrusted", **offline | {"RoleArn": role}))


def test_a_role_that_may_not_look_at_the_bucket_fails_the_group(store: Store, offline: dict[str, Any]) -> None:
    role = store.role("blind", statement("s3:PutObject"))
    told = store.group("blind", **offline | {"RoleArn": role})
    assert told["FeatureGroupStatus"] == "CreateFailed"
    assert "is not authorized to perform: s3:GetBucketAcl" in told["FailureReason"]


def test_a_bucket_that_is_not_there_fails_the_group(store: Store, offline: dict[str, Any]) -> None:
    config = {"S3StorageConfig": {"S3Uri": "s3://nowhere-at-all"}}
    told = store.group("nowhere", **offline | {"OfflineStoreConfig": config})
    assert told["FeatureGroupStatus"] == "CreateFailed"
    assert "The specified bucket does not exist" in told["FailureReason"]


def test_the_table_is_made_with_the_rights_of_who_makes_the_group(store: Store, offline: dict[str, Any]) -> None:
    keys = store.acting("no-glue", statement("sagemaker:*", "iam:PassRole"))
    client = store.client("sagemaker", keys)
    client.create_feature_group(**store.request("no-glue", **offline))
    told = store.eventually(lambda: store.describe("no-glue"), lambda group: group["FeatureGroupStatus"] != "Creating")
    assert told["FeatureGroupStatus"] == "CreateFailed"
    assert "is not authorized to perform: glue:GetDatabase on resource" in told["FailureReason"]


def test_the_role_of_a_group_is_passed_by_who_makes_it(store: Store, offline: dict[str, Any]) -> None:
    keys = store.acting("no-pass", statement("sagemaker:*"))
    with pytest.raises(ClientError, match=f"not authorized to perform: iam:PassRole on resource: {offline['RoleArn']}"):
        store.client("sagemaker", keys).create_feature_group(**store.request("no-pass", **offline))


def test_features_are_added_and_reach_the_table(store: Store, offline: dict[str, Any]) -> None:
    told = store.group("growing", **offline)
    assert "LastUpdateStatus" not in told
    store.put("growing", house(1))
    added = [{"FeatureName": "rooms", "FeatureType": "Integral"}]
    store.sagemaker.update_feature_group(FeatureGroupName="growing", FeatureAdditions=added)
    told = store.describe("growing")
    assert told["LastUpdateStatus"] == {"Status": "Successful"}
    assert told["FeatureDefinitions"][-1] == added[0]
    assert told["LastModifiedTime"] >= told["CreationTime"]
    store.put("growing", house(2, rooms="3"))
    assert {row["house"]: row.get("rooms") for row in store.rows("growing", 2)} == {1: None, 2: 3}
    config = told["OfflineStoreConfig"]["DataCatalogConfig"]
    table = store.client("glue").get_table(DatabaseName=config["Database"], Name=config["TableName"])["Table"]
    assert {"Name": "rooms", "Type": "bigint"} in table["StorageDescriptor"]["Columns"]


def test_an_update_whose_table_cannot_follow_is_told(store: Store, offline: dict[str, Any]) -> None:
    config = store.group("tableless", **offline)["OfflineStoreConfig"]["DataCatalogConfig"]
    store.client("glue").delete_table(DatabaseName=config["Database"], Name=config["TableName"])
    added = [{"FeatureName": "rooms", "FeatureType": "Integral"}]
    store.sagemaker.update_feature_group(FeatureGroupName="tableless", FeatureAdditions=added)
    status = store.describe("tableless")["LastUpdateStatus"]
    assert status["Status"] == "Failed"
    assert "EntityNotFoundException" in status["FailureReason"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "got no change, expected one of FeatureAdditions, OnlineStoreConfig and ThroughputConfig"),
        (
            {"FeatureAdditions": [{"FeatureName": "price", "FeatureType": "String"}]},
            "feature price is defined twice",
        ),
        (
            {"OnlineStoreConfig": {"StorageType": "InMemory"}},
            "an online store cannot go from Standard to InMemory, only from Standard to Standard_V2",
        ),
        ({"OnlineStoreConfig": {"TtlDuration": {"Unit": "Days"}}}, "TtlDuration needs Unit and Value"),
        (
            {"OnlineStoreConfig": {}, "ThroughputConfig": {"ThroughputMode": "OnDemand"}},
            "got OnlineStoreConfig and ThroughputConfig, expected one of",
        ),
    ],
)
def test_a_change_that_is_none_is_refused(store: Store, change: dict[str, Any], message: str) -> None:
    if "steady" not in _names(store, NameContains="steady"):
        store.group("steady")
    with pytest.raises(ClientError, match=message):
        store.sagemaker.update_feature_group(FeatureGroupName="steady", **change)


def test_a_group_that_failed_cannot_be_updated(store: Store, offline: dict[str, Any]) -> None:
    config = {"S3StorageConfig": {"S3Uri": "s3://nowhere-at-all"}}
    store.group("stillborn", **offline | {"OfflineStoreConfig": config})
    added = [{"FeatureName": "rooms", "FeatureType": "Integral"}]
    with pytest.raises(ClientError, match="Feature group stillborn is CreateFailed; it can be updated when it is Crea"):
        store.sagemaker.update_feature_group(FeatureGroupName="stillborn", FeatureAdditions=added)


def test_an_online_store_that_is_not_there_cannot_change(store: Store, offline: dict[str, Any]) -> None:
    store.group("unlit", OnlineStoreConfig=None, **offline)
    with pytest.raises(ClientError, match="feature group unlit has no online store"):
        store.sagemaker.update_feature_group(FeatureGroupName="unlit", OnlineStoreConfig={"TtlDuration": {}})


def test_a_group_has_at_most_2500_features(store: Store) -> None:
    store.group("wide", features=[*HOUSES, *((f"f{number}", "Integral") for number in range(2490))])
    added = [{"FeatureName": f"g{number}", "FeatureType": "Integral"} for number in range(7)]
    with pytest.raises(ClientError, match="a feature group has at most 2500 features"):
        store.sagemaker.update_feature_group(FeatureGroupName="wide", FeatureAdditions=added)


def test_settings_of_the_online_store_and_the_throughput_change(store: Store) -> None:
    store.group("settled", OnlineStoreConfig={"EnableOnlineStore": True, "TtlDuration": {"Unit": "Days", "Value": 1}})
    update = store.sagemaker.update_feature_group
    provisioned = {
        "ThroughputMode": "Provisioned",
        "ProvisionedReadCapacityUnits": 1,
        "ProvisionedWriteCapacityUnits": 2,
    }
    update(FeatureGroupName="settled", ThroughputConfig=provisioned)
    assert store.describe("settled")["ThroughputConfig"] == provisioned
    update(FeatureGroupName="settled", ThroughputConfig={"ThroughputMode": "OnDemand"})
    update(FeatureGroupName="settled", OnlineStoreConfig={"StorageType": "Standard_V2", "TtlDuration": {}})
    assert store.describe("settled")["OnlineStoreConfig"] == {"EnableOnlineStore": True, "StorageType": "Standard_V2"}


def _names(store: Store, **filters: Any) -> list[str]:
    answer = store.sagemaker.list_feature_groups(**filters)
    return [group["FeatureGroupName"] for group in answer["FeatureGroupSummaries"]]


def test_groups_are_listed_by_name_state_and_page(store: Store, offline: dict[str, Any]) -> None:
    store.group("listed-a")
    store.group("listed-b", **offline)
    assert _names(store, NameContains="listed", SortBy="Name", SortOrder="Ascending") == ["listed-a", "listed-b"]
    assert _names(store, NameContains="listed", OfflineStoreStatusEquals="Active") == ["listed-b"]
    assert _names(store, NameContains="listed", FeatureGroupStatusEquals="CreateFailed") == []
    assert len(_names(store, NameContains="listed", SortBy="FeatureGroupStatus")) == 2
    first = store.sagemaker.list_feature_groups(NameContains="listed", MaxResults=1)
    second = _names(store, NameContains="listed", MaxResults=1, NextToken=first["NextToken"])
    assert {first["FeatureGroupSummaries"][0]["FeatureGroupName"], *second} == {"listed-a", "listed-b"}


def test_a_feature_has_metadata(store: Store) -> None:
    store.group("described")
    names = {"FeatureGroupName": "described", "FeatureName": "price"}
    added = [{"Key": "unit", "Value": "USD"}, {"Key": "source", "Value": "agent"}]
    store.sagemaker.update_feature_metadata(**names, Description="asked", ParameterAdditions=added)
    store.sagemaker.update_feature_metadata(**names, ParameterRemovals=["source"])
    told = store.sagemaker.describe_feature_metadata(**names)
    assert told["Description"] == "asked"
    assert told["Parameters"] == [{"Key": "unit", "Value": "USD"}]
    assert told["FeatureType"] == "Fractional"
    assert told["LastModifiedTime"] >= told["CreationTime"]
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(25)]
    with pytest.raises(ClientError, match="got 26 parameters, expected at most 25"):
        store.sagemaker.update_feature_metadata(**names, ParameterAdditions=many)


def test_a_group_or_feature_that_is_not_there(store: Store) -> None:
    store.group("half-known")
    with pytest.raises(ClientError, match="can't find a FeatureGroup of unknown") as caught:
        store.describe("unknown")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"
    with pytest.raises(ClientError, match="feature group half-known has no feature rooms") as caught:
        store.sagemaker.describe_feature_metadata(FeatureGroupName="half-known", FeatureName="rooms")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_removed_group_leaves_its_files_and_its_table(store: Store, offline: dict[str, Any]) -> None:
    told = store.group("leaving", **offline)
    store.put("leaving", house(1))
    store.sagemaker.delete_feature_group(FeatureGroupName="leaving")

    def gone() -> str:
        try:
            return str(store.describe("leaving")["FeatureGroupStatus"])
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    assert store.eventually(gone, lambda status: status != "Deleting") == "ResourceNotFound"
    config = told["OfflineStoreConfig"]
    prefix = config["S3StorageConfig"]["ResolvedOutputS3Uri"].removeprefix(f"s3://{BUCKET}/")
    # what was waiting is written before the group goes
    assert store.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"] == 1
    names = config["DataCatalogConfig"]
    assert store.client("glue").get_table(DatabaseName=names["Database"], Name=names["TableName"])["Table"]


def test_every_state_of_a_group_is_an_event(store: Store) -> None:
    arn = store.group("told", Tags=[{"Key": "team", "Value": "a"}])["FeatureGroupArn"]
    store.sagemaker.delete_feature_group(FeatureGroupName="told")

    def heard() -> list[dict[str, Any]]:
        return [event for event in list(store.events) if event["resources"] == [arn]]

    events = store.eventually(heard, lambda found: len(found) == 3)
    assert {event["detail-type"] for event in events} == {"SageMaker Feature Group State Change"}
    assert [event["detail"]["FeatureGroupStatus"] for event in events] == ["Creating", "Created", "Deleting"]
    assert events[0]["detail"]["Tags"] == {"team": "a"}


def test_the_key_of_an_online_store_is_used_with_the_callers_rights(store: Store) -> None:
    key = store.client("kms").create_key()["KeyMetadata"]["Arn"]
    config = {"EnableOnlineStore": True, "SecurityConfig": {"KmsKeyId": key}}
    keyless = store.acting("keyless", statement("sagemaker:*"))
    with pytest.raises(ClientError, match="is not authorized to perform: kms:DescribeKey"):
        store.client("sagemaker", keyless).create_feature_group(**store.request("keyed", OnlineStoreConfig=config))
    store.group("keyed", OnlineStoreConfig=config)
    store.put("keyed", house(1))
    records = store.client("sagemaker-featurestore-runtime", keyless)
    with pytest.raises(ClientError, match="is not authorized to perform: kms:Decrypt"):
        records.put_record(FeatureGroupName="keyed", Record=house(2))
    with pytest.raises(ClientError, match="is not authorized to perform: kms:Decrypt"):
        records.get_record(FeatureGroupName="keyed", RecordIdentifierValueAsString="1")
    store.client("kms").disable_key(KeyId=key)
    with pytest.raises(ClientError, match=f"the KMS key {key} of the online store is disabled or gone"):
        store.get("keyed", 1)
    missing = config | {"SecurityConfig": {"KmsKeyId": "00000000-0000-0000-0000-000000000000"}}
    with pytest.raises(ClientError, match="of OnlineStoreConfig does not exist"):
        store.sagemaker.create_feature_group(**store.request("unkeyed", OnlineStoreConfig=missing))
