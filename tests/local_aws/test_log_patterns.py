"""Which messages a filter pattern of CloudWatch Logs matches; the examples are those of its guide."""

import json

import pytest

from local_aws.log_patterns import LogPatternError, compiled

MESSAGES = {
    1: "[ERROR 400] BAD REQUEST",
    2: "[ERROR 401] UNAUTHORIZED REQUEST",
    3: "[ERROR 419] MISSING ARGUMENTS",
    4: "[ERROR 420] INVALID ARGUMENTS",
    5: "INTERNAL SERVER ERROR",
}
EVENT = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "cluster.name": "c",
    "ThisFlag": True,
    "latency": 70.5,
}


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("", {1, 2, 3, 4, 5}),
        ("ERROR", {1, 2, 3, 4, 5}),
        ("ERROR ARGUMENTS", {3, 4}),
        ("?INVALID ?UNAUTHORIZED", {2, 4}),
        ("?INVALID REQUEST", {1, 2}),
        ("ERROR -ARGUMENTS", {1, 2, 5}),
        ('"INTERNAL SERVER"', {5}),
        ('"ERROR 4" "ARGUMENTS"', {3, 4}),
        ('-"INTERNAL SERVER"', {1, 2, 3, 4}),
        ("%ERROR 4[0-9]0%", {1, 4}),
        ("error", set()),
    ],
)
def test_words_and_phrases(pattern: str, matched: set[int]) -> None:
    matches = compiled(pattern)
    assert {number for number, message in MESSAGES.items() if matches(message)} == matched


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{ $.eventType = UpdateTrail }", True),
        ('{ $.eventType != "UpdateTrail" }', False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ('{ $.sourceIPAddress = "111.*" }', True),
        ("{ $.eventType = %^Update% }", True),
        ('{ $.arrayKey[0] = "value" }', True),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.objectList[7].id = 2 }", False),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.eventType NOT EXISTS }", False),
        ("{ $.ThisFlag IS TRUE }", True),
        ("{ $.ThisFlag IS FALSE }", False),
        ("{ $.ThisFlag = 1 }", False),
        ("{ $.latency >= 70.5 && $.latency < 1e2 }", True),
        ("{ $.latency > 70.5 || $.absent <= 3 }", False),
        ("{ ($.latency > 1 && $.eventType = x) || $.objectList[0].name = a }", True),
        ("{ $.absent != x }", False),
    ],
)
def test_conditions_on_events_in_json(pattern: str, matched: bool) -> None:
    assert compiled(pattern)(json.dumps(EVENT)) is matched
    assert not compiled(pattern)("no JSON")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("[ip, user, status=4*]", "space-delimited"),
        ("{ $.a = 1", "Invalid filter pattern"),
        ("{ $.a = }", "ends too early"),
        ("{ ($.a = 1 $.b = 2 }", "parenthesis is not closed"),
        ("{ a = 1 }", "Invalid selector 'a'"),
        ("{ $.a < x }", "Invalid comparison '< x'"),
        ("{ $.a = 1 ) }", "Unexpected"),
        ("{ $.a = & }", "Invalid character"),
        ("%(%", "Invalid regular expression"),
        ("a !b", "Invalid character"),
    ],
)
def test_what_is_no_pattern(pattern: str, message: str) -> None:
    with pytest.raises(LogPatternError, match=message.replace("(", r"\(")):
        compiled(pattern)
