"""Model packages: made, told, listed, changed, forgotten."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, REGION
from tests.local_aws.sagemaker.registry.conftest import DATA, Registry

PREFIX = f"arn:aws:sagemaker:{REGION}:123456789012:model-package"
METRICS = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/statistics.json"}}}


def test_versions_are_numbered_and_told(registry: Registry) -> None:
    registry.group("prices-told")
    arn = registry.version(
        "prices-told",
        ModelMetrics=METRICS,
        DriftCheckBaselines=METRICS,
        CustomerMetadataProperties={"team": "houses"},
        MetadataProperties={"CommitId": "abc", "GeneratedBy": "a-job"},
        ModelPackageDescription="first",
        Domain="MACHINE_LEARNING",
        Task="REGRESSION",
    )
    assert arn == f"{PREFIX}/prices-told/1"
    assert registry.version("prices-told") == f"{PREFIX}/prices-told/2"
    told = registry.describe(arn)
    assert (told["ModelPackageGroupName"], told["ModelPackageVersion"]) == ("prices-told", 1)
    assert (told["ModelPackageStatus"], told["ModelApprovalStatus"]) == ("Completed", "PendingManualApproval")
    assert (told["ModelMetrics"], told["DriftCheckBaselines"]) == (METRICS, METRICS)
    assert told["CustomerMetadataProperties"] == {"team": "houses"}
    assert told["MetadataProperties"] == {"CommitId": "abc", "GeneratedBy": "a-job"}
    assert told["CreatedBy"]["IamIdentity"]["Arn"] == "arn:aws:iam::123456789012:root"
    assert "LastModifiedTime" not in told
    assert told["InferenceSpecification"]["Containers"] == [{"Image": registry.image, "ModelDataUrl": DATA}]


def test_the_digest_of_an_image_that_is_there_is_kept(registry: Registry) -> None:
    ecr = registry.account.client("ecr")
    ecr.create_repository(repositoryName="registered-digest")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}
    pushed = ecr.put_image(repositoryName="registered-digest", imageTag="1", imageManifest=json.dumps(manifest))
    digest = pushed["image"]["imageId"]["imageDigest"]
    registry.group("prices-digest")
    image = registry.image.replace("registered:latest", "registered-digest:1")
    arn = registry.version("prices-digest", InferenceSpecification=registry.specification(Image=image))
    assert registry.describe(arn)["InferenceSpecification"]["Containers"][0]["ImageDigest"] == digest


def test_the_same_token_makes_one_version(registry: Registry) -> None:
    registry.group("prices-token")
    first = registry.version("prices-token", ClientToken="once")
    assert registry.version("prices-token", ClientToken="once") == first
    assert registry.version("prices-token", ClientToken="twice") != first


def test_a_number_is_not_given_again(registry: Registry) -> None:
    group = registry.group("prices-gone")
    arn = registry.version("prices-gone")
    with pytest.raises(ClientError, match=f"{group} cannot be deleted while it contains Model Packages"):
        registry.client.delete_model_package_group(ModelPackageGroupName="prices-gone")
    registry.client.delete_model_package(ModelPackageName=arn)
    with pytest.raises(ClientError, match=f"ModelPackage {arn} does not exist"):
        registry.describe(arn)
    again = registry.version("prices-gone")
    assert again.endswith("/2")
    registry.client.delete_model_package(ModelPackageName=again)
    registry.client.delete_model_package_group(ModelPackageGroupName="prices-gone")
    with pytest.raises(ClientError, match=f"ModelPackageGroup {group} does not exist"):
        registry.version("prices-gone")


def test_a_package_that_stands_alone(registry: Registry) -> None:
    instances = {
        "SupportedTransformInstanceTypes": ["ml.m5.large"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
    }
    arn = registry.client.create_model_package(
        ModelPackageName="alone",
        InferenceSpecification=registry.specification() | instances,
        Tags=[{"Key": "k", "Value": "v"}],
    )["ModelPackageArn"]
    assert arn == f"{PREFIX}/alone"
    for name in ("alone", arn):
        told = registry.describe(name)
        assert told["ModelPackageName"] == "alone"
        assert "ModelApprovalStatus" not in told
    assert registry.client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    listed = registry.client.list_model_packages(NameContains="alon")["ModelPackageSummaryList"]
    assert [package["ModelPackageArn"] for package in listed] == [arn]
    with pytest.raises(ClientError, match=f"Model Package already exists: {arn}"):
        registry.client.create_model_package(
            ModelPackageName="alone", InferenceSpecification=registry.specification() | instances
        )
    with pytest.raises(ClientError, match="Only versioned model packages can be updated"):
        registry.client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Tags": [{"Key": "k", "Value": "v"}]}, "a versioned model package cannot have tags"),
        ({"ModelPackageName": "p"}, "exactly one of ModelPackageName and ModelPackageGroupName is needed, got both"),
        ({"CertifyForMarketplace": True}, "CertifyForMarketplace does not apply to versioned"),
        ({"ModelApprovalStatus": "Fine"}, "Member must satisfy enum value set"),
        ({"ModelCard": {"ModelCardContent": "{", "ModelCardStatus": "Draft"}}, "ModelCardContent is not JSON"),
        ({"container": {"Image": "nginx"}}, "Invalid image URI nginx"),
        ({"container": {"Image": None}}, "a container needs an Image"),
        (
            {"container": {"ModelDataUrl": f"s3://{BUCKET}/nowhere"}},
            f"Could not find model data at s3://{BUCKET}/nowhere",
        ),
        (
            {
                "container": {
                    "ModelDataSource": {
                        "S3DataSource": {"S3Uri": DATA, "S3DataType": "S3Object", "CompressionType": "Gzip"}
                    }
                }
            },
            "either ModelDataUrl or ModelDataSource, not both",
        ),
        ({"InferenceSpecification": {"Containers": []}}, "valid min length: 1"),
        (
            {"AdditionalInferenceSpecifications": [{"Name": "a", "Containers": [{"Image": "nginx"}]}] * 2},
            "the name a is there more than once.*Invalid image URI nginx",
        ),
        (
            {"SourceAlgorithmSpecification": {"SourceAlgorithms": [{"AlgorithmName": "a"}]}},
            "either InferenceSpecification or SourceAlgorithmSpecification",
        ),
        (
            {
                "ValidationSpecification": {
                    "ValidationRole": "arn:aws:iam::123456789012:role/r",
                    "ValidationProfiles": [],
                }
            },
            "does not offer in CreateModelPackage: ValidationSpecification",
        ),
    ],
)
def test_versions_are_refused(registry: Registry, members: dict[str, Any], message: str) -> None:
    registry.group("prices-refused", shared=True)
    if "container" in members:
        changes = members["container"]
        specification = registry.specification(**changes)
        container = specification["Containers"][0]
        for name in [name for name, value in changes.items() if value is None]:
            del container[name]
        members = {"InferenceSpecification": specification}
    with pytest.raises(ClientError, match=message):
        registry.version("prices-refused", **members)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "got neither"),
        ({"ModelPackageName": "p"}, "needs InferenceSpecification or SourceAlgorithmSpecification"),
        ({"ModelPackageName": "p", "ModelApprovalStatus": "Approved"}, "ModelApprovalStatus does not apply"),
        (
            {"ModelPackageName": "p", "InferenceSpecification": {"Containers": [{"Environment": {"A": "b"}}]}},
            "needs SupportedTransformInstanceTypes.*Environment variable map cannot be specified when using",
        ),
    ],
)
def test_packages_that_stand_alone_are_refused(registry: Registry, members: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        registry.client.create_model_package(**members)


def test_a_version_is_told_by_its_arn_alone(registry: Registry) -> None:
    registry.group("prices-arn")
    registry.version("prices-arn")
    with pytest.raises(ClientError, match=re.escape(f"ModelPackage {PREFIX}/prices-arn/1 does not exist")):
        registry.describe("prices-arn/1")


def test_data_that_need_not_be_there(registry: Registry) -> None:
    registry.group("prices-unseen")
    elsewhere = registry.specification(ModelDataUrl="s3://elsewhere/model.tar.gz")
    arn = registry.version("prices-unseen", InferenceSpecification=elsewhere, SkipModelValidation="All")
    assert registry.describe(arn)["SkipModelValidation"] == "All"


def test_a_specification_comes_from_another_package_or_a_model(registry: Registry, role: str) -> None:
    registry.group("prices-copied")
    first = registry.version("prices-copied")
    registry.client.create_model(
        ModelName="registry-source",
        ExecutionRoleArn=role,
        PrimaryContainer={"Image": registry.image, "ModelDataUrl": DATA, "Environment": {"A": "b"}},
    )
    model = f"arn:aws:sagemaker:{REGION}:123456789012:model/registry-source"
    for source, environment in ((first, {}), (model, {"A": "b"})):
        arn = registry.client.create_model_package(ModelPackageGroupName="prices-copied", SourceUri=source)
        told = registry.describe(arn["ModelPackageArn"])
        assert told["SourceUri"] == source
        container = told["InferenceSpecification"]["Containers"][0]
        assert (container["Image"], container["ModelDataUrl"]) == (registry.image, DATA)
        assert container.get("Environment", {}) == environment
    with pytest.raises(ClientError, match="Could not find model"):
        registry.client.create_model_package(ModelPackageGroupName="prices-copied", SourceUri=f"{model}-gone")


def test_lists_filter_sort_and_page(registry: Registry) -> None:
    registry.group("prices-listed")
    arns = [registry.version("prices-listed") for _ in range(3)]
    registry.client.update_model_package(ModelPackageArn=arns[1], ModelApprovalStatus="Approved")

    def listed(**members: Any) -> list[str]:
        paginator = registry.client.get_paginator("list_model_packages")
        pages = paginator.paginate(**members, PaginationConfig={"PageSize": 2})
        return [package["ModelPackageArn"] for page in pages for package in page["ModelPackageSummaryList"]]

    assert listed(ModelPackageGroupName="prices-listed") == arns[::-1]
    assert listed(ModelPackageGroupName="prices-listed", SortBy="Name", SortOrder="Ascending") == arns
    assert listed(ModelPackageGroupName="prices-listed", ModelApprovalStatus="Approved") == arns[1:2]
    assert listed(ModelPackageType="Versioned", NameContains="PRICES-LISTED") == arns[::-1]
    assert listed(ModelPackageType="Unversioned", NameContains="prices-listed") == []
    with pytest.raises(ClientError, match="model-package-group/prices-nowhere does not exist"):
        listed(ModelPackageGroupName="prices-nowhere")


def test_an_approval_changes_the_version_and_is_announced(registry: Registry) -> None:
    registry.group("prices-approved")
    arn = registry.version("prices-approved")
    registry.client.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="better than the last"
    )
    registry.client.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"seen": "yes"})
    told = registry.describe(arn)
    assert (told["ModelApprovalStatus"], told["ApprovalDescription"]) == ("Approved", "better than the last")
    assert told["LastModifiedTime"] > told["CreationTime"]
    made, approved, stamped = registry.events(arn)
    assert (made["ModelApprovalStatus"], made["ModelPackageVersion"]) == ("PendingManualApproval", 1)
    assert made["ModelPackageGroupName"] == "prices-approved"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["CreationTime"])
    assert "UpdatedModelPackageFields" not in made
    assert approved["ModelApprovalStatus"] == "Approved"
    assert approved["UpdatedModelPackageFields"] == ["ModelApprovalStatus", "ApprovalDescription"]
    assert stamped["UpdatedModelPackageFields"] == ["CustomerMetadataProperties"]


def test_a_version_changes_member_by_member(registry: Registry) -> None:
    registry.group("prices-changed")
    arn = registry.version("prices-changed", CustomerMetadataProperties={"a": "1", "b": "2"})
    registry.client.update_model_package(
        ModelPackageArn=arn,
        CustomerMetadataProperties={"c": "3"},
        CustomerMetadataPropertiesToRemove=["a", "never"],
        AdditionalInferenceSpecificationsToAdd=[{"Name": "small", **registry.specification()}],
        ModelLifeCycle={"Stage": "Staging", "StageStatus": "InProgress"},
        ModelCard={"ModelCardContent": "{}", "ModelCardStatus": "Draft"},
        SourceUri="s3://somewhere",
    )
    told = registry.describe(arn)
    assert told["CustomerMetadataProperties"] == {"b": "2", "c": "3"}
    assert [each["Name"] for each in told["AdditionalInferenceSpecifications"]] == ["small"]
    assert (told["ModelLifeCycle"]["Stage"], told["ModelCard"]["ModelCardStatus"]) == ("Staging", "Draft")
    assert told["SourceUri"] == "s3://somewhere"
    with pytest.raises(ClientError, match="the name small is there more than once"):
        registry.client.update_model_package(
            ModelPackageArn=arn,
            AdditionalInferenceSpecificationsToAdd=[{"Name": "small", **registry.specification()}],
        )
    many = {f"k{number}": "v" for number in range(49)}
    with pytest.raises(ClientError, match="got 51 customer metadata properties, expected at most 50"):
        registry.client.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties=many)


def test_several_are_described_at_once(registry: Registry) -> None:
    registry.group("prices-batch")
    arn = registry.version("prices-batch")
    bare = registry.client.create_model_package(ModelPackageGroupName="prices-batch")["ModelPackageArn"]
    answer = registry.client.batch_describe_model_package(ModelPackageArnList=[arn, bare, f"{arn}0"])
    assert set(answer["ModelPackageSummaries"]) == {arn, bare}
    assert answer["ModelPackageSummaries"][arn]["InferenceSpecification"]["Containers"][0]["Image"] == registry.image
    assert answer["BatchDescribeModelPackageErrorMap"] == {
        f"{arn}0": {"ErrorCode": "ValidationException", "ErrorResponse": f"ModelPackage {arn}0 does not exist."}
    }
