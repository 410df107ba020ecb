import json
from pathlib import Path

import pytest
from aws_cdk import App, Fn, Stack, Validations
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from constructs_lib.environments.roles import service_role
from constructs_lib.permissions import Statement
from tests.constructs_lib.synthesis import CONTEXT, only, template_of


def define(stack: Stack, *statements: Statement) -> None:
    service_role(stack, "Role", service="lambda.amazonaws.com", description="tries", statements=statements)


def test_a_role_has_its_statements_as_soon_as_it_is_there(tmp_path: Path) -> None:
    statement = Statement(
        actions=["s3:GetObject"],
        resources=["arn:aws:s3:::data/model"],
        conditions={"StringEquals": {"aws:SourceAccount": ["111122223333"]}},
    )
    role = only(template_of(lambda stack: define(stack, statement), tmp_path), "AWS::IAM::Role")
    assert role["Description"] == "tries"
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    (policy,) = role["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Action": "s3:GetObject",
            "Condition": {"StringEquals": {"aws:SourceAccount": ["111122223333"]}},
            "Effect": "Allow",
            "Resource": "arn:aws:s3:::data/model",
        }
    ]


def test_every_form_of_a_wildcard_is_acknowledged_with_its_reasons(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path / "assembly"), context=CONTEXT)
    other = Stack(app, "Other")
    bucket = s3.Bucket(other, "Bucket", enforce_ssl=True, server_access_logs_prefix="logs/")
    stack = Stack(app, "Test")
    define(
        stack,
        Statement(actions=["s3:GetObject"], resources=["*"], reason="first"),
        Statement(actions=["s3:PutObject"], resources=["*"], reason="second"),
        Statement(actions=["s3:DeleteObject"], resources=["*"], reason="first"),
        Statement(
            actions=["s3:GetObject"],
            resources=[
                f"{bucket.bucket_arn}/*",
                f"arn:{stack.partition}:s3:::x/*",
                Fn.sub("arn:aws:s3:::${AWS::AccountId}/*") + "*",
            ],
            reason="third",
        ),
    )
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    metadata = json.loads((tmp_path / "assembly" / "Test.metadata.json").read_text())
    reasons = {
        rule.partition("::")[2] if rule.lower().startswith("annotation::") else rule: reason
        for entries in metadata.values()
        for entry in entries
        if "acknowledged" in entry["type"]
        for rule, reason in entry["data"].items()
    }
    assert reasons == {
        "AwsSolutions-IAM5[Resource::*]": "first; second",
        "AwsSolutions-IAM5[Resource::Other:ExportsOutputFnGetAttBucket83908E77Arn063C8555/*]": "third",
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::x/*]": "third",
        "AwsSolutions-IAM5[Resource::arn:aws:s3:::<AWS::AccountId>/**]": "third",
    }


def test_a_wildcard_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="expected the reason of the wildcard"):
        Statement(actions=["s3:GetObject"], resources=["arn:aws:s3:::data/*"])
