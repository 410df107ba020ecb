"""Packages of a model that serves."""

from typing import Any

import pytest
from attrs import define

from tests.local_aws.sagemaker.conftest import BUCKET, Account, archive
from tests.local_aws.sagemaker.servers import ECHO

DATA = f"s3://{BUCKET}/registry/model.tar.gz"


@define
class Registry:
    """Makes groups and packages of an image that is there and data that is there."""

    account: Account
    image: str

    @property
    def client(self) -> Any:
        return self.account.client("sagemaker")

    def specification(self, **container: Any) -> dict[str, Any]:
        return {"Containers": [{"Image": self.image, "ModelDataUrl": DATA} | container]}

    def group(self, name: str, *, shared: bool = False) -> str:
        """Makes a group; one that cases of a test share is made by the first."""
        if shared:
            listed = self.client.list_model_package_groups(NameContains=name)["ModelPackageGroupSummaryList"]
            if listed:
                return str(listed[0]["ModelPackageGroupArn"])
        return str(self.client.create_model_package_group(ModelPackageGroupName=name)["ModelPackageGroupArn"])

    def version(self, group: str, **members: Any) -> str:
        request = {"InferenceSpecification": self.specification()} | members
        return str(self.client.create_model_package(ModelPackageGroupName=group, **request)["ModelPackageArn"])

    def describe(self, arn: str) -> dict[str, Any]:
        return dict(self.client.describe_model_package(ModelPackageName=arn))

    def events(self, arn: str) -> list[dict[str, Any]]:
        return [
            event["detail"]
            for event in list(self.account.events)
            if event["detail-type"] == "SageMaker Model Package State Change" and event["resources"] == [arn]
        ]


@pytest.fixture(scope="session")
def registry(account: Account) -> Registry:
    body = archive({"model.txt": b"registered"})
    account.client("s3").put_object(Bucket=BUCKET, Key="registry/model.tar.gz", Body=body)
    return Registry(account, account.engine.image("registered", serve=ECHO))
