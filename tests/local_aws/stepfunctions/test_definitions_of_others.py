"""Definitions that other tools wrote: the Data Science SDK's export, the CDK's template, AWS's own samples."""

import json
from typing import Any

from tests.local_aws.stepfunctions.stand_ins import HandlerError
from tests.local_aws.stepfunctions.states.test_parallel import training_job
from tests.local_aws.stepfunctions.workbench import Workbench, until


def byoc(function: str, job: dict[str, Any]) -> dict[str, Any]:
    """The bring-your-own-container workflow, as the Data Science SDK exports such a chain."""
    return {
        "StartAt": "Calls CodeBuild to Build Container",
        "States": {
            "Calls CodeBuild to Build Container": {
                "Parameters": {
                    "FunctionName": function,
                    "Payload": {"IMAGE_REPO": "sm-container-maskrcnn", "IMAGE_TAG": "torch"},
                },
                "Resource": "arn:aws:states:::lambda:invoke",
                "Type": "Task",
                "Next": "Train Step",
                "Retry": [
                    {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 15, "MaxAttempts": 2, "BackoffRate": 4.0}
                ],
                "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "LambdaTaskFailed"}],
            },
            "Train Step": {
                "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                "Parameters": {
                    **{key: value for key, value in job.items() if key != "TrainingJobName"},
                    "HyperParameters": {"num_epochs": "1", "num_classes": "2"},
                    "InputDataConfig": [
                        {
                            "ChannelName": "training",
                            "DataSource": {
                                "S3DataSource": {
                                    "S3DataDistributionType": "FullyReplicated",
                                    "S3DataType": "S3Prefix",
                                    "S3Uri": "s3://bucket/PennFudanPed",
                                }
                            },
                        }
                    ],
                    "TrainingJobName.$": "$$.Execution.Input['JobName']",
                },
                "Type": "Task",
                "Next": "Save model",
            },
            "Save model": {
                "Parameters": {
                    "ExecutionRoleArn": job["RoleArn"],
                    "ModelName.$": "$$.Execution.Input['ModelName']",
                    "PrimaryContainer": {
                        "Environment": {},
                        "Image": job["AlgorithmSpecification"]["TrainingImage"],
                        "ModelDataUrl.$": "$['ModelArtifacts']['S3ModelArtifacts']",
                    },
                },
                "Resource": "arn:aws:states:::sagemaker:createModel",
                "Type": "Task",
                "Next": "Create Endpoint Config",
            },
            "Create Endpoint Config": {
                "Resource": "arn:aws:states:::sagemaker:createEndpointConfig",
                "Parameters": {
                    "EndpointConfigName.$": "$$.Execution.Input['ModelName']",
                    "ProductionVariants": [
                        {
                            "InitialInstanceCount": 1,
                            "InstanceType": "ml.m5.large",
                            "ModelName.$": "$$.Execution.Input['ModelName']",
                            "VariantName": "AllTraffic",
                        }
                    ],
                },
                "Type": "Task",
                "Next": "Create Endpoint",
            },
            "Create Endpoint": {
                "Resource": "arn:aws:states:::sagemaker:createEndpoint",
                "Parameters": {
                    "EndpointConfigName.$": "$$.Execution.Input['ModelName']",
                    "EndpointName.$": "$$.Execution.Input['EndpointName']",
                },
                "Type": "Task",
                "End": True,
            },
            "LambdaTaskFailed": {"Comment": "Lambda Task Failed", "Type": "Fail"},
        },
    }


NAMES = {"JobName": "byoc-job", "ModelName": "byoc-model", "EndpointName": "byoc-endpoint"}


def test_the_container_workflow_of_the_data_science_sdk(bench: Workbench) -> None:
    calls: list[Any] = []

    def build(event: Any) -> Any:
        calls.append(event)
        if len(calls) == 1:
            raise HandlerError("BuildStillRuns", "try again")
        return {"built": True}

    machine = bench.machine(byoc(bench.function(build), training_job("unused")))
    execution = bench.start(machine, NAMES)
    bench.at(execution, "TaskFailed")
    bench.clock.advance(16)
    until(lambda: "byoc-job" in bench.training.jobs)
    assert bench.training.jobs["byoc-job"]["HyperParameters"] == {"num_epochs": "1", "num_classes": "2"}
    bench.training.end("byoc-job")
    result = bench.ended(execution)
    assert result.status == "SUCCEEDED", result.cause
    assert result.output["EndpointArn"].endswith(":endpoint/byoc-endpoint")
    scheduled = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])
        for event in result.events
        if event["type"] == "TaskScheduled"
    ]
    assert scheduled[3]["PrimaryContainer"]["ModelDataUrl"] == "s3://bucket/byoc-job/model.tar.gz"
    names = [
        event["stateEnteredEventDetails"]["name"] for event in result.events if event["type"] == "TaskStateEntered"
    ]
    assert names == list(byoc("f", training_job("x"))["States"])[:5]


def test_its_failing_build(bench: Workbench) -> None:
    def build(_event: Any) -> None:
        raise HandlerError("BuildFailed", "no")

    result = bench.ended(
        bench.start(bench.machine(byoc(bench.function(build), training_job("unused"))), {**NAMES, "JobName": "never"}),
        skip=True,
    )
    assert (result.status, result.error, result.cause) == ("FAILED", None, None)
    assert result.types.count("TaskFailed") == 3
    assert result.types[-2:] == ["FailStateEntered", "ExecutionFailed"]
    assert "never" not in bench.training.jobs


def test_what_the_cdk_writes(bench: Workbench) -> None:
    """aws_stepfunctions: LambdaInvoke with its own retries, a Map, a Choice, a CallAwsService, variables."""
    function = bench.function(lambda event: {"n": event["n"] + 1})
    definition = {
        "StartAt": "Invoke",
        "TimeoutSeconds": 300,
        "States": {
            "Invoke": {
                "Next": "Enough?",
                "Retry": [
                    {
                        "ErrorEquals": [
                            "Lambda.ClientExecutionTimeoutException",
                            "Lambda.ServiceException",
                            "Lambda.AWSLambdaException",
                            "Lambda.SdkClientException",
                        ],
                        "IntervalSeconds": 2,
                        "MaxAttempts": 6,
                        "BackoffRate": 2,
                    }
                ],
                "Type": "Task",
                "OutputPath": "$.Payload",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": function, "Payload.$": "$"},
            },
            "Enough?": {
                "Type": "Choice",
                "Choices": [{"Not": {"Variable": "$.n", "NumericGreaterThanEquals": 3}, "Next": "Invoke"}],
                "Default": "List",
            },
            "List": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets",
                "Parameters": {},
                "ResultSelector": {"names.$": "$.Buckets[*].Name"},
                "ResultPath": "$.buckets",
                "Next": "Each",
            },
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.buckets.names",
                "ItemSelector": {"name.$": "$$.Map.Item.Value"},
                "MaxConcurrency": 5,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": "Keep",
                    "States": {"Keep": {"Type": "Pass", "End": True}},
                },
                "ResultPath": "$.each",
                "End": True,
            },
        },
    }
    bench.client("s3").create_bucket(Bucket="written-by-the-cdk")
    output = bench.run(definition, {"n": 0}).output
    assert output["n"] == 3
    assert {"name": "written-by-the-cdk"} in output["each"]


def test_the_processing_workflow_s_choice_on_a_job_s_status(bench: Workbench) -> None:
    definition = {
        "StartAt": "Describe",
        "States": {
            "Describe": {"Type": "Pass", "Next": "Check"},
            "Check": {
                "Type": "Choice",
                "Choices": [
                    {
                        "And": [
                            {"Variable": "$['ProcessingJobStatus']", "StringEquals": "Completed"},
                            {"Variable": "$.metrics.accuracy", "NumericGreaterThanPath": "$.threshold"},
                        ],
                        "Next": "Good",
                    }
                ],
                "Default": "ML Workflow failed",
            },
            "Good": {"Type": "Succeed"},
            "ML Workflow failed": {"Type": "Fail", "Cause": "SageMakerProcessingJobFailed"},
        },
    }
    given = {"ProcessingJobStatus": "Completed", "metrics": {"accuracy": 0.9}, "threshold": 0.8}
    assert bench.run(definition, given).status == "SUCCEEDED"
    failed = bench.run(definition, {**given, "ProcessingJobStatus": "Failed"})
    assert (failed.status, failed.cause) == ("FAILED", "SageMakerProcessingJobFailed")
