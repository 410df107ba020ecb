"""Event patterns: what each comparison takes, and what is no pattern."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.eventbridge.patterns import EventPattern
from local_aws.gateway.errors import AwsError

# kind of comparison: pattern of the member "a", values that match, values that do not
CASES: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "exact text": (["x"], ["x", ["y", "x"], [["x"]]], ["X", "xx", 1, None, [], {}]),
    "one of several": (["x", 1], ["x", 1], ["1", True]),
    "number": ([300], [300, 300.0, 3.0e2], ["300", 301]),
    "true": ([True], [True], [1, "true", False]),
    "null": ([None], [None, [None]], ["", 0, "null"]),
    "empty text": ([""], [""], [None, " "]),
    "prefix": ([{"prefix": "ab"}], ["ab", "abc"], ["Ab", "xab", 1]),
    "prefix in any case": ([{"prefix": {"equals-ignore-case": "aB"}}], ["ABC", "abc"], ["xab"]),
    "suffix": ([{"suffix": ".png"}], ["a.png"], ["a.PNG", "png"]),
    "suffix in any case": ([{"suffix": {"equals-ignore-case": ".PNG"}}], ["a.png"], ["a.jpg"]),
    "in any case": ([{"equals-ignore-case": "Alice"}], ["ALICE", "alice"], ["Bob", 1]),
    "anything but a text": ([{"anything-but": "x"}], ["y", 1, None, ["x", "y"]], ["x", ["x"]]),
    "anything but texts": ([{"anything-but": ["x", "y"]}], ["z"], ["x", "y"]),
    "anything but a number": ([{"anything-but": 5}], [6, "5"], [5, 5.0]),
    "anything but numbers": ([{"anything-but": [5, 6]}], [7], [5, 6]),
    "anything but a prefix": ([{"anything-but": {"prefix": "x"}}], ["y", 1], ["x", "xy"]),
    "anything but prefixes": ([{"anything-but": {"prefix": ["x", "y"]}}], ["z"], ["xa", "ya"]),
    "anything but a suffix": ([{"anything-but": {"suffix": "x"}}], ["xy"], ["yx"]),
    "anything but in any case": ([{"anything-but": {"equals-ignore-case": ["x", "y"]}}], ["z"], ["X", "Y"]),
    "anything but a wildcard": ([{"anything-but": {"wildcard": "*/lib/*"}}], ["a/b"], ["a/lib/b"]),
    "greater": ([{"numeric": [">", 0]}], [0.1, 5], [0, -1, "5"]),
    "between": ([{"numeric": [">=", 0, "<", 5]}], [0, 4.9], [5, -0.1, True]),
    "equals": ([{"numeric": ["=", 3.018e2]}], [301.8], [301]),
    "less": ([{"numeric": ["<=", -1]}], [-1, -2.5], [0]),
    "exists": ([{"exists": True}], ["x", None, 0, ["x"]], [[], {}, {"b": 1}]),
    "does not exist": ([{"exists": False}], [[], {}, {"b": 1}], ["x", None]),
    "does not exist, or a text": ([{"exists": False}, "x"], [[], "x"], ["y"]),
    "address in a block": ([{"cidr": "10.0.0.0/24"}], ["10.0.0.255"], ["10.0.1.0", "x", 10, "::1"]),
    "address of version 6": ([{"cidr": "2001:db8::/64"}], ["2001:db8::1"], ["2001:db9::1"]),
    "wildcard": ([{"wildcard": "dir/*.png"}], ["dir/a.png", "dir/.png", "dir/a/b.png"], ["dir/a.jpg", "xdir/a.png"]),
    "wildcards": ([{"wildcard": "*a*bc*"}], ["abc", "xaybcz", "aabc"], ["bca", "ab"]),
    "wildcard alone": ([{"wildcard": "*"}], ["", "x"], [1, None]),
    "escaped star": ([{"wildcard": "a\\*b\\\\*"}], ["a*b\\", "a*b\\c"], ["axb\\", "a*bc"]),
    "overlapping ends": ([{"wildcard": "ab*ba"}], ["abba", "abxba"], ["aba"]),
}


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        pytest.param(pattern, value, expected, id=f"{name}: {value!r}")
        for name, (pattern, matching, other) in CASES.items()
        for value, expected in [*((v, True) for v in matching), *((v, False) for v in other)]
    ],
)
def test_comparison(pattern: Any, value: Any, expected: bool) -> None:
    assert EventPattern.compile(json.dumps({"a": pattern})).matches({"a": value, "other": "o"}) is expected


@pytest.mark.parametrize("name", sorted(set(CASES) - {"does not exist", "does not exist, or a text"}))
def test_a_member_that_is_absent_matches_nothing_but_its_absence(name: str) -> None:
    assert not EventPattern.compile(json.dumps({"a": CASES[name][0]})).matches({"b": 1})


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": {"b": [1]}, "c": ["x"]}, {"a": {"b": 1}, "c": "x"}, True),
        ({"a": {"b": [1]}, "c": ["x"]}, {"a": {"b": 1}, "c": "y"}, False),
        ({"a": {"b": [1]}}, {"a": 1}, False),
        ({"a": {"b": [1]}}, {}, False),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": {"b": [{"exists": False}], "c": [1]}}, {"a": {"c": 1}}, True),
        # elements of an array are looked at one by one: no mixture of two of them matches
        ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1, "c": 3}, {"b": 2, "c": 2}]}, False),
        ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1, "c": 3}, {"b": 1, "c": 2}]}, True),
        ({"a": {"b": {"c": [1]}}}, {"a": [[{"b": [{"c": [0, 1]}]}]]}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"a": 2, "b": 1}, False),
        ({"c": [0], "$or": [{"a": [1]}, {"b": [2]}]}, {"a": 1, "c": 1}, False),
        ({"d": {"$or": [{"a": [1]}, {"b": {"x": [2]}}]}}, {"d": {"b": {"x": 2}}}, True),
        ({"$or": [{"a": [1], "$or": [{"b": [1]}, {"c": [1]}]}, {"d": [1]}]}, {"a": 1, "c": 1}, True),
        ({"$or": [{"a": [1]}, {"b": [{"exists": False}]}]}, {"a": 2}, True),
        ({"$or": ["plain"]}, {"$or": "plain"}, True),
        (
            {"detail-type": ["T"], "detail": {"status": [{"anything-but": "Failed"}]}},
            {"detail-type": "T", "detail": {"status": "Completed"}},
            True,
        ),
    ],
)
def test_members_and_alternatives(pattern: Any, event: Any, expected: bool) -> None:
    assert EventPattern.compile(json.dumps(pattern)).matches(event) is expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ('{"a": 1', "Expecting ',' delimiter"),
        ('{"a": [NaN]}', "Unrecognized token 'NaN'"),
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        ('{"int": 42}', '"int" must be an object or an array'),
        ('{"a": "x"}', '"a" must be an object or an array'),
        ('{"a": []}', "Empty arrays are not allowed"),
        ('{"a": {}}', "Empty objects are not allowed"),
        ('{"a": [[1]]}', "Match value must be String, number, true, false, or null"),
        ('{"a": [{}]}', "Empty match expression"),
        ('{"a": [{"prefix": "a", "suffix": "b"}]}', "Only one key allowed in match expression"),
        ('{"a": [{"EXISTS": true}]}', "Unrecognized match type EXISTS"),
        ('{"a": [{"exists": 1}]}', "exists match pattern must be either true or false."),
        ('{"a": [{"prefix": 1}]}', "prefix match pattern must be a string"),
        ('{"a": [{"suffix": {"prefix": "a"}}]}', "Unsupported suffix match: prefix"),
        ('{"a": [{"equals-ignore-case": ["x"]}]}', "equals-ignore-case match pattern must be a string"),
        ('{"a": [{"cidr": "10.0.0.1"}]}', "Malformed CIDR, one '/' required"),
        ('{"a": [{"cidr": "10.0.0.1/40"}]}', "Malformed CIDR"),
        ('{"a": [{"wildcard": "a**b"}]}', "Consecutive wildcard characters at pos 1"),
        ('{"a": [{"wildcard": "**"}]}', "Consecutive wildcard characters at pos 0"),
        ('{"a": [{"wildcard": "a\\\\b"}]}', "Invalid escape character at pos 1"),
        ('{"a": [{"numeric": 5}]}', "Value of numeric must be an array."),
        ('{"a": [{"numeric": [5]}]}', "Invalid member in numeric match: expected an operator"),
        ('{"a": [{"numeric": [">", 0, "<"]}]}', "Value of < must be numeric"),
        ('{"a": [{"numeric": ["=", "0"]}]}', "Value of equals must be numeric"),
        ('{"a": [{"numeric": [">", 0, ">", 0]}]}', "Bad numeric range operator: >"),
        ('{"a": [{"numeric": ["!", 0]}]}', "Unrecognized numeric range operator: !"),
        ('{"a": [{"numeric": ["<", 0, ">", 1]}]}', "Bad numeric range operator: >"),
        ('{"a": [{"numeric": [">", 5, "<", 1]}]}', "Bottom must be less than top"),
        ('{"a": [{"numeric": [">", 6e9]}]}', "Value must be between"),
        ('{"a": [{"anything-but": [1, "x"]}]}', "mixed type is not supported"),
        ('{"a": [{"anything-but": []}]}', "Empty arrays are not allowed"),
        ('{"a": [{"anything-but": true}]}', "mixed type is not supported"),
        ('{"a": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}', "Unsupported anything-but pattern: cidr"),
        ('{"a": [{"anything-but": {"equals-ignore-case": 123}}]}', "Inside anything-but/equals-ignore-case list"),
        ('{"a": [{"anything-but": {"prefix": ""}}]}', "Null or empty prefix not allowed in anything-but"),
        ('{"a": ["' + "x" * 4096 + '"]}', "Event pattern is larger than 4096 characters"),
    ],
)
def test_what_is_no_pattern(pattern: str, reason: str) -> None:
    with pytest.raises(AwsError) as caught:
        EventPattern.compile(pattern)
    assert caught.value.code == "InvalidEventPatternException"
    assert caught.value.message.startswith("Event pattern is not valid. Reason: ")
    assert reason in caught.value.message


def test_too_many_combinations() -> None:
    pattern: dict[str, Any] = {"$or": [{f"k{n}": [n]} for n in range(11)]}
    for name in ("a", "b"):
        pattern[name] = {"$or": [{f"k{n}": [n]} for n in range(11)]}
    with pytest.raises(AwsError, match="more than 1000 combinations"):
        EventPattern.compile(json.dumps(pattern))


scalars = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=5)
documents = st.recursive(
    scalars,
    lambda inner: st.dictionaries(
        st.text(min_size=1, max_size=3).filter(lambda k: k != "$or"), inner, min_size=1, max_size=3
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=3).filter(lambda k: k != "$or"), documents, min_size=1, max_size=3))
def test_an_event_matches_the_pattern_of_its_own_values(event: dict[str, Any]) -> None:
    def pattern(value: Any) -> Any:
        return {key: pattern(inner) for key, inner in value.items()} if isinstance(value, dict) else [value]

    text = json.dumps(pattern(event))
    if len(text) <= 4096:
        assert EventPattern.compile(text).matches(event)


@given(st.lists(st.text("ab*", max_size=4), min_size=1, max_size=4), st.text("abc", max_size=12))
def test_wildcards_match_what_a_naive_search_matches(parts: list[str], value: str) -> None:
    literals = [part.replace("*", "") for part in parts]
    if any(not literal for literal in literals[1:-1]):
        return

    def naive(rest: list[str], text: str) -> bool:
        if len(rest) == 1:
            return text == rest[0]
        if not text.startswith(rest[0]):
            return False
        left = text[len(rest[0]) :]
        return any(naive([rest[1], *rest[2:]], left[start:]) for start in range(len(left) + 1))

    compiled = EventPattern.compile(json.dumps({"a": [{"wildcard": "*".join(literals)}]}))
    assert compiled.matches({"a": value}) is naive(literals, value)


@given(st.integers(-100, 100), st.integers(-100, 100), st.integers(-100, 100))
def test_a_range_takes_what_lies_in_it(low: int, high: int, value: int) -> None:
    if low < high:
        compiled = EventPattern.compile(json.dumps({"a": [{"numeric": [">", low, "<=", high]}]}))
        assert compiled.matches({"a": value}) is (low < value <= high)


@given(st.lists(st.text(max_size=3), min_size=1, max_size=4), st.text(max_size=3))
def test_anything_but_is_the_opposite_of_the_list(texts: list[str], value: str) -> None:
    negative = EventPattern.compile(json.dumps({"a": [{"anything-but": texts}]}))
    positive = EventPattern.compile(json.dumps({"a": texts}))
    assert negative.matches({"a": value}) is not positive.matches({"a": value})
