"""Who may use model packages: the account's own roles, and other accounts by a group's policy."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.iam.conftest import Clients, allow, document, trusts

Role = Callable[..., str]
OTHER = "222233334444"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1"
SPECIFICATION = {"Containers": [{"Image": IMAGE}]}
ARN = "arn:aws:sagemaker:us-east-1:123456789012"


@pytest.fixture
def group(clients: Clients) -> str:
    name = f"Group-{uuid.uuid4().hex[:12]}"
    clients.root("sagemaker").create_model_package_group(ModelPackageGroupName=name)
    return name


def register(client: Any, group: str) -> str:
    made = client.create_model_package(ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION)
    return str(made["ModelPackageArn"])


def test_registering_needs_the_group_and_its_versions(clients: Clients, make_role: Role, group: str) -> None:
    resources = [f"{ARN}:model-package-group/{group}", f"{ARN}:model-package/{group}/*"]
    for missing, resource in ((resources[0], resources[1]), (resources[1], resources[0])):
        session = clients.session("sagemaker", make_role(allow("sagemaker:CreateModelPackage", resource)))
        with pytest.raises(ClientError, match=rf"sagemaker:CreateModelPackage on resource: {missing.lower()}"[:-1]):
            register(session, group)
    session = clients.session("sagemaker", make_role(allow("sagemaker:CreateModelPackage", resources)))
    assert register(session, group).endswith("/1")


def test_approving_is_allowed_version_by_version(clients: Clients, make_role: Role, group: str) -> None:
    arns = [register(clients.root("sagemaker"), group) for _ in range(2)]
    session = clients.session("sagemaker", make_role(allow("sagemaker:UpdateModelPackage", arns[0])))
    session.update_model_package(ModelPackageArn=arns[0], ModelApprovalStatus="Approved")
    with pytest.raises(ClientError, match="sagemaker:UpdateModelPackage on resource"):
        session.update_model_package(ModelPackageArn=arns[1], ModelApprovalStatus="Approved")


def test_a_role_may_be_let_reject_and_not_approve(clients: Clients, make_role: Role, group: str) -> None:
    arn = register(clients.root("sagemaker"), group)
    statement = allow(
        "sagemaker:UpdateModelPackage",
        f"{ARN}:model-package/{group}/*",
        Condition={"StringEquals": {"sagemaker:ModelApprovalStatus": "Rejected"}},
    )
    session = clients.session("sagemaker", make_role(statement))
    session.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    with pytest.raises(ClientError, match="sagemaker:UpdateModelPackage on resource"):
        session.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")


def test_listing_is_of_the_account(clients: Clients, make_role: Role, group: str) -> None:
    narrow = clients.session("sagemaker", make_role(allow("sagemaker:ListModelPackages", f"{ARN}:model-package/*")))
    with pytest.raises(ClientError, match="sagemaker:ListModelPackages on resource"):
        narrow.list_model_packages(ModelPackageGroupName=group)
    session = clients.session("sagemaker", make_role(allow("sagemaker:ListModelPackages")))
    assert session.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"] == []


def test_another_account_uses_what_the_group_lets_it(clients: Clients, group: str) -> None:
    own, other = clients.root("sagemaker"), clients.root("sagemaker", key=OTHER)
    arn = register(own, group)
    own.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    with pytest.raises(ClientError, match="no resource-based policy allows"):
        other.describe_model_package(ModelPackageName=arn)
    versions = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages", "sagemaker:CreateModel"]
    policy = document(
        allow(versions, f"{ARN}:model-package/{group}/*", Principal={"AWS": f"arn:aws:iam::{OTHER}:root"}),
        allow(
            "sagemaker:DescribeModelPackageGroup",
            f"{ARN}:model-package-group/{group}",
            Principal={"AWS": f"arn:aws:iam::{OTHER}:root"},
        ),
    )
    own.put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy=policy)
    assert own.get_model_package_group_policy(ModelPackageGroupName=group)["ResourcePolicy"] == policy
    assert other.describe_model_package(ModelPackageName=arn)["ModelPackageVersion"] == 1
    group_arn = f"{ARN}:model-package-group/{group}"
    assert other.describe_model_package_group(ModelPackageGroupName=group_arn)["ModelPackageGroupName"] == group
    listed = other.list_model_packages(ModelPackageGroupName=group_arn)["ModelPackageSummaryList"]
    assert [package["ModelPackageArn"] for package in listed] == [arn]
    with pytest.raises(ClientError, match="sagemaker:UpdateModelPackage on resource"):
        other.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    trust = document(trusts({"Service": "sagemaker.amazonaws.com"}))
    role = clients.root("iam", key=OTHER).create_role(RoleName="server", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    request = {"ExecutionRoleArn": role, "PrimaryContainer": {"ModelPackageName": arn}}
    made = other.create_model(ModelName=group, **request)
    assert made["ModelArn"] == f"arn:aws:sagemaker:us-east-1:{OTHER}:model/{group}"
    own.delete_model_package_group_policy(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="sagemaker:CreateModel on resource"):
        other.create_model(ModelName=f"{group}-2", **request)
    with pytest.raises(ClientError, match="Cannot find resource policy"):
        own.get_model_package_group_policy(ModelPackageGroupName=group)


def test_model_data_of_another_account_is_its_own_affair(clients: Clients, bucket: str) -> None:
    clients.root("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=b"model")
    other = clients.root("sagemaker", key=OTHER)
    name = f"group-{uuid.uuid4().hex[:12]}"
    other.create_model_package_group(ModelPackageGroupName=name)
    uri = f"s3://{bucket}/model.tar.gz"
    request: dict[str, Any] = {
        "ModelPackageGroupName": name,
        "InferenceSpecification": {"Containers": [{"Image": IMAGE, "ModelDataUrl": uri}]},
    }
    with pytest.raises(ClientError, match=f"Could not access model data at {uri}"):
        other.create_model_package(**request)
    made = other.create_model_package(**request, SkipModelValidation="All")["ModelPackageArn"]
    assert made == f"arn:aws:sagemaker:us-east-1:{OTHER}:model-package/{name}/1"


def test_a_policy_that_is_none_is_refused(clients: Clients, group: str) -> None:
    with pytest.raises(ClientError, match="This policy contains invalid Json"):
        clients.root("sagemaker").put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy="{")
