import json
from typing import Any

import pytest

from constructs_lib.definitions import (
    EXECUTION_ARN,
    EXECUTION_NAME,
    EXECUTION_START_TIME,
    PIPELINE_ARN,
    TASK_TOKEN,
    ExecutionInput,
    FailStep,
    Join,
    JsonGet,
    StepOutput,
    UniqueName,
)
from constructs_lib.rendering.pipelines.expressions import Expressions
from tests.constructs_lib.samples import TOKEN, evaluation, function, pipeline, training

STEPS = [evaluation("E"), training("T"), function("F", outputs={"rows": "integer"})]
EXPRESSIONS = Expressions(pipeline(*STEPS))


@pytest.mark.parametrize(
    ("value", "document"),
    [
        ("text", "text"),
        (TOKEN, TOKEN),
        (None, None),
        ({"a": (1, True)}, {"a": [1, True]}),
        (ExecutionInput("A"), {"Get": "Parameters.A"}),
        (PIPELINE_ARN, {"Get": "Execution.PipelineArn"}),
        (EXECUTION_ARN, {"Get": "Execution.PipelineExecutionArn"}),
        (EXECUTION_NAME, {"Get": "Execution.PipelineExecutionId"}),
        (EXECUTION_START_TIME, {"Get": "Execution.StartDateTime"}),
        (
            StepOutput("E", "ProcessingOutputConfig.Outputs[0].S3Output.S3Uri"),
            {"Get": "Steps.E.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"},
        ),
        (
            StepOutput("E", "ProcessingOutputConfig.Outputs[9].OutputName"),
            {"Get": "Steps.E.ProcessingOutputConfig.Outputs[9].OutputName"},
        ),
        (StepOutput("T", "ModelArtifacts.S3ModelArtifacts"), {"Get": "Steps.T.ModelArtifacts.S3ModelArtifacts"}),
        (StepOutput("F", "Payload.rows"), {"Get": "Steps.F.OutputParameters['rows']"}),
        (
            JsonGet("E", "Report", "a.b"),
            {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.E.PropertyFiles.Report"}, "Path": "a.b"}},
        ),
        (
            Join("/", ["s3:/", Join("-", [ExecutionInput("A"), 1])]),
            {
                "Std:Join": {
                    "On": "/",
                    "Values": ["s3:/", {"Std:Join": {"On": "-", "Values": [{"Get": "Parameters.A"}, 1]}}],
                }
            },
        ),
        (
            UniqueName("house"),
            {"Std:Join": {"On": "-", "Values": ["house", {"Get": "Execution.PipelineExecutionId"}]}},
        ),
    ],
)
def test_values(value: Any, document: Any) -> None:
    assert json.loads(EXPRESSIONS.json(value)) == document


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError) as raised:
        Expressions(pipeline(FailStep(name="Stop"))).json(TASK_TOKEN)
    assert str(raised.value.__cause__) == "ContextValue('Task.Token') has no form in SageMaker Pipelines"
