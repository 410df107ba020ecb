"""The authority itself: one permission outside the gateway's path, keepers of policies, PassRole."""

import json
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from local_aws.gateway.context import Principal
from local_aws.gateway.errors import AwsError
from local_aws.iam.authority import IamAuthority
from local_aws.iam.requirements import Requirement
from local_aws.iam.resource_policies import ResourcePolicy
from local_aws.server import LocalAws
from tests.local_aws.iam.conftest import Clients, allow, document, trusts

Role = Callable[..., str]
ENDPOINT = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/Live"


@pytest.fixture
def authority(local_aws: LocalAws) -> IamAuthority:
    found = local_aws.gateway.authority
    assert isinstance(found, IamAuthority)
    return found


def _principal(clients: Clients, authority: IamAuthority, role: str) -> Principal:
    keys = clients.root("sts").assume_role(RoleArn=role, RoleSessionName="tester")["Credentials"]
    return authority.principal(keys["AccessKeyId"])


def test_require_says_what_is_missing(clients: Clients, authority: IamAuthority, make_role: Role) -> None:
    principal = _principal(clients, authority, make_role())
    with pytest.raises(AwsError) as error:
        authority.require(principal, "sagemaker:InvokeEndpoint", ENDPOINT)
    assert error.value.code == "AccessDeniedException"
    assert error.value.message == (
        f"User: {principal.arn} is not authorized to perform: sagemaker:InvokeEndpoint on resource: {ENDPOINT} "
        "because no identity-based policy allows the sagemaker:InvokeEndpoint action"
    )


@pytest.mark.parametrize("resource", [ENDPOINT, ENDPOINT.lower(), "*"])
def test_require_remembers_until_a_policy_changes(
    clients: Clients, authority: IamAuthority, make_role: Role, resource: str
) -> None:
    role = make_role(allow("sagemaker:InvokeEndpoint", resource))
    principal = _principal(clients, authority, role)
    for _ in range(3):
        authority.require(principal, "sagemaker:InvokeEndpoint", ENDPOINT)
    clients.root("iam").delete_role_policy(RoleName=role.split("/")[-1], PolicyName="inline")
    with pytest.raises(AwsError, match="sagemaker:InvokeEndpoint"):
        authority.require(principal, "sagemaker:InvokeEndpoint", ENDPOINT)


def test_require_does_not_remember_what_the_clock_decides(
    clients: Clients, authority: IamAuthority, make_role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {"DateLessThan": {"aws:CurrentTime": "2100-01-01T00:00:00Z"}}
    principal = _principal(clients, authority, make_role(allow("*", Condition=before)))
    authority.require(principal, "sagemaker:InvokeEndpoint", ENDPOINT)
    monkeypatch.setattr("local_aws.iam.authority.time.time", lambda: 4.2e9)
    with pytest.raises(AwsError, match="sagemaker:InvokeEndpoint"):
        authority.require(principal, "sagemaker:InvokeEndpoint", ENDPOINT)


def test_require_reads_condition_keys(clients: Clients, authority: IamAuthority, make_role: Role) -> None:
    condition = {"StringEquals": {"sagemaker:TargetModel": "a"}}
    principal = _principal(clients, authority, make_role(allow("*", Condition=condition)))
    authority.require(principal, "sagemaker:InvokeEndpoint", ENDPOINT, {"sagemaker:targetmodel": "a"})
    with pytest.raises(AwsError, match="sagemaker:InvokeEndpoint"):
        authority.require(principal, "sagemaker:InvokeEndpoint", ENDPOINT, {"sagemaker:targetmodel": "b"})


def test_the_root_needs_no_policy(authority: IamAuthority) -> None:
    authority.require(authority.principal("any"), "sagemaker:InvokeEndpoint", ENDPOINT)
    authority.require(authority.principal("LOCALAWSSERVICE"), "sagemaker:InvokeEndpoint", ENDPOINT)


def test_who_is_not_signed_is_nobody(authority: IamAuthority) -> None:
    nobody = authority.principal(None)
    assert nobody.arn == "anonymous"
    with pytest.raises(AwsError, match="Missing Authentication Token"):
        authority.require(nobody, "sagemaker:InvokeEndpoint", ENDPOINT)


def test_a_keeper_of_policies_is_asked(clients: Clients, make_role: Role) -> None:
    role = make_role()

    class Keeper:
        def resource_policy(self, arn: str) -> ResourcePolicy | None:
            statement = allow("demo:Read", arn, Principal={"AWS": role})
            return ResourcePolicy(account="123456789012", document=json.dumps({"Statement": [statement]}))

    authority = IamAuthority()
    authority.keep_policies("demo", Keeper())
    principal = Principal(arn="arn:aws:sts::123456789012:assumed-role/x/s", account="123456789012", role_arn=role)
    asked = Requirement(action="demo:Read", resources=("arn:aws:demo:us-east-1:123456789012:thing",))
    assert authority.explain(principal, asked, {}).allowed
    assert not authority.explain(principal, Requirement(action="demo:Write", resources=asked.resources), {}).allowed


def test_passing_a_role_needs_leave(clients: Clients, make_role: Role) -> None:
    job_role = make_role(trust=document(trusts({"Service": "sagemaker.amazonaws.com"})))
    request = {
        "ModelName": "passing",
        "ExecutionRoleArn": job_role,
        "PrimaryContainer": {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/absent:latest"},
    }
    create = allow("sagemaker:CreateModel")
    with pytest.raises(ClientError) as error:
        clients.session("sagemaker", make_role(create)).create_model(**request)
    assert f"not authorized to perform: iam:PassRole on resource: {job_role} because no identity-based" in str(
        error.value
    )
    elsewhere = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    with pytest.raises(ClientError, match="iam:PassRole"):
        clients.session("sagemaker", make_role(create, allow("iam:PassRole", Condition=elsewhere))).create_model(
            **request
        )
    here = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    permitted = make_role(create, allow("iam:PassRole", job_role, Condition=here))
    try:
        clients.session("sagemaker", permitted).create_model(**request)
    except ClientError as refused:
        assert "iam:PassRole" not in str(refused)  # noqa: PT017 - the model itself is not this test's matter
