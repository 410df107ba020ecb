"""Sessions: whom a role trusts, how long they last, who they are."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from local_aws.moto_mends import state
from local_aws.platform import service_credentials
from local_aws.server import LocalAws
from tests.local_aws.iam.conftest import ROOT, Clients, allow, document, trusts

Role = Callable[..., str]


def test_identity_of_root_session_and_user(clients: Clients, make_role: Role) -> None:
    assert clients.root("sts").get_caller_identity()["Arn"] == ROOT
    role = make_role()
    identity = clients.session("sts", role).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::123456789012:assumed-role/{role.split('/')[-1]}/tester"
    assert identity["UserId"].endswith(":tester")
    iam = clients.root("iam")
    iam.create_user(UserName="sts-user")
    key = iam.create_access_key(UserName="sts-user")["AccessKey"]
    assert clients.with_keys("sts", key).get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/sts-user"


def test_a_key_of_twelve_digits_is_the_root_of_that_account(clients: Clients) -> None:
    identity = clients.root("sts", key="999988887777").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == ("999988887777", "arn:aws:iam::999988887777:root")


def test_a_role_that_does_not_exist_cannot_be_assumed(clients: Clients) -> None:
    with pytest.raises(ClientError) as error:
        clients.root("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/nobody", RoleSessionName="test")
    assert str(error.value).endswith(
        f"User: {ROOT} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/nobody"
    )


def test_a_service_assumes_only_roles_that_trust_it(local_aws: LocalAws, make_role: Role) -> None:
    role = make_role(trust=document(trusts({"Service": "sagemaker.amazonaws.com"})))
    platform = local_aws.platform
    keys = platform.assume(role, session="job", service_principal="sagemaker.amazonaws.com")
    assert keys.session_token is not None
    with pytest.raises(ClientError, match=r"User: lambda.amazonaws.com is not authorized to perform: sts:AssumeRole"):
        platform.assume(role, session="job", service_principal="lambda.amazonaws.com")


def test_a_trust_policy_may_name_the_source(local_aws: LocalAws, make_role: Role) -> None:
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
    source = {"ArnLike": {"aws:SourceArn": machine}, "StringEquals": {"aws:SourceAccount": "123456789012"}}
    role = make_role(trust=document(trusts({"Service": "states.amazonaws.com"}, Condition=source)))

    def assume(source_arn: str) -> None:
        credentials = service_credentials("states.amazonaws.com")
        sts = local_aws.platform.client("sts", region="us-east-1", credentials=credentials, source_arn=source_arn)
        sts.assume_role(RoleArn=role, RoleSessionName="test")

    assume(machine)
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(machine + "2")
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(machine.replace("123456789012", "999988887777"))
    # a service that does not tell the source is believed to have the right one
    local_aws.platform.assume(role, session="any", service_principal="states.amazonaws.com")


def test_the_root_cannot_assume_a_role_that_trusts_a_service_alone(clients: Clients, make_role: Role) -> None:
    role = make_role(trust=document(trusts({"Service": "sagemaker.amazonaws.com"})))
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        clients.root("sts").assume_role(RoleArn=role, RoleSessionName="test")


def test_a_role_needs_leave_to_assume_where_the_account_is_trusted(clients: Clients, make_role: Role) -> None:
    target = make_role()
    with pytest.raises(ClientError, match="AccessDenied"):
        clients.session("sts", make_role()).assume_role(RoleArn=target, RoleSessionName="test")
    permitted = make_role(allow("sts:AssumeRole", target))
    clients.session("sts", permitted).assume_role(RoleArn=target, RoleSessionName="test")
    named = make_role(trust=document(trusts({"AWS": permitted})))
    clients.session("sts", permitted).assume_role(RoleArn=named, RoleSessionName="test")


def test_an_external_id_can_be_asked_for(clients: Clients, make_role: Role) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "42"}}
    role = make_role(trust=document(trusts({"AWS": ROOT}, Condition=condition)))
    clients.session("sts", role, ExternalId="42")
    with pytest.raises(ClientError, match="AccessDenied"):
        clients.session("sts", role, ExternalId="43")


def test_durations_are_limited(clients: Clients, make_role: Role) -> None:
    with pytest.raises(ClientError, match="exceeds the MaxSessionDuration set for this role"):
        clients.session("sts", make_role(), DurationSeconds=7200)
    role = make_role(allow("sts:AssumeRole"), MaxSessionDuration=7200)
    chained = clients.session("sts", role, DurationSeconds=7200)
    with pytest.raises(ClientError, match="1 hour session limit for roles assumed by role chaining"):
        chained.assume_role(RoleArn=make_role(MaxSessionDuration=7200), RoleSessionName="test", DurationSeconds=7200)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("s3", "list_buckets", "ExpiredToken"),
        ("logs", "describe_log_groups", "ExpiredTokenException"),
        ("sts", "get_caller_identity", "ExpiredToken"),
    ],
)
def test_sessions_expire(
    clients: Clients, make_role: Role, monkeypatch: pytest.MonkeyPatch, service: str, operation: str, code: str
) -> None:
    client = clients.session(service, make_role(allow("*")))
    getattr(client, operation)()
    later = state.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(state, "now", lambda: later)
    with pytest.raises(ClientError) as error:
        getattr(client, operation)()
    assert error.value.response["Error"]["Code"] == code


def test_sessions_of_another_server_are_not_the_root(clients: Clients) -> None:
    keys = {"AccessKeyId": "ASIALOCALAAAAAAAAAAA", "SecretAccessKey": "x", "SessionToken": "y"}
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        clients.with_keys("sts", keys).get_caller_identity()


def test_a_deleted_role_leaves_its_sessions_without_rights(clients: Clients, make_role: Role) -> None:
    role = make_role(allow("*"))
    name = role.split("/")[-1]
    session = clients.session("logs", role)
    session.describe_log_groups()
    iam = clients.root("iam")
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    iam.delete_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusts({"AWS": ROOT})))
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(allow("*")))
    with pytest.raises(ClientError, match="AccessDenied"):
        session.describe_log_groups()


def test_users_have_the_policies_of_their_groups_until_their_key_is_gone(clients: Clients) -> None:
    iam = clients.root("iam")
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    logs = clients.with_keys("logs", key)
    with pytest.raises(ClientError, match="User: arn:aws:iam::123456789012:user/ann is not authorized"):
        logs.describe_log_groups()
    iam.put_group_policy(GroupName="readers", PolicyName="p", PolicyDocument=document(allow("logs:Describe*")))
    logs.describe_log_groups()
    iam.update_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        logs.describe_log_groups()
    iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        logs.describe_log_groups()


def test_temporary_credentials_of_a_user(clients: Clients) -> None:
    iam = clients.root("iam")
    iam.create_user(UserName="temp")
    iam.put_user_policy(UserName="temp", PolicyName="p", PolicyDocument=document(allow("logs:*")))
    key = iam.create_access_key(UserName="temp")["AccessKey"]
    keys = clients.with_keys("sts", key).get_session_token()["Credentials"]
    clients.with_keys("logs", keys).describe_log_groups()
    assert clients.with_keys("sts", keys).get_caller_identity()["Arn"].endswith(":user/temp")


def test_the_account_of_a_key(clients: Clients) -> None:
    key = clients.root("sts", key="111122223333").get_session_token()["Credentials"]["AccessKeyId"]
    assert clients.root("sts").get_access_key_info(AccessKeyId=key)["Account"] == "111122223333"


def test_session_tags_are_principal_tags(clients: Clients, make_role: Role) -> None:
    own = allow("logs:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "ml"}})
    role = make_role(own)
    clients.session("logs", role, Tags=[{"Key": "team", "Value": "ml"}]).describe_log_groups()
    with pytest.raises(ClientError, match="AccessDenied"):
        clients.session("logs", role).describe_log_groups()


def test_who_asks_iam_for_itself(clients: Clients, make_role: Role) -> None:
    iam = clients.root("iam")
    assert iam.get_user()["User"]["Arn"] == ROOT
    with pytest.raises(ClientError, match="Must specify userName when calling with non-User credentials"):
        clients.session("iam", make_role(allow("iam:GetUser"))).get_user()
    iam.create_user(UserName="asks")
    iam.put_user_policy(UserName="asks", PolicyName="p", PolicyDocument=document(allow("iam:GetUser")))
    key = iam.create_access_key(UserName="asks")["AccessKey"]
    assert clients.with_keys("iam", key).get_user()["User"]["UserName"] == "asks"
