from typing import Any

import pytest

from constructs_lib.checks.foreign_expressions import expression_problems

READ = "expected a JSONPath, such as '$.a[0]', or a function, such as 'States.UUID()'"
JSONATA = "expected JSONata between '{%' and '%}', with its brackets and quotes closed"


def problems(language: str = "JSONPath", **state: Any) -> list[str]:
    return [f"{path}: {message}" for path, message in expression_problems({"Type": "Task", **state}, language)]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"InputPath": "a"}, f"InputPath: got 'a', {READ}"),
        ({"InputPath": 5}, f"InputPath: got 5, {READ}"),
        ({"ResultPath": "$.a[0"}, f"ResultPath: got '$.a[0', {READ}"),
        ({"OutputPath": "$.a."}, f"OutputPath: got '$.a.', {READ}"),
        ({"ItemsPath": "$.a]"}, f"ItemsPath: got '$.a]', {READ}"),
        ({"ItemsPath": "$['a]"}, f"""ItemsPath: got "$['a]", {READ}"""),
        ({"Parameters": {"a": [{"b.$": "x"}]}}, f"Parameters.a[0].b.$: got 'x', {READ}"),
        ({"Parameters": {"b.$": "States.Format('{}', $.a"}}, None),
        (
            {"Parameters": {"b.$": "States.ArrayLen()"}},
            "Parameters.b.$: got States.ArrayLen, which is no function of Step Functions; did you mean 'ArrayLength'?",
        ),
        ({"Choices": [{"Variable": "a"}]}, f"Choices[0].Variable: got 'a', {READ}"),
        ({"Choices": [{"And": [{"Not": {"Variable": "a"}}]}]}, f"Choices[0].And[0].Not.Variable: got 'a', {READ}"),
        ({"Choices": [{"StringEqualsPath": "b"}]}, f"Choices[0].StringEqualsPath: got 'b', {READ}"),
        ({"Catch": [{"ResultPath": "b"}]}, f"Catch[0].ResultPath: got 'b', {READ}"),
        ({"Assign": {"a.$": "b"}}, f"Assign.a.$: got 'b', {READ}"),
    ],
)
def test_a_json_path_that_is_none(state: dict[str, Any], message: str | None) -> None:
    (found,) = problems(**state)

    assert found == message if message else READ in found


@pytest.mark.parametrize(
    "state",
    [
        {"InputPath": None, "OutputPath": "$", "ResultPath": "$.a['b c'][0].d"},
        {"ItemsPath": "$..a[?(@.b > 1 && @['c'] == 'x]')].d"},
        {"ItemsPath": "$..[0]", "InputPath": "$.a.*", "OutputPath": "$.a[*].b.length()"},
        {"InputPath": "$$.Execution.Input['Name']", "OutputPath": "$variable.member"},
        {"CausePath": "States.Format('it\\'s {} (so)', States.JsonToString($))"},
        {"Parameters": {"LocalPath": "/opt/ml", "Variable": "a", "b.$": "States.ArrayGetItem($.a, 0)"}},
        {"Result": {"a.$": "as it is"}, "Branches": [{"States": {"A": {"InputPath": "b"}}}]},
    ],
)
def test_json_paths(state: dict[str, Any]) -> None:
    assert problems(**state) == []


@pytest.mark.parametrize("text", ["{% $a", "$a %}", "{%%}", "{% %}", "{% $a.( %}", "{% $a] %}", "{% 'a %}"])
def test_jsonata_that_is_none(text: str) -> None:
    shown = repr(text)

    assert problems("JSONata", Arguments={"a": [text]}) == [f"Arguments.a[0]: got {shown}, {JSONATA}"]
    assert problems(QueryLanguage="JSONata", Output=text) == [f"Output: got {shown}, {JSONATA}"]


@pytest.mark.parametrize("text", ["{% $a.b[0] %}", '{% $match($a, /[("]/) %}', "{% {'a': \"it's\"} %}", "plain", "{a}"])
def test_jsonata(text: str) -> None:
    assert problems("JSONata", Output={"a": text}, InputPath="not of JSONata's concern") == []
