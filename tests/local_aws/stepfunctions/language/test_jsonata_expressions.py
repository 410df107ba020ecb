"""JSONata in states: expressions, the functions that Step Functions adds, and what goes wrong."""

import re
import uuid
from typing import Any

import pytest

from local_aws.stepfunctions.language.documents import Environment, Scope
from local_aws.stepfunctions.language.errors import StatesError
from local_aws.stepfunctions.language.jsonata_expressions import (
    JsonataSyntaxError,
    compile_jsonata,
    expression_in,
    top_level_references,
)

INPUT: dict[str, Any] = {"a": [1, 2, 3], "none": None, "one": [7], "text": "x"}


def evaluate(template: Any) -> Any:
    environment = Environment(
        INPUT, INPUT, {"Execution": {"Name": "run"}}, Scope(Scope(values={"out": 1}), {"v": {"k": 7}})
    )
    environment.states = {"result": {"Payload": 5}}
    return compile_jsonata(template, "Output")(environment)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{% $states.input.a %}", [1, 2, 3]),
        ("{%$states.input.text%}", "x"),
        ("{% $states.input.none %}", None),
        ("{% $states.input.one %}", [7]),
        ("{% $states.result.Payload %}", 5),
        ("{% $states.context.Execution.Name & '!' %}", "run!"),
        ("{% $v.k + $out %}", 8),
        ({"x": ["{% 1 + 1 %}", "plain"], "y": {"z": "{% 'a' %}"}}, {"x": [2, "plain"], "y": {"z": "a"}}),
        ("no {% expression %}", "no {% expression %}"),
        ("{% 10 / 4 %}", 2.5),
        ("{% 6 / 2 %}", 3),
        ("{% $sum($states.input.a) %}", 6),
        ("{% $map($states.input.a, function($x) { $x * 2 }) %}", [2, 4, 6]),
        ("{% [$states.input.a[$ > 1]] %}", [2, 3]),
        ("{% {'k': $states.input.none} %}", {"k": None}),
        ("{% [] %}", []),
        ("{% $partition([1,2,3,4,5], 2) %}", [[1, 2], [3, 4], [5]]),
        ("{% $range(0, 6, 3) %}", [0, 3, 6]),
        ("{% $hash('a', 'MD5') %}", "0cc175b9c0f1b6a831c399e269772661"),
        ("{% $parse('{\"a\": [1]}') %}", {"a": [1]}),
    ],
)
def test_results(template: Any, result: Any) -> None:
    assert evaluate(template) == result


def test_random_and_uuid() -> None:
    assert evaluate("{% $random(3) %}") == evaluate("{% $random(3) %}")
    assert 0 <= evaluate("{% $random() %}") < 1
    assert uuid.UUID(evaluate("{% $uuid() %}")).version == 4


@pytest.mark.parametrize(
    ("template", "location", "cause"),
    [
        (
            {"v": "{% $states.input.missing %}"},
            "Output/v",
            "The JSONata expression '$states.input.missing' specified for the field 'Output/v' returned nothing",
        ),
        (["{% $nope %}"], "Output[0]", "specified for the field 'Output[0]' returned nothing (undefined)."),
        ("{% 'a' + 1 %}", "Output", "threw an error during evaluation. T2001: The left side of the + operator must"),
        ("{% $eval('1') %}", "Output", "threw an error during evaluation. $eval is not supported"),
        ("{% function($x) { $x } %}", "Output", "returned an unsupported result type: function"),
        ("{% $partition([1], 0) %}", "Output", "$partition needs a size greater than zero, got 0"),
        ("{% $range(1, 2, 0) %}", "Output", "$range needs a step that is not zero"),
        ("{% $hash('a', 'CRC') %}", "Output", "$hash knows MD5, SHA-1, SHA-256, SHA-384, SHA-512, got CRC"),
        ("{% ($f := function($n) { 1 + $f($n) }; $f(1)) %}", "Output", "threw an error during evaluation. D1011"),
    ],
)
def test_failures(template: Any, location: str, cause: str) -> None:
    with pytest.raises(StatesError, match=re.escape(cause)) as raised:
        evaluate(template)
    assert raised.value.error == "States.QueryEvaluationError"
    assert raised.value.location == location


def test_only_a_whole_string_is_an_expression() -> None:
    assert expression_in("{% 1 %}") == "1"
    assert expression_in("{%\n 1 +\n 1 %}") == "1 +\n 1"
    assert expression_in(" {% 1 %}") is None
    assert expression_in(5) is None


@pytest.mark.parametrize(
    ("template", "message"), [("{% phone[1,2) %}", "Expected ], got ,"), ("{% %}", "Unexpected end of expression")]
)
def test_expressions_that_cannot_be_read(template: str, message: str) -> None:
    with pytest.raises(JsonataSyntaxError, match=re.escape(message)):
        compile_jsonata(template, "Output")


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("aaa + bbb.c", ["aaa", "bbb"]),
        ("$.phone", ["$"]),
        ("$states.input.items[phone > 3]", []),
        ("$map($states.input.a, function($x){ $x.phone })", []),
        ("{'k': v}", ["v"]),
        ("phone[0]", ["phone"]),
        ("a ? b : c", ["a", "b", "c"]),
        ("($x := q; $x)", ["q"]),
        ("$sum(prices)", ["prices"]),
        ("[p, -q]", ["p", "q"]),
        ("values ~> $sum", ["values"]),
        ("$phone", []),
    ],
)
def test_names_read_from_the_context(expression: str, names: list[str]) -> None:
    assert top_level_references(expression) == names
