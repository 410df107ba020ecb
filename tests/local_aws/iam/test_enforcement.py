"""Roles' sessions against services that moto keeps: what is allowed, and the words of what is not."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.iam.conftest import Clients, allow, deny, document

Role = Callable[..., str]


def _code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_session_may_do_what_its_role_allows(clients: Clients, make_role: Role, bucket: str) -> None:
    role = make_role(allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/data/*"))
    s3 = clients.session("s3", role)
    s3.put_object(Bucket=bucket, Key="data/one", Body=b"1")
    assert s3.get_object(Bucket=bucket, Key="data/one")["Body"].read() == b"1"


def test_denial_names_user_action_resource_and_reason(clients: Clients, make_role: Role, bucket: str) -> None:
    role = make_role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/data/*"))
    session = f"arn:aws:sts::123456789012:assumed-role/{role.split('/')[-1]}/tester"
    with pytest.raises(ClientError) as error:
        clients.session("s3", role).put_object(Bucket=bucket, Key="data/one", Body=b"1")
    assert _code(error) == ("AccessDenied", 403)
    assert error.value.response["Error"]["Message"] == (
        f"User: {session} is not authorized to perform: s3:PutObject on resource: "
        f'"arn:aws:s3:::{bucket}/data/one" because no identity-based policy allows the s3:PutObject action'
    )


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code", "status", "action"),
    [
        ("kms", "create_key", {}, "AccessDeniedException", 400, "kms:CreateKey on resource: *"),
        (
            "logs",
            "create_log_group",
            {"logGroupName": "/g"},
            "AccessDeniedException",
            400,
            "logs:CreateLogGroup on resource: arn:aws:logs:us-east-1:123456789012:log-group:/g:log-stream:",
        ),
        (
            "iam",
            "get_role",
            {"RoleName": "absent"},
            "AccessDenied",
            403,
            "iam:GetRole on resource: arn:aws:iam::123456789012:role/absent",
        ),
        (
            "sns",
            "create_topic",
            {"Name": "t"},
            "AuthorizationError",
            403,
            "SNS:CreateTopic on resource: arn:aws:sns:us-east-1:123456789012:t",
        ),
        (
            "sqs",
            "create_queue",
            {"QueueName": "q"},
            "AccessDenied",
            403,
            "sqs:CreateQueue on resource: arn:aws:sqs:us-east-1:123456789012:q",
        ),
        (
            "ssm",
            "get_parameter",
            {"Name": "/a/b"},
            "AccessDeniedException",
            400,
            "ssm:GetParameter on resource: arn:aws:ssm:us-east-1:123456789012:parameter/a/b",
        ),
        (
            "ecr",
            "describe_images",
            {"repositoryName": "rr"},
            "AccessDeniedException",
            400,
            "ecr:DescribeImages on resource: arn:aws:ecr:us-east-1:123456789012:repository/rr",
        ),
        (
            "cloudwatch",
            "put_metric_data",
            {"Namespace": "N", "MetricData": []},
            "AccessDenied",
            403,
            "cloudwatch:PutMetricData on resource: *",
        ),
    ],
)
def test_each_service_uses_its_own_code(
    clients: Clients,
    make_role: Role,
    service: str,
    operation: str,
    arguments: dict[str, Any],
    code: str,
    status: int,
    action: str,
) -> None:
    client = clients.session(service, make_role())
    with pytest.raises(ClientError, match="because no identity-based policy allows the") as error:
        getattr(client, operation)(**arguments)
    assert error.value.response["Error"]["Code"] == code
    assert action in str(error.value)


def test_an_explicit_deny_wins_and_says_so(clients: Clients, make_role: Role, bucket: str) -> None:
    role = make_role(allow("s3:*"), deny("s3:DeleteObject"))
    with pytest.raises(ClientError, match=r"s3:DeleteObject .* with an explicit deny in an identity-based policy"):
        clients.session("s3", role).delete_object(Bucket=bucket, Key="k")


def test_prefix_conditions_bound_listings(clients: Clients, make_role: Role, bucket: str) -> None:
    listing = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition={"StringLike": {"s3:prefix": "mine/*"}})
    s3 = clients.session("s3", make_role(listing))
    s3.list_objects_v2(Bucket=bucket, Prefix="mine/x")
    with pytest.raises(ClientError, match="s3:ListBucket"):
        s3.list_objects_v2(Bucket=bucket, Prefix="other/")
    with pytest.raises(ClientError, match="s3:ListBucket"):
        s3.list_objects_v2(Bucket=bucket)


def test_copying_needs_the_source(clients: Clients, make_role: Role, bucket: str) -> None:
    clients.root("s3").put_object(Bucket=bucket, Key="secret", Body=b"1")
    s3 = clients.session("s3", make_role(allow("s3:PutObject")))
    with pytest.raises(ClientError, match="s3:GetObject on resource"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "secret"})


def test_a_missing_key_is_hidden_from_who_may_not_list(clients: Clients, make_role: Role, bucket: str) -> None:
    with pytest.raises(ClientError, match="s3:ListBucket on resource"):
        clients.session("s3", make_role(allow("s3:GetObject"))).get_object(Bucket=bucket, Key="absent")
    with pytest.raises(ClientError, match="NoSuchKey"):
        clients.session("s3", make_role(allow(["s3:GetObject", "s3:ListBucket"]))).get_object(
            Bucket=bucket, Key="absent"
        )


def test_a_bucket_that_refuses_plain_http_works_over_loopback(clients: Clients, bucket: str) -> None:
    s3 = clients.root("s3")
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    statement = deny("s3:*", [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"], Principal="*", Condition=insecure)
    s3.put_bucket_policy(Bucket=bucket, Policy=document(statement))
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


def test_a_bucket_policy_can_deny_the_root_which_can_mend_it(clients: Clients, bucket: str) -> None:
    s3 = clients.root("s3")
    policy = document(deny("s3:*", [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"], Principal="*"))
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")


def test_a_bucket_policy_alone_allows_a_role_of_its_account(clients: Clients, make_role: Role, bucket: str) -> None:
    role = make_role()
    policy = document(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": role}))
    clients.root("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    clients.root("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
    assert clients.session("s3", role).get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


def test_changes_of_policies_count_at_once(clients: Clients, make_role: Role, bucket: str) -> None:
    role = make_role(allow("s3:PutObject"))
    s3, iam = clients.session("s3", role), clients.root("iam")
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    iam.delete_role_policy(RoleName=role.split("/")[-1], PolicyName="inline")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    iam.attach_role_policy(RoleName=role.split("/")[-1], PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")


def test_a_permissions_boundary_limits_a_role(clients: Clients, make_role: Role, bucket: str) -> None:
    boundary = clients.root("iam").create_policy(
        PolicyName=f"only-get-{bucket}", PolicyDocument=document(allow("s3:GetObject"))
    )["Policy"]["Arn"]
    s3 = clients.session("s3", make_role(allow("s3:*"), PermissionsBoundary=boundary))
    with pytest.raises(ClientError, match="because no permissions boundary allows the s3:PutObject action"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"1")


def test_a_session_policy_limits_a_session(clients: Clients, make_role: Role, bucket: str) -> None:
    s3 = clients.session("s3", make_role(allow("s3:*")), Policy=document(allow("s3:GetObject")))
    with pytest.raises(ClientError, match="because no session policy allows the s3:PutObject action"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"1")


def test_unreadable_policies_are_refused_when_they_are_put(clients: Clients, make_role: Role, bucket: str) -> None:
    with pytest.raises(ClientError, match=r"MalformedPolicy\b.*Effect is Allow or Deny, got None"):
        clients.root("s3").put_bucket_policy(Bucket=bucket, Policy=document({"Action": "s3:*"}))
    role = make_role()
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        clients.root("iam").put_role_policy(RoleName=role.split("/")[-1], PolicyName="p", PolicyDocument="{")
