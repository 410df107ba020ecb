"""Model package groups."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import Account


def test_groups_are_made_told_and_deleted(account: Account) -> None:
    sagemaker = account.client("sagemaker")
    arn = sagemaker.create_model_package_group(
        ModelPackageGroupName="prices", ModelPackageGroupDescription="of houses", Tags=[{"Key": "k", "Value": "v"}]
    )["ModelPackageGroupArn"]
    for name in ("prices", arn):
        group = sagemaker.describe_model_package_group(ModelPackageGroupName=name)
        assert (group["ModelPackageGroupName"], group["ModelPackageGroupStatus"]) == ("prices", "Completed")
        assert group["ModelPackageGroupDescription"] == "of houses"
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    listed = sagemaker.list_model_package_groups(NameContains="price")["ModelPackageGroupSummaryList"]
    assert arn in [group["ModelPackageGroupArn"] for group in listed]
    assert all("price" in group["ModelPackageGroupName"] for group in listed)
    with pytest.raises(ClientError, match=f"Model Package Group already exists: {arn}"):
        sagemaker.create_model_package_group(ModelPackageGroupName="prices")
    sagemaker.delete_model_package_group(ModelPackageGroupName="prices")
    with pytest.raises(ClientError, match=f"ModelPackageGroup {arn} does not exist"):
        sagemaker.describe_model_package_group(ModelPackageGroupName="prices")
