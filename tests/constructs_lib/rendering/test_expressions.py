from typing import Any

import pytest

from constructs_lib.definitions import (
    CAUGHT_CAUSE,
    EXECUTION_ARN,
    EXECUTION_NAME,
    EXECUTION_START_TIME,
    STATE_MACHINE_ARN,
    ContextValue,
    ExecutionInput,
    Join,
    StepOutput,
    UniqueName,
)
from constructs_lib.definitions.flow import Flow
from constructs_lib.rendering.expressions import expression, payload
from constructs_lib.rendering.variables import Variables
from tests.constructs_lib.samples import LIST_TOKEN, NUMBER_TOKEN, TOKEN, function, training

TRAIN = training("Train Step")
OUTPUT = TRAIN.output("ModelArtifacts.S3ModelArtifacts")
FLOW = Flow([TRAIN, function("Reader", payload={"a": OUTPUT})])
VARIABLES = Variables(FLOW).seen_from(FLOW.line.scope)
NAME = ExecutionInput("Name")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NAME, "$$.Execution.Input.Name"),
        (ExecutionInput("job-name"), "$$.Execution.Input['job-name']"),
        (OUTPUT, "$TrainStep.S3ModelArtifacts"),
        (EXECUTION_ARN, "$$.Execution.Id"),
        (EXECUTION_NAME, "$$.Execution.Name"),
        (EXECUTION_START_TIME, "$$.Execution.StartTime"),
        (STATE_MACHINE_ARN, "$$.StateMachine.Id"),
        (ContextValue("State.RetryCount", type="integer"), "$$.State.RetryCount"),
        (CAUGHT_CAUSE, "$.Cause"),
        (UniqueName("job"), "States.Format('job-{}', States.Hash($$.Execution.Id, 'MD5'))"),
        (
            UniqueName("job", per_attempt=True),
            "States.Format('job-{}-{}', States.Hash($$.Execution.Id, 'MD5'), $$.State.RetryCount)",
        ),
        (Join("/", ["s3://data", NAME]), "States.Format('s3://data/{}', $$.Execution.Input.Name)"),
        (Join("", [NAME, "-", 5, "-", 0.5]), "States.Format('{}-5-0.5', $$.Execution.Input.Name)"),
        (Join("-", [Join("+", ["a", NAME]), "b"]), "States.Format('a+{}-b', $$.Execution.Input.Name)"),
        (
            Join("-", [UniqueName("x"), CAUGHT_CAUSE]),
            "States.Format('{}-{}', States.Format('x-{}', States.Hash($$.Execution.Id, 'MD5')), $.Cause)",
        ),
        (Join(" ", ["it's {a} \\", NAME]), "States.Format('it\\'s \\{a\\} \\\\ {}', $$.Execution.Input.Name)"),
        (
            Join("/", [f"s3://{TOKEN}/{{x}}", NAME]),
            f"States.Format('s3://{TOKEN}/\\{{x\\}}/{{}}', $$.Execution.Input.Name)",
        ),
        (
            [NAME, "it's", 1, [OUTPUT]],
            "States.Array($$.Execution.Input.Name, 'it\\'s', 1, States.Array($TrainStep.S3ModelArtifacts))",
        ),
        ("plain", "'plain'"),
        (0.25, "0.25"),
    ],
    ids=repr,
)
def test_expressions(value: Any, text: str) -> None:
    assert expression(value, VARIABLES) == text


@pytest.mark.parametrize(
    ("document", "rendered"),
    [
        ({"a": NAME}, {"a.$": "$$.Execution.Input.Name"}),
        ({"a": {"b": NAME, "c": 1}}, {"a": {"b.$": "$$.Execution.Input.Name", "c": 1}}),
        ({"a": [{"b": NAME}]}, {"a": [{"b.$": "$$.Execution.Input.Name"}]}),
        ({"a": [NAME, "b"]}, {"a.$": "States.Array($$.Execution.Input.Name, 'b')"}),
        ({"a": ["b", [NAME]]}, {"a.$": "States.Array('b', States.Array($$.Execution.Input.Name))"}),
        ({"a": Join("-", ["b", "c"])}, {"a": "b-c"}),
        ({"a": [Join("-", ["b", 1])]}, {"a": ["b-1"]}),
        ({"a": (LIST_TOKEN,)}, {"a": [LIST_TOKEN]}),
        ({"a": TOKEN, "b": NUMBER_TOKEN, "c": None, "d": True}, {"a": TOKEN, "b": NUMBER_TOKEN, "c": None, "d": True}),
    ],
    ids=repr,
)
def test_payloads(document: Any, rendered: Any) -> None:
    assert payload(document, VARIABLES) == rendered


def test_a_unique_name_fits_the_limit_of_the_service() -> None:
    longest = "x" * 27 + "-" + "0" * 32 + "-" + "99"
    assert len(longest) == 63


def test_an_unread_output_has_no_variable() -> None:
    with pytest.raises(KeyError, match="Nobody"):
        expression(StepOutput("Nobody", "A"), VARIABLES)
