"""The check of a definition: every fault, with its place, in AWS's words."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stepfunctions.workbench import Workbench


def faults(bench: Workbench, definition: Any, **members: Any) -> list[tuple[str, str, str]]:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    answer = bench.client().validate_state_machine_definition(definition=text, **members)
    found = [(each["code"], each.get("location", ""), each["message"]) for each in answer["diagnostics"]]
    assert answer["result"] == ("FAIL" if found else "OK")
    return found


def machine(*states: tuple[str, dict[str, Any]], **members: Any) -> dict[str, Any]:
    return {"StartAt": states[0][0], "States": dict(states), **members}


def state(**members: Any) -> dict[str, Any]:
    kind = members.pop("Type", "Pass")
    ends = {} if kind in {"Choice", "Succeed", "Fail"} or "Next" in members else {"End": True}
    return machine(("S", {"Type": kind, **ends, **members}))


SCHEMA = "SCHEMA_VALIDATION_FAILED"
TYPES = ("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait")
REFERENCE = (
    "Value is not a Reference Path. Reference Paths cannot contain the following operators: '@', '..', ',', ':', "
    "'?()', '*'"
)
TARGET = "MISSING_TRANSITION_TARGET"


@pytest.mark.parametrize(
    ("definition", "found"),
    [
        (" ", [(SCHEMA, "", "Definition must be a valid JSON object")]),
        ("[]", [(SCHEMA, "/", "Expected value of type Object")]),
        ("{}", [(SCHEMA, "/", "These fields are required: [States, StartAt]")]),
        ({"States": {"S": {"Type": "Succeed"}}}, [(SCHEMA, "/", "These fields are required: [StartAt]")]),
        ({"StartAt": "S", "States": {}}, [(SCHEMA, "/States", "States must not be empty")]),
        ({"StartAt": "S", "States": {"S": 1}}, [(SCHEMA, "/States", "Expected value of type Object")]),
        ({**state(), "Versoin": "1"}, [(SCHEMA, "/Versoin", "Field is not supported")]),
        (
            {**state(), "TimeoutSeconds": 0},
            [(SCHEMA, "/TimeoutSeconds", "Value must be between 1 and 99999999, got 0")],
        ),
        (
            {**state(), "StartAt": "X"},
            [(TARGET, "/StartAt", "Missing 'StartAt' target: X")],
        ),
        (
            machine(("S", {"Type": "Pass", "Next": "X"}), ("U", {"Type": "Succeed"})),
            [
                (TARGET, "/States/S/Next", "Missing 'Next' target: X"),
                (TARGET, "/States/U", 'State "U" is not reachable.'),
            ],
        ),
        (
            machine(("S", {"Type": "Pass", "Next": "S"})),
            [("NO_TERMINAL_STATE", "/States", "No terminal state found in machine")],
        ),
        (
            machine(("S" * 81, {"Type": "Succeed"})),
            [
                (
                    "INVALID_STATE_NAME",
                    f"/States/{'S' * 81}",
                    "Invalid State name: State exceeds the 80-character limit allowed by the service",
                )
            ],
        ),
        (
            state(Type="Parallel", Branches=[machine(("S", {"Type": "Succeed"}))]),
            [("DUPLICATE_STATE_NAME", "/States/S/Branches[0]/States/S", "Duplicate State name: S")],
        ),
        (machine(("S", {"Type": "Pass"})), None),
        (machine(("S", {"Comment": "?"})), None),
    ],
)
def test_the_machine(bench: Workbench, definition: Any, found: list[tuple[str, str, str]] | None) -> None:
    if found is None:
        assert faults(bench, definition)
    else:
        assert faults(bench, definition) == found


@pytest.mark.parametrize(
    ("definition", "location", "message"),
    [
        (machine(("S", {"Type": "Pass"})), "/States/S", "Exactly one of these fields is required: [Next, End]"),
        (machine(("S", {"Type": "Pass", "End": False})), "/States/S/End", "The value for 'End' must be true"),
        (state(Type="Succeed", Result=1), "/States/S/Result", "Field is not supported"),
        (
            state(Type="Nap"),
            "/States/S/Type",
            f"The value for 'Type' must be one of: {sorted(TYPES)}, got 'Nap'",
        ),
        (
            state(InputPath="a"),
            "/States/S/InputPath",
            "Value is not a valid JSONPath: a path starts with '$' at position 0 of 'a'",
        ),
        (state(InputPath=5), "/States/S/InputPath", "Expected value of type String"),
        (
            state(ResultPath="$.a[*]"),
            "/States/S/ResultPath",
            REFERENCE,
        ),
        (
            state(Parameters={"a": [{"b.$": "x"}]}),
            "/States/S/Parameters",
            "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call",
        ),
        (
            state(Parameters={"b.$": 5}),
            "/States/S/Parameters",
            "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call",
        ),
        (state(Assign={"1x": 1}), "/States/S/Assign/1x", "'1x' is not a valid variable name"),
        (state(Assign={"states": 1}), "/States/S/Assign/states", "'states' is not a valid variable name"),
        (state(Assign=[]), "/States/S/Assign", "Expected value of type Object"),
        (
            state(Type="Wait"),
            "/States/S",
            "Exactly one of these fields is required: [Seconds, Timestamp, SecondsPath, TimestampPath]",
        ),
        (state(Type="Wait", Seconds="5"), "/States/S/Seconds", "Expected value of type Integer"),
        (state(Type="Wait", Timestamp="soon"), "/States/S/Timestamp", "Value is not a valid timestamp: soon"),
        (state(Type="Fail", Error=1), "/States/S/Error", "Expected value of type String"),
        (
            state(Type="Fail", Error="a", ErrorPath="$.e"),
            "/States/S",
            "Only one of these fields is allowed: [Error, ErrorPath]",
        ),
        (state(Type="Parallel", Branches=[]), "/States/S/Branches", "Expected a non-empty array of branches"),
        (state(Type="Parallel"), "/States/S", "These fields are required: [Branches]"),
        (state(Type="Map"), "/States/S", "Exactly one of these fields is required: [ItemProcessor, Iterator]"),
        (state(Type="Task"), "/States/S", "These fields are required: [Resource]"),
        (state(Type="Task", Resource="x"), "/States/S/Resource", "Value is not a valid resource ARN"),
        (
            state(Type="Task", Resource="arn:aws:states:::sns:publish", TimeoutSeconds=5, HeartbeatSeconds=5),
            "/States/S",
            "HeartbeatSeconds must be smaller than TimeoutSeconds",
        ),
        (state(Type="Choice", Choices=[]), "/States/S/Choices", "Expected a non-empty array of Choice Rules"),
        (state(QueryLanguage="XPath"), None, None),
    ],
)
def test_one_state(bench: Workbench, definition: Any, location: str | None, message: str | None) -> None:
    found = faults(bench, definition)
    if location is not None:
        assert (SCHEMA, location, message) in found


def choice(rule: dict[str, Any]) -> dict[str, Any]:
    return machine(("S", {"Type": "Choice", "Choices": [rule], "Default": "D"}), ("D", {"Type": "Succeed"}))


@pytest.mark.parametrize(
    ("rule", "location", "message"),
    [
        ({"Variable": "$.a", "StringEquals": "x"}, "/States/S/Choices[0]", "These fields are required: [Next]"),
        ({"StringEquals": "x", "Next": "D"}, "/States/S/Choices[0]", "These fields are required: [Variable]"),
        ({"Variable": "$.a", "Next": "D"}, "/States/S/Choices[0]", "Expected exactly one comparison operator, got []"),
        (
            {"Variable": "$.a", "StringEquals": "x", "NumericEquals": 1, "Next": "D"},
            "/States/S/Choices[0]",
            "Expected exactly one comparison operator, got ['StringEquals', 'NumericEquals']",
        ),
        (
            {"Variable": "$.a", "StringEquals": 5, "Next": "D"},
            "/States/S/Choices[0]/StringEquals",
            "Value 5 is not of the kind that StringEquals compares",
        ),
        (
            {"Variable": "$.a", "IsNull": "yes", "Next": "D"},
            "/States/S/Choices[0]/IsNull",
            "Value 'yes' is not of the kind that IsNull compares",
        ),
        ({"Variable": "$.a", "NumericEqualsPath": "b", "Next": "D"}, "/States/S/Choices[0]/NumericEqualsPath", None),
        (
            {"Not": {"And": []}, "Next": "D"},
            "/States/S/Choices[0]/Not/And",
            "Expected a non-empty array of Choice Rules",
        ),
        ({"Variable": "a", "IsNull": True, "Next": "D"}, "/States/S/Choices[0]/Variable", None),
        (
            {"Variable": "$.a", "IsNull": True, "Nest": "D", "Next": "D"},
            "/States/S/Choices[0]/Nest",
            "Field is not supported",
        ),
    ],
)
def test_choice_rules(bench: Workbench, rule: dict[str, Any], location: str, message: str | None) -> None:
    found = faults(bench, choice(rule))
    assert next(where for _, where, what in found if message is None or what == message) == location


def task(resource: str, parameters: Any = None, **members: Any) -> dict[str, Any]:
    given = {} if parameters is None else {"Parameters": parameters}
    return state(Type="Task", Resource=resource, **given, **members)


@pytest.mark.parametrize(
    ("definition", "location", "message"),
    [
        (
            task("arn:aws:states:::sagemaker:createEndpoint.sync"),
            "Resource",
            "is not recognized. The value is not a valid resource ARN, or the resource is not available in this",
        ),
        (task("arn:aws:states:::sagemaker:startPipelineExecution.sync"), "Resource", "is not recognized."),
        (task("arn:aws:states:::sagemaker:createTrainingJob.waitForTaskToken"), "Resource", "is not recognized."),
        (task("arn:aws:states:::aws-sdk:nope:listThings"), "Resource", "is not recognized."),
        (task("arn:aws:states:::aws-sdk:s3:listThings"), "Resource", "is not recognized."),
        (task("arn:aws:states:::aws-sdk:s3:listBuckets.sync"), "Resource", "is not recognized."),
        (
            task(
                "arn:aws:states:::sagemaker:createModel",
                {"ModelName": "m", "ExecutionRoleArn": "r", "S3Operations": {}},
            ),
            "Parameters",
            'The field "S3Operations" is not supported by Step Functions',
        ),
        (
            task("arn:aws:states:::sagemaker:createModel", {"ModelName": "m", "PrimaryContainer": {"Imaeg.$": "$.i"}}),
            "Parameters",
            'The field "Imaeg" is not supported by Step Functions',
        ),
        (
            task("arn:aws:states:::sagemaker:createEndpoint", {"EndpointName": "e"}),
            "Parameters",
            'The field "EndpointConfigName" is required but was missing',
        ),
        (
            task("arn:aws:states:::lambda:invoke.waitForTaskToken", {"FunctionName": "f"}),
            "Parameters",
            "The task token must be passed to the service",
        ),
    ],
)
def test_resources_and_their_parameters(bench: Workbench, definition: Any, location: str, message: str) -> None:
    found = faults(bench, definition)
    assert any(where == f"/States/S/{location}" and message in what for _, where, what in found)


@pytest.mark.parametrize(
    ("errors", "location", "message"),
    [
        ({"Retry": [{"ErrorEquals": []}]}, "Retry[0]/ErrorEquals", "Expected a non-empty array of error names"),
        (
            {"Retry": [{"ErrorEquals": ["States.Nope"]}]},
            "Retry[0]/ErrorEquals",
            "'States.Nope' is not a predefined error name",
        ),
        (
            {"Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]},
            "Retry[0]/ErrorEquals",
            "'States.ALL' must appear alone, and in the last element of the array",
        ),
        (
            {"Retry": [{"ErrorEquals": ["E", "States.ALL"]}]},
            "Retry[0]/ErrorEquals",
            "'States.ALL' must appear alone, and in the last element of the array",
        ),
        (
            {"Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 0}]},
            "Retry[0]/IntervalSeconds",
            "Value must be between 1 and 99999999, got 0",
        ),
        (
            {"Retry": [{"ErrorEquals": ["E"], "BackoffRate": 0.5}]},
            "Retry[0]/BackoffRate",
            "Value must be between 1 and 99999999, got 0.5",
        ),
        (
            {"Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "HALF"}]},
            "Retry[0]/JitterStrategy",
            "The value must be one of: [FULL, NONE]",
        ),
        ({"Retry": [{"ErrorEquals": ["E"], "Next": "S"}]}, "Retry[0]/Next", "Field is not supported"),
        ({"Retry": {}}, "Retry", "Expected value of type Array"),
        ({"Catch": [{"ErrorEquals": ["E"]}]}, "Catch[0]", "These fields are required: [Next]"),
        (
            {"Catch": [{"ErrorEquals": ["E"], "Next": "S", "ResultPath": "$..x"}]},
            "Catch[0]/ResultPath",
            "Value is not a Reference Path.",
        ),
    ],
)
def test_retry_and_catch(bench: Workbench, errors: dict[str, Any], location: str, message: str) -> None:
    found = faults(bench, task("arn:aws:lambda:us-east-1:123456789012:function:f", **errors))
    assert any(where == f"/States/S/{location}" and what.startswith(message) for _, where, what in found)


@pytest.mark.parametrize(
    ("definition", "found"),
    [
        (
            {**machine(("S", {"Type": "Pass", "QueryLanguage": "JSONPath", "End": True})), "QueryLanguage": "JSONata"},
            (SCHEMA, "/States/S", "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"),
        ),
        (
            {**state(Parameters={}), "QueryLanguage": "JSONata"},
            (SCHEMA, "/States/S/Parameters", "Field is not supported in a JSONata state"),
        ),
        (state(Output="{% 1 %}"), (SCHEMA, "/States/S/Output", "Field is not supported in a JSONPath state")),
        (
            {**state(Output={"a": ["{% phone %}"]}), "QueryLanguage": "JSONata"},
            (
                "UNSUPPORTED_JSONATA_EXPRESSION",
                "/States/S/Output/a[0]",
                "Reference to 'phone' at the top level is not supported.",
            ),
        ),
        (
            {**state(Output="{% phone[1,2) %}"), "QueryLanguage": "JSONata"},
            ("INVALID_JSONATA_EXPRESSION", "/States/S/Output", "Expected ], got ,"),
        ),
    ],
)
def test_query_languages(bench: Workbench, definition: Any, found: tuple[str, str, str]) -> None:
    assert faults(bench, definition) == [found]


def test_all_faults_come_together(bench: Workbench) -> None:
    definition = machine(
        ("A", {"Type": "Task", "Resource": "x", "Next": "B"}),
        ("B", {"Type": "Pass", "ResultPath": "$..a", "Next": "C"}),
    )
    with pytest.raises(ClientError) as raised:
        bench.machine(definition)
    error = raised.value.response["Error"]
    assert error["Code"] == "InvalidDefinition"
    assert error["Message"] == (
        f"Invalid State Machine Definition: '{SCHEMA}: Value is not a valid resource ARN at /States/A/Resource, "
        f"{SCHEMA}: {REFERENCE} at /States/B/ResultPath, {TARGET}: Missing 'Next' target: C at /States/B/Next, "
        "NO_TERMINAL_STATE: No terminal state found in machine at /States'"
    )


def test_no_more_than_asked_for(bench: Workbench) -> None:
    answer = bench.client().validate_state_machine_definition(
        definition=json.dumps({**state(), "X": 1, "Y": 1}), maxResults=1
    )
    assert (len(answer["diagnostics"]), answer["truncated"]) == (1, True)


def test_a_definition_that_is_not_json(bench: Workbench) -> None:
    assert faults(bench, "not a definition")[0][0] == "INVALID_JSON_DESCRIPTION"
