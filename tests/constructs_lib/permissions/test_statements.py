import re
from typing import Any

import pytest

from constructs_lib.permissions import Statement
from constructs_lib.permissions.statements import merged

ONE, TWO = "arn:aws:s3:::one", "arn:aws:s3:::two"


def test_a_statement_as_a_policy_holds_it() -> None:
    plain = Statement(actions=["s3:GetObject"], resources=[ONE])
    limited = Statement(
        actions=["s3:ListBucket"],
        resources=["*"],
        conditions={"StringLike": {"s3:prefix": ["a/*"]}},
        reason="why not",
    )

    assert plain.to_dict() == {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [ONE]}
    assert limited.to_dict() == {
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": ["*"],
        "Condition": {"StringLike": {"s3:prefix": ["a/*"]}},
    }
    assert (plain.wildcards, limited.wildcards) == ((), ("*",))


def test_a_wildcard_needs_its_reason() -> None:
    with pytest.raises(
        ValueError, match=r"^got the resources arn:aws:s3:::one/\*, expected the reason of the wildcard$"
    ):
        Statement(actions=["s3:GetObject"], resources=[ONE, f"{ONE}/*"])


def test_actions_have_no_wildcards() -> None:
    with pytest.raises(ValueError, match=r"^got the actions s3:Get\*, expected them without wildcards$"):
        Statement(actions=["s3:Get*"], resources=[ONE])


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"actions": "s3:GetObject"}, "s3:GetObject"),
        ({"resources": ONE}, ONE),
        ({"conditions": {"StringLike": {"s3:prefix": "a/*"}}}, "a/*"),
    ],
)
def test_a_text_is_not_taken_for_a_list_of_letters(parts: dict[str, Any], text: str) -> None:
    with pytest.raises(TypeError, match=f"^got the text '{re.escape(text)}', expected a list of texts$"):
        Statement(**{"actions": ["s3:GetObject"], "resources": [ONE], **parts})


def test_statements_of_one_resource_become_one() -> None:
    assert merged(
        [
            Statement(actions=["s3:PutObject"], resources=[ONE]),
            Statement(actions=["s3:GetObject", "s3:PutObject"], resources=[ONE]),
        ]
    ) == (Statement(actions=["s3:GetObject", "s3:PutObject"], resources=[ONE]),)


def test_statements_of_the_same_actions_become_one() -> None:
    found = merged([Statement(actions=["s3:GetObject"], resources=[name]) for name in (TWO, ONE, TWO)])
    assert found == (Statement(actions=["s3:GetObject"], resources=[TWO, ONE]),)


def test_the_reasons_of_both_are_kept() -> None:
    found = merged([Statement(actions=[f"s3:{name}"], resources=["*"], reason=name) for name in ("A", "B", "A")])
    assert found == (Statement(actions=["s3:A", "s3:B"], resources=["*"], reason="A; B"),)


def test_statements_with_other_conditions_stay_apart() -> None:
    statements = (
        Statement(actions=["s3:ListBucket"], resources=[ONE], conditions={"StringLike": {"s3:prefix": ["a*"]}}),
        Statement(actions=["s3:ListBucket"], resources=[ONE], conditions={"StringLike": {"s3:prefix": ["b*"]}}),
        Statement(actions=["s3:ListBucket"], resources=[TWO]),
    )
    assert merged(statements) == statements
