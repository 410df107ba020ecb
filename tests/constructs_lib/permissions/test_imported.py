"""The permissions of state machines that other tools wrote."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.definitions import DefinitionError, ImportedDefinition
from constructs_lib.permissions import engine_statements, map_statements
from tests.constructs_lib.samples import PLACE

EXPORTED = Path(__file__).parents[1] / "definitions" / "exported" / "processing.json"
HERE = "eu-west-1:111122223333"
RULES = f"arn:aws:events:{HERE}:rule/"
RULE_ACTIONS = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
INVOKE = ["lambda:InvokeFunction"]


def statements(definition: ImportedDefinition) -> list[tuple[list[str], list[str]]]:
    return [(list(found.actions), list(found.resources)) for found in engine_statements(definition, **PLACE)]


def of_call(resource: str, request: dict[str, Any]) -> list[tuple[list[str], list[str]]]:
    state = {"Type": "Task", "Resource": resource, "Parameters": request, "End": True}
    return statements(ImportedDefinition(name="one", document={"StartAt": "A", "States": {"A": state}}))


def job_actions(job: str) -> list[str]:
    return ["sagemaker:AddTags", *(f"sagemaker:{verb}{job}" for verb in ("Create", "Describe", "Stop"))]


def test_an_exported_workflow() -> None:
    found = statements(ImportedDefinition.from_file("processing", EXPORTED))

    rules = [f"{RULES}StepFunctionsGetEventsForSageMaker{kind}JobsRule" for kind in ("Processing", "Training")]
    roles = [f"arn:aws:iam::111122223333:role/{name}" for name in ("processing", "serving", "training")]
    assert found == [
        (job_actions("ProcessingJob"), [f"arn:aws:sagemaker:{HERE}:processing-job/*"]),
        (RULE_ACTIONS, rules),
        (["iam:PassRole"], roles),
        (["sagemaker:CreateModel"], [f"arn:aws:sagemaker:{HERE}:model/*"]),
        (["sns:Publish"], [f"arn:aws:sns:{HERE}:told"]),
        (job_actions("TrainingJob"), [f"arn:aws:sagemaker:{HERE}:training-job/*"]),
        (INVOKE, [f"arn:aws:lambda:{HERE}:function:check"]),
    ]


@pytest.mark.parametrize(
    ("resource", "request_", "expected"),
    [
        (
            f"arn:aws:lambda:{HERE}:function:work:live",
            {},
            [(INVOKE, [f"arn:aws:lambda:{HERE}:function:work:live"])],
        ),
        (
            "arn:aws:states:::lambda:invoke",
            {"FunctionName": "work", "Qualifier": "live"},
            [(INVOKE, [f"arn:aws:lambda:{HERE}:function:work:live"])],
        ),
        (
            "arn:aws:states:::lambda:invoke",
            {"FunctionName": f"arn:aws:lambda:{HERE}:function:work", "Qualifier.$": "$.q"},
            [(INVOKE, [f"arn:aws:lambda:{HERE}:function:work:*"])],
        ),
        ("arn:aws:states:::lambda:invoke", {"FunctionName.$": "$.f"}, [(INVOKE, ["*"])]),
        (
            "arn:aws:states:::sqs:sendMessage",
            {"QueueUrl": "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q"},
            [(["sqs:SendMessage"], ["arn:aws-cn:sqs:cn-north-1:111122223333:q"])],
        ),
        ("arn:aws:states:::sqs:sendMessage", {"QueueUrl.$": "$.q"}, [(["sqs:SendMessage"], ["*"])]),
        (
            "arn:aws:states:::events:putEvents",
            {"Entries": [{"Source": "a"}, {"EventBusName": "Own"}]},
            [
                (
                    ["events:PutEvents"],
                    [f"arn:aws:events:{HERE}:event-bus/default", f"arn:aws:events:{HERE}:event-bus/Own"],
                )
            ],
        ),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            {"StateMachineArn": f"arn:aws:states:{HERE}:stateMachine:other"},
            [
                (["states:StartExecution"], [f"arn:aws:states:{HERE}:stateMachine:other"]),
                (["states:DescribeExecution", "states:StopExecution"], [f"arn:aws:states:{HERE}:execution:other:*"]),
                (RULE_ACTIONS, [f"{RULES}StepFunctionsGetEventsForStepFunctionsExecutionRule"]),
            ],
        ),
        (
            "arn:aws:states:::codebuild:startBuild.sync",
            {"ProjectName": "Build"},
            [
                (
                    ["codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"],
                    [f"arn:aws:codebuild:{HERE}:project/Build"],
                ),
                (RULE_ACTIONS, [f"{RULES}StepFunctionsGetEventForCodeBuildStartBuildRule"]),
            ],
        ),
        (
            "arn:aws:states:::dynamodb:putItem",
            {"TableName": "Runs"},
            [(["dynamodb:PutItem"], [f"arn:aws:dynamodb:{HERE}:table/Runs"])],
        ),
        (
            "arn:aws:states:::aws-sdk:s3:getObject",
            {"Bucket": "b", "Key.$": "$.k"},
            [(["s3:GetObject"], ["arn:aws:s3:::b/*"])],
        ),
        ("arn:aws:states:::aws-sdk:sfn:listStateMachines", {}, [(["states:ListStateMachines"], ["*"])]),
        (
            "arn:aws:states:::sagemaker:updateEndpoint",
            {"EndpointName": "e", "EndpointConfigName": "c"},
            [
                (
                    ["sagemaker:UpdateEndpoint"],
                    [f"arn:aws:sagemaker:{HERE}:endpoint/e", f"arn:aws:sagemaker:{HERE}:endpoint-config/c"],
                )
            ],
        ),
        (
            "arn:aws:states:::sagemaker:createHyperParameterTuningJob",
            {"HyperParameterTuningJobName": "t", "TrainingJobDefinition": {"RoleArn.$": "$.role"}, "Tags": []},
            [
                (
                    ["sagemaker:CreateHyperParameterTuningJob", "sagemaker:AddTags"],
                    [f"arn:aws:sagemaker:{HERE}:hyper-parameter-tuning-job/t"],
                ),
                (["iam:PassRole"], ["*"]),
            ],
        ),
    ],
)
def test_what_calls_need(resource: str, request_: dict[str, Any], expected: list[tuple[list[str], list[str]]]) -> None:
    found = of_call(resource, request_)

    assert [(sorted(actions), resources) for actions, resources in found] == [
        (sorted(actions), resources) for actions, resources in expected
    ]


def test_a_role_that_is_not_known_is_passed_to_the_service_alone() -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createModel",
        "Parameters": {"ModelName": "m", "ExecutionRoleArn.$": "$.role"},
        "End": True,
    }
    definition = ImportedDefinition(name="one", document={"StartAt": "A", "States": {"A": state}})

    passed = engine_statements(definition, **PLACE)[1].to_dict()

    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com"]}}


def test_calls_whose_permissions_are_not_known_are_named() -> None:
    message = "A: Resource: got arn:aws:states:::glue:startJobRun.sync, whose permissions are not known"
    with pytest.raises(DefinitionError, match=message):
        of_call("arn:aws:states:::glue:startJobRun.sync", {"JobName": "j"})


def test_activities_need_nothing() -> None:
    assert of_call(f"arn:aws:states:{HERE}:activity:paint", {}) == []


def test_distributed_maps_read_write_and_start_executions() -> None:
    processor = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    distributed = {**processor, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    listed = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:listObjectsV2",
            "Parameters": {"Bucket": "raw", "Prefix": "in/"},
        },
        "ItemProcessor": distributed,
        "Label": "Listed",
        "Next": "Rows",
    }
    inventory = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "MANIFEST"},
        "Parameters": {"Bucket": "lists", "Key.$": "$.key"},
    }
    second = json.loads(json.dumps(distributed).replace('"P"', '"Q"'))
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket.$": "$.bucket", "Prefix": "out"}}
    rows = {"Type": "Map", "ItemReader": inventory, "ItemProcessor": second, "ResultWriter": writer, "Next": "Inline"}
    third = json.loads(json.dumps(processor).replace('"P"', '"R"'))
    inline = {"Type": "Map", "ItemProcessor": third, "Next": "List"}
    fourth = json.loads(json.dumps(distributed).replace('"P"', '"S"'))
    # its items are in the state's data, and its results take no place
    given = {"Type": "Map", "ItemProcessor": fourth, "ResultWriter": {"WriterConfig": {}}, "Label": "L", "End": True}
    states = {"Listed": listed, "Rows": rows, "Inline": inline, "List": given}
    definition = ImportedDefinition(name="maps", document={"StartAt": "Listed", "States": states})

    assert statements(definition) == [
        (["s3:ListBucket"], ["arn:aws:s3:::raw"]),
        (["s3:GetObject"], ["arn:aws:s3:::lists/*"]),
        (
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            ["arn:aws:s3:::*/out/*"],
        ),
    ]
    own = map_statements(definition, state_machine_name="maps", **PLACE)
    assert [list(found.resources) for found in own] == [
        [f"arn:aws:states:{HERE}:stateMachine:maps"],
        [f"arn:aws:states:{HERE}:execution:maps:*"],
        [f"arn:aws:states:{HERE}:execution:maps/{label}:*" for label in ("Listed", "*", "L")],
    ]
