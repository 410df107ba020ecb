"""Intrinsic functions: https://states-language.net/#intrinsic-functions, and those that AWS adds."""

import re
import uuid
from typing import Any

import pytest

from local_aws.stepfunctions.language.documents import Environment, Scope
from local_aws.stepfunctions.language.errors import StatesError
from local_aws.stepfunctions.language.intrinsics import compile_intrinsic
from local_aws.stepfunctions.language.jsonpath import PathSyntaxError

DATA: dict[str, Any] = {
    "name": "Arnav",
    "template": "Hello, my name is {}.",
    "someString": '{"number": 20}',
    "someJson": {"name": "Foo", "year": 2020},
    "Id": 123456,
    "array": [1, 2, 3, 4, 5, 6, 7, 8, 9],
    "mixed": [1, 1.0, True, "1", [1], {"a": 1}, {"a": 1}, [1], None, None],
    "words": ["x (y)", "it's"],
    "json1": {"a": {"a1": 1, "a2": 2}, "b": 2},
    "json2": {"a": {"a3": 1, "a4": 2}, "c": 3},
}


def evaluate(text: str) -> Any:
    context = {"Execution": {"Name": "run-1"}}
    scope = Scope(Scope(values={"outer": 7}), {"order": {"number": 42}})
    return compile_intrinsic(text).evaluate(Environment(DATA, DATA, context, scope))


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("States.Format('Hello, my name is {}.', $.name)", "Hello, my name is Arnav."),
        ("States.Format($.template, $.name)", "Hello, my name is Arnav."),
        (r"States.Format('\'{}\' in \{\} and \\', 'a')", r"'a' in {} and \\"[:-1]),
        ("States.Format('{} {} {} {}', 1, 1.5, true, null)", "1 1.5 true null"),
        ("States.Format('none')", "none"),
        ("States.Format('{}', $$.Execution.Name)", "run-1"),
        ("States.Format('{} {}', $order.number, $outer)", "42 7"),
        ("States.Format('{}', $.words[0])", "x (y)"),
        ("States.Format('{}', $['words'][1])", "it's"),
        ("States.StringToJson($.someString)", {"number": 20}),
        ("States.JsonToString($.someJson)", '{"name":"Foo","year":2020}'),
        ("States.Array($.Id)", [123456]),
        ("States.Array()", []),
        ("States.Array('a', -1, 2.5, false, $.someJson)", ["a", -1, 2.5, False, {"name": "Foo", "year": 2020}]),
        ("States.ArrayPartition($.array,4)", [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
        ("States.ArrayContains($.array, 5)", True),
        ("States.ArrayContains($.array, true)", False),
        ("States.ArrayContains($.mixed, $.someJson)", False),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(9, 1, -4)", [9, 5, 1]),
        ("States.ArrayGetItem($.array, 5)", 6),
        ("States.ArrayLength($.array)", 9),
        ("States.ArrayUnique(States.Array(1,2,2,1,3))", [1, 2, 3]),
        ("States.ArrayUnique($.mixed)", [1, 1.0, True, "1", [1], {"a": 1}, None]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", "Data to encode"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.Hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("States.JsonMerge($.json1, $.json2, false)", {"a": {"a3": 1, "a4": 2}, "b": 2, "c": 3}),
        ("States.MathAdd(111, -1)", 110),
        ("States.MathAdd(1.4, 1.5)", 3),
        ("States.StringSplit('1,2,3,4,5', ',')", ["1", "2", "3", "4", "5"]),
        ("States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]),
        ("States.ArrayGetItem(States.StringSplit(States.Format('{}/{}', 'a', 'b'), '/'), 1)", "b"),
        ("States.ArrayLength($.array[?(@ > 7)])", 2),
    ],
)
def test_results(call: str, result: Any) -> None:
    assert evaluate(call) == result


def test_uuid_is_version_four_and_another_each_time() -> None:
    first, second = evaluate("States.UUID()"), evaluate("States.UUID()")
    assert uuid.UUID(first).version == 4
    assert first != second


def test_random_numbers_stay_in_their_range_and_follow_their_seed() -> None:
    assert {evaluate("States.MathRandom(1, 4)") for _ in range(200)} == {1, 2, 3}
    assert evaluate("States.MathRandom(1, 999, 5)") == evaluate("States.MathRandom(1, 999, 5)")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("States.Format('{} {}', 1)", "The template has more '{}' than the 1 values given"),
        ("States.Format('{}', 1, 2)", "The template has fewer '{}' than the 2 values given"),
        ("States.Format('{', 1)", r"Unmatched '{' in the template; write it as '\{'"),
        ("States.Format('{}', $.someJson)", 'A value must be a string, a number, a boolean or null, got {"name"'),
        ("States.Format(1)", "The first argument must be a string, got 1"),
        ("States.StringToJson('{')", "The string is not JSON: "),
        ("States.ArrayPartition($.array, 0)", "The second argument must be greater than zero, got 0"),
        ("States.ArrayPartition($.Id, 2)", "The first argument must be an array, got 123456"),
        ("States.ArrayRange(1, 2, 0)", "The third argument must not be zero"),
        ("States.ArrayRange(1, 5000, 1)", "The array would have 5000 items; at most 1000 are allowed"),
        ("States.ArrayGetItem($.array, 9)", "The index 9 is outside the array of 9 items"),
        ("States.ArrayGetItem($.array, -1)", "The index -1 is outside the array of 9 items"),
        ("States.Base64Decode('%%')", "The string is not the Base64 form of a text: "),
        ("States.Hash('a', 'SHA-2')", "The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512, got SHA-2"),
        ("States.JsonMerge($.json1, $.json2, true)", "Only the shallow merge is offered"),
        ("States.JsonMerge($.json1, 1, false)", "The first and the second argument must be JSON objects"),
        ("States.MathAdd('1', 1)", 'The first argument must be an integer, got "1"'),
        ("States.MathAdd(2147483647, 1)", "The resulting argument must be between -2147483648 and 2147483647"),
        ("States.MathRandom(3, 3)", "The start must be less than the end, got 3 and 3"),
        ("States.UUID(1)", "Expected 0 arguments, got 1"),
        ("States.ArrayLength()", "Expected 1 arguments, got 0"),
    ],
)
def test_arguments_that_a_function_does_not_take(call: str, message: str) -> None:
    with pytest.raises(StatesError, match=re.escape(message)) as raised:
        evaluate(call)
    assert raised.value.error == "States.IntrinsicFailure"
    assert str(raised.value.cause).startswith(f"The function '{call}' had the following error: ")


def test_ten_thousand_characters_are_the_most_that_are_hashed() -> None:
    DATA["long"] = "x" * 10_001
    with pytest.raises(StatesError, match="The first argument is longer than 10000 characters: 10001"):
        evaluate("States.Hash($.long, 'MD5')")


def test_a_path_that_leads_nowhere_is_a_runtime_error() -> None:
    with pytest.raises(StatesError) as raised:
        compile_intrinsic("States.Format('{}', $.nope)").evaluate(Environment({}, {"a": 1}, {}, Scope()))
    assert raised.value.error == "States.Runtime"
    assert raised.value.cause == (
        "The function 'States.Format('{}', $.nope)' had the following error: The JsonPath argument for the field "
        "'$.nope' could not be found in the input '{\"a\":1}'"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("States.Nope()", "'States.Nope' is not an intrinsic function"),
        ("Format('a')", "expected an intrinsic function at position 0"),
        ("States.Format('a'", "expected ',' or ')' at position 17"),
        ("States.Format('a' 'b')", "expected ',' or ')' at position 18"),
        ("States.Format('a", "a string does not end at position 14"),
        ("States.Array(1,)", "expected a string, a number, true, false, null, a path or a function at position 15"),
        ("States.Array(abc)", "expected a string, a number, true, false, null, a path or a function at position 13"),
        ("States.Array(1) 2", "unexpected text at position 16"),
        ("States.Array($.a[)", "expected a name, an index"),
    ],
)
def test_a_text_that_is_no_call(text: str, message: str) -> None:
    with pytest.raises(PathSyntaxError, match=re.escape(message)):
        compile_intrinsic(text)
