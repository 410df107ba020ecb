from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from constructs_lib.events.targets import QueueTarget
from constructs_lib.registry.registry import ModelRegistry
from constructs_lib.registry.sharing import AccountAccess
from tests.constructs_lib.synthesis import only, resources, statements, template_of

OTHER, THIRD = "111122223333", "444455556666"


def arn(kind: str, name: str) -> dict[str, Any]:
    prefix = ["arn:", {"Ref": "AWS::Partition"}, ":sagemaker:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    return {"Fn::Join": ["", [*prefix, f":{kind}/{name}"]]}


GROUP, VERSIONS = arn("model-package-group", "prices"), arn("model-package", "prices/*")


def test_a_group_has_a_name_that_stays_and_is_kept(tmp_path: Path) -> None:
    template = template_of(lambda stack: ModelRegistry(stack, "Prices", description="of houses"), tmp_path, nag=True)
    ((name, group),) = resources(template, "AWS::SageMaker::ModelPackageGroup").items()
    assert name == "PricesEF2AB66A"
    assert group["DeletionPolicy"] == "Retain"
    assert group["Properties"] == {
        "ModelPackageGroupDescription": "of houses",
        "ModelPackageGroupName": "TestPrices9ABCF663",
    }


def test_a_group_is_deleted_where_that_is_asked_for(tmp_path: Path) -> None:
    template = template_of(lambda stack: ModelRegistry(stack, "Prices", removal_policy=RemovalPolicy.DESTROY), tmp_path)
    (group,) = resources(template, "AWS::SageMaker::ModelPackageGroup").values()
    assert group["DeletionPolicy"] == "Delete"


def test_other_accounts_may_do_what_they_are_let_do(tmp_path: Path) -> None:
    accounts = [AccountAccess(account=OTHER), AccountAccess(account=THIRD, register=True, approve=True)]
    template = template_of(
        lambda stack: ModelRegistry(stack, "Prices", group_name="prices", accounts=accounts), tmp_path, nag=True
    )
    policy = only(template, "AWS::SageMaker::ModelPackageGroup")["ModelPackageGroupPolicy"]
    read = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages", "sagemaker:CreateModel"]

    def principal(account: str) -> dict[str, Any]:
        return {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{account}:root"]]}}

    def allowed(account: str, actions: list[str], resource: dict[str, Any]) -> dict[str, Any]:
        return {"Effect": "Allow", "Principal": principal(account), "Action": actions, "Resource": resource}

    assert policy["Statement"] == [
        allowed(OTHER, ["sagemaker:DescribeModelPackageGroup"], GROUP),
        allowed(OTHER, read, VERSIONS),
        allowed(THIRD, ["sagemaker:DescribeModelPackageGroup", "sagemaker:CreateModelPackage"], GROUP),
        allowed(THIRD, [*read, "sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage"], VERSIONS),
    ]


def test_grants_are_of_the_group_and_its_versions(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        registry = ModelRegistry.from_group_name(stack, "Prices", "prices")
        for name, grant in (
            ("Reader", registry.grants.read),
            ("Trainer", registry.grants.register),
            ("Judge", registry.grants.approve),
        ):
            grant(iam.Role(stack, name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")))

    template = template_of(define, tmp_path)
    assert not resources(template, "AWS::SageMaker::ModelPackageGroup")

    def allowed(action: str, resource: object) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": action, "Resource": resource}

    reading = [
        allowed("sagemaker:ListModelPackages", "*"),
        allowed("sagemaker:DescribeModelPackage", VERSIONS),
        allowed("sagemaker:DescribeModelPackageGroup", GROUP),
    ]
    assert statements(template, "Reader") == reading
    listing, describing, group = reading
    describing["Action"] = [describing["Action"], "sagemaker:UpdateModelPackage"]
    assert statements(template, "Judge") == [listing, describing, group]
    (registering,) = statements(template, "Trainer")
    assert registering["Action"] == "sagemaker:CreateModelPackage"
    assert registering["Resource"] == [GROUP, VERSIONS]


@pytest.mark.parametrize(
    ("rule", "status"),
    [("on_registered", "PendingManualApproval"), ("on_approved", "Approved"), ("on_rejected", "Rejected")],
)
def test_rules_hear_of_decisions_and_of_nothing_else(tmp_path: Path, rule: str, status: str) -> None:
    def define(stack: Stack) -> None:
        registry = ModelRegistry(stack, "Prices", group_name="prices")
        getattr(registry, rule)("Rule", targets=[QueueTarget(queue=sqs.Queue(stack, "Queue"))])

    pattern = only(template_of(define, tmp_path), "AWS::Events::Rule")["EventPattern"]
    assert pattern == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {
            "ModelPackageGroupName": ["prices"],
            "ModelApprovalStatus": [status],
            "$or": [
                {"UpdatedModelPackageFields": ["ModelApprovalStatus"]},
                {"UpdatedModelPackageFields": [{"exists": False}]},
            ],
        },
    }


def test_all_problems_are_told_together() -> None:
    accounts = [AccountAccess(account="1"), AccountAccess(account=OTHER), AccountAccess(account=OTHER)]
    with pytest.raises(ValueError, match="got 'no_name'") as raised:
        ModelRegistry(Stack(App(), "Test"), "Prices", group_name="no_name", description="x" * 1025, accounts=accounts)
    assert str(raised.value).splitlines() == [
        "Test/Prices: group_name: got 'no_name', expected 1 to 63 letters, digits and inner hyphens",
        "Test/Prices: description: got 1025 characters, expected at most 1024",
        "Test/Prices: accounts[0].account: got '1', expected 12 digits",
        "Test/Prices: accounts: got 111122223333 2 times, expected each once",
    ]
