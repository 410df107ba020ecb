"""Wildcards, variables, and ARNs compared part by part."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.iam.patterns import arn_matches, glob, matches


@pytest.mark.parametrize(
    ("pattern", "value", "covered"),
    [
        ("*", "anything:at/all", True),
        ("s3:get*", "s3:getobject", True),
        ("s3:get*", "s3:putobject", False),
        ("s3:getobject", "s3:getobject", True),
        ("s3:getobject", "s3:getobjectacl", False),
        ("arn:aws:s3:::b/*/x?", "arn:aws:s3:::b/a/c/x1", True),
        ("arn:aws:s3:::b/*/x?", "arn:aws:s3:::b/a/c/x", False),
        ("a.c", "abc", False),
        ("line*", "line\nbreak", True),
    ],
)
def test_wildcards(pattern: str, value: str, covered: bool) -> None:
    assert glob(pattern)(value) is covered


@pytest.mark.parametrize(
    ("pattern", "value", "covered"),
    [
        ("home/${aws:username}/*", "home/ann/file", True),
        ("home/${aws:username}/*", "home/bob/file", False),
        ("home/${aws:UserName}/*", "home/ann/file", True),
        ("${aws:absent}/x", "/x", False),
        ("${aws:absent, 'none'}/x", "none/x", True),
        ("${*}", "*", True),
        ("${*}", "x", False),
        ("${?}${$}", "?$", True),
        ("${aws:starred}", "a*b", True),
        ("${aws:starred}", "axxb", False),
        ("${aws:many}", "a", False),
    ],
)
def test_variables(pattern: str, value: str, covered: bool) -> None:
    keys: dict[str, str | tuple[str, ...]] = {"aws:username": "ann", "aws:starred": "a*b", "aws:many": ("a", "b")}
    assert matches(pattern, value, keys) is covered


@pytest.mark.parametrize(
    ("pattern", "value", "covered"),
    [
        ("arn:aws:events:*:123456789012:rule/*", "arn:aws:events:eu-west-1:123456789012:rule/a/b", True),
        ("arn:aws:events:*:rule/*", "arn:aws:events:eu-west-1:123456789012:rule/a", False),
        ("arn:aws:sns:us-east-1:${aws:PrincipalAccount}:*", "arn:aws:sns:us-east-1:1:t", True),
        ("arn:aws:iam::1:role/x", "no arn", False),
        ("*", "no arn", True),
        ("arn:aws:logs:*:*:log-group:*:log-stream:x", "arn:aws:logs:r:1:log-group:/g:log-stream:x", True),
    ],
)
def test_arns_are_compared_part_by_part(pattern: str, value: str, covered: bool) -> None:
    assert arn_matches(pattern, value, {"aws:principalaccount": "1"}) is covered


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_globs_agree_with_a_regular_expression(pattern: str, value: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(character, character) for character in pattern)
    assert glob(pattern)(value) is (re.fullmatch(expression, value) is not None)
