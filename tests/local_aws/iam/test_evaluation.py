"""Decisions on policies alone: what wins over what."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.iam.evaluation import BOUNDARY, IDENTITY, RESOURCE, SESSION, Grants, decide
from local_aws.iam.policies import ANY_RESOURCE, AccessRequest, Caller, PrincipalMatch, parse_policy
from tests.local_aws.iam.conftest import allow, deny, document

ROLE = "arn:aws:iam::111111111111:role/app"
SESSION_OF_ROLE = Caller(
    arn="arn:aws:sts::111111111111:assumed-role/app/s", account="111111111111", kind="session", role_arn=ROLE
)
USER = Caller(arn="arn:aws:iam::111111111111:user/ann", account="111111111111", kind="user")
ROOT_USER = Caller(arn="arn:aws:iam::111111111111:root", account="111111111111", kind="root")
EVENTS = Caller(arn="events.amazonaws.com", account="", kind="service")
NOBODY = Caller(arn="anonymous", account="", kind="anonymous")
READ = AccessRequest(action="s3:GetObject", resources=("arn:aws:s3:::b/k",), keys={"aws:username": "ann"})


def policy(*statements: dict[str, Any]) -> Any:
    return parse_policy(document(*statements))


def grants(**kinds: Any) -> Grants:
    return Grants(**kinds)


ALLOWS, DENIES, SILENT = policy(allow("s3:*")), policy(deny("s3:Get*")), policy(allow("sqs:*"))


@pytest.mark.parametrize(
    ("given_grants", "allowed", "explicit", "source"),
    [
        (grants(identity=(ALLOWS,)), True, False, ""),
        (grants(identity=()), False, False, IDENTITY),
        (grants(identity=(SILENT,)), False, False, IDENTITY),
        (grants(identity=(ALLOWS, DENIES)), False, True, IDENTITY),
        (grants(identity=(ALLOWS,), boundary=SILENT), False, False, BOUNDARY),
        (grants(identity=(ALLOWS,), boundary=DENIES), False, True, BOUNDARY),
        (grants(identity=(ALLOWS,), session=(SILENT,)), False, False, SESSION),
        (grants(identity=(ALLOWS,), session=(ALLOWS, SILENT)), False, False, SESSION),
        (grants(identity=(ALLOWS,), session=(ALLOWS, DENIES)), False, True, SESSION),
        (grants(identity=(ALLOWS,), session=(ALLOWS,), boundary=ALLOWS), True, False, ""),
        (grants(resource=policy(allow("s3:*", Principal={"AWS": ROLE}))), True, False, ""),
        (grants(resource=policy(allow("s3:*", Principal="*"))), True, False, ""),
        (grants(resource=policy(allow("s3:*", Principal={"AWS": "111111111111"}))), False, False, IDENTITY),
        (grants(resource=policy(allow("s3:*", Principal={"AWS": ROLE})), boundary=SILENT), False, False, BOUNDARY),
        (
            grants(resource=policy(allow("s3:*", Principal={"AWS": SESSION_OF_ROLE.arn})), boundary=SILENT),
            True,
            False,
            "",
        ),
        (grants(identity=(ALLOWS,), resource=policy(deny("s3:*", Principal="*"))), False, True, RESOURCE),
        (grants(identity=(ALLOWS,), resource=policy(deny("s3:*", Principal={"AWS": "222222222222"}))), True, False, ""),
        (grants(identity=(ALLOWS,), same_account=False), False, False, RESOURCE),
        (
            grants(resource=policy(allow("s3:*", Principal={"AWS": ROLE})), same_account=False),
            False,
            False,
            IDENTITY,
        ),
        (
            grants(identity=(ALLOWS,), resource=policy(allow("s3:*", Principal={"AWS": ROLE})), same_account=False),
            True,
            False,
            "",
        ),
        (grants(identity=(ALLOWS,), resource_policy_rules=True), False, False, RESOURCE),
        (
            grants(
                identity=(ALLOWS,),
                resource=policy(allow("s3:*", Principal={"AWS": "arn:aws:iam::111111111111:root"})),
                resource_policy_rules=True,
            ),
            True,
            False,
            "",
        ),
        (
            grants(
                identity=(ALLOWS,),
                resource=policy({"Effect": "Deny", "NotPrincipal": {"AWS": [ROLE]}, "Action": "s3:*", "Resource": "*"}),
            ),
            True,
            False,
            "",
        ),
        (
            grants(
                identity=(ALLOWS,),
                resource=policy(
                    {"Effect": "Deny", "NotPrincipal": {"AWS": [USER.arn]}, "Action": "s3:*", "Resource": "*"}
                ),
            ),
            False,
            True,
            RESOURCE,
        ),
    ],
)
def test_a_session_of_a_role(given_grants: Grants, allowed: bool, explicit: bool, source: str) -> None:
    decision = decide(SESSION_OF_ROLE, READ, given_grants)
    assert (decision.allowed, decision.explicit, decision.source) == (allowed, explicit, source)


@pytest.mark.parametrize(
    ("caller", "statement", "allowed"),
    [
        (USER, allow("s3:*", Principal={"AWS": USER.arn}), True),
        (USER, allow("s3:*", Principal={"AWS": ROLE}), False),
        (ROOT_USER, deny("s3:*", Principal="*"), False),
        (ROOT_USER, allow("sqs:*", Principal="*"), True),
        (EVENTS, allow("s3:*", Principal={"Service": "events.amazonaws.com"}), True),
        (EVENTS, allow("s3:*", Principal={"Service": ["sns.amazonaws.com"]}), False),
        (EVENTS, allow("s3:*", Principal={"AWS": "111111111111"}), False),
        (NOBODY, allow("s3:GetObject", Principal="*"), True),
        (NOBODY, allow("s3:GetObject", Principal={"AWS": "111111111111"}), False),
        (USER, allow("s3:*", Principal={"Federated": "x"}), False),
    ],
)
def test_resource_policies_name_callers(caller: Caller, statement: dict[str, Any], allowed: bool) -> None:
    assert decide(caller, READ, Grants(resource=policy(statement))).allowed is allowed


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (allow("S3:getobject"), True),
        (allow("s3:Get?bject"), True),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": ["s3:Get*"], "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::c/*"}, True),
        (allow("s3:*", "arn:aws:s3:::B/*"), False),
        (allow("s3:*", "arn:aws:s3:::b/${aws:username}"), False),
        (allow("s3:*", Condition={"StringEquals": {"aws:username": "ann"}}), True),
        (allow("s3:*", Condition={"StringEquals": {"aws:username": "bob"}}), False),
    ],
)
def test_statements(statement: dict[str, Any], allowed: bool) -> None:
    assert (policy(statement).effect(READ) == "Allow") is allowed


def test_a_resource_that_cannot_be_told_is_covered_by_any_allow() -> None:
    request = AccessRequest(action="states:SendTaskSuccess", resources=(ANY_RESOURCE,), keys={})
    machine = "arn:aws:states:us-east-1:1:stateMachine:m"
    assert policy(allow("states:SendTaskSuccess", machine)).effect(request) == "Allow"
    assert policy(deny("states:*", machine)).effect(request) is None
    assert policy(deny("states:*")).effect(request) == "Deny"


def test_other_spellings_of_a_resource_count() -> None:
    request = AccessRequest(action="logs:CreateLogStream", resources=("arn:g:log-stream:s", "arn:g"), keys={})
    assert policy(allow("logs:*", "arn:g")).effect(request) == "Allow"


def test_the_closest_match_of_a_principal_counts() -> None:
    both = policy(allow("s3:*", Principal={"AWS": "111111111111"}), allow("s3:*", Principal={"AWS": ROLE}))
    assert both.effect_for(SESSION_OF_ROLE, READ) == ("Allow", PrincipalMatch.ROLE)


STATEMENTS = st.lists(
    st.builds(
        lambda effect, action, resource: {"Effect": effect, "Action": action, "Resource": resource},
        st.sampled_from(["Allow", "Deny"]),
        st.sampled_from(["s3:GetObject", "s3:*", "s3:Put*", "*", "sqs:SendMessage"]),
        st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::c/*", "arn:aws:s3:::b/k"]),
    ),
    max_size=6,
)


@given(STATEMENTS, st.randoms())
def test_the_order_of_statements_does_not_matter(statements: list[dict[str, Any]], random: Any) -> None:
    shuffled = list(statements)
    random.shuffle(shuffled)
    assert policy(*statements).effect(READ) == policy(*shuffled).effect(READ)


@given(STATEMENTS)
def test_a_deny_that_applies_always_wins(statements: list[dict[str, Any]]) -> None:
    applying = any(
        statement["Effect"] == "Deny" and policy(statement).effect(READ) == "Deny" for statement in statements
    )
    assert (policy(*statements).effect(READ) == "Deny") is applying


@given(STATEMENTS, STATEMENTS)
def test_policies_decide_as_one_document_would(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> None:
    apart = decide(USER, READ, Grants(identity=(policy(*first), policy(*second))))
    together = decide(USER, READ, Grants(identity=(policy(*first, *second),)))
    assert apart == together


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Effect", "Action", "Resource", "Principal", "Condition", "Statement", "Allow"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


STATEMENT = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"])},
    optional=dict.fromkeys(("Action", "NotAction", "Resource", "NotResource", "Principal", "Condition"), JSON),
)


@given(JSON | STATEMENT | st.lists(STATEMENT))
def test_any_document_is_read_or_refused_as_such(content: Any) -> None:
    try:
        found = parse_policy(json.dumps({"Statement": content}))
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either outcome is right, any other exception is not
        return
    found.effect(READ)
    found.effect_for(SESSION_OF_ROLE, READ)
