"""Requests against the service model's limits."""

from typing import Any

import pytest

from local_aws.gateway.errors import AwsError
from local_aws.gateway.limits import check_limits


def faults(operation: str, request: dict[str, Any]) -> str:
    with pytest.raises(AwsError) as caught:
        check_limits("sagemaker", operation, request)
    assert caught.value.code == "ValidationException"
    return caught.value.message


ARN = "arn:aws:sagemaker:us-east-1:123456789012:model/m"
PATTERN = "failed to satisfy constraint: Member must satisfy regular expression pattern:"


def _tags(*keys: str) -> dict[str, Any]:
    return {"ResourceArn": ARN, "Tags": [{"Key": key, "Value": ""} for key in keys]}


def test_a_request_within_its_limits_passes() -> None:
    check_limits("sagemaker", "AddTags", _tags("ü /-@"))
    check_limits("sagemaker", "ListModels", {"NextToken": None, "MaxResults": 100})


@pytest.mark.parametrize(
    ("operation", "given", "fault"),
    [
        (
            "ListModels",
            {"MaxResults": 101},
            "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to",
        ),
        ("ListModels", {"MaxResults": 0}, "Member must have value greater than or equal to 1"),
        (
            "ListModels",
            {"SortBy": "Size"},
            "Value 'Size' at 'sortBy' failed to satisfy constraint: Member must",
        ),
        ("ListModels", {"SortBy": "Size"}, "enum value set: [Name, CreationTime]"),
        ("DescribeModel", {"ModelName": "-a"}, f"Value '-a' at 'modelName' {PATTERN} [a-zA-Z0-9]"),
        (
            "DescribeModelPackageGroup",
            {"ModelPackageGroupName": ""},
            "Member must have length greater than or equal to",
        ),
        ("AddTags", _tags("a", "b!"), f"Value 'b!' at 'tags.2.member.key' {PATTERN}"),
        ("CreateEndpointConfig", {"ProductionVariants": []}, "Value '[]' at 'productionVariants' failed to satisfy"),
        ("CreateTrainingJob", {"Environment": {"1A": "x"}}, f"Value '1A' at 'environment.key' {PATTERN}"),
    ],
)
def test_each_limit_is_named_as_aws_does(operation: str, given: dict[str, Any], fault: str) -> None:
    assert fault in faults(operation, given)


def test_all_faults_come_together() -> None:
    message = faults("ListModels", {"MaxResults": 0, "SortBy": "x", "NameContains": "a b"})
    assert message.startswith("3 validation errors detected: ")
    assert faults("ListModels", {"MaxResults": 0}).startswith("1 validation error detected: ")
