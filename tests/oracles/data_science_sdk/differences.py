"""Where our two workflows differ from what the Data Science SDK makes of the same chains, and why.

By workflow, then by reason. Nothing else may differ, and each of these must (`test_definitions`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.oracles.data_science_sdk.comparing import ABSENT, Difference

_PREPROCESSING = "SageMaker pre-processing step"
_ANOMALIES = "SageMaker anomaly detection step"
_FEATURES = "SageMaker feature selection step"
_TRAINING = "SageMaker Training Step"
_EVALUATION = "SageMaker Processing Model Evaluation step"
_FORK = f"{_ANOMALIES}: side by side"
_PROCESSING = (_PREPROCESSING, _ANOMALIES, _FEATURES, _EVALUATION)
_FAILED = "ML Workflow failed"
_BUILD = "Calls CodeBuild to Build Container"
_TRAIN = "Train Step"
_MODEL = "Save model"
_CONFIG = "Create Endpoint Config"
_ENDPOINT = "Create Endpoint"
_IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/images@sha256:" + "0" * 64
_INPUTS = "Parameters.ProcessingInputs"
_OUTPUTS = "Parameters.ProcessingOutputConfig.Outputs"
_SERVED = "Parameters.PrimaryContainer"
_ALGORITHM = "Parameters.AlgorithmSpecification"

_NOTATION = "the input's member by its name: the same reference in the shorter of its two notations"
_VARIABLES = "results are kept in variables, so that every later step can read them and the states' data stays small"
_SAID = "what the service would take anyway is said, or not said, in the request"
_DEBUGGER = "no debugger: its hook writes tensors that nobody reads, from frameworks that these containers do not have"
_ENCRYPTED = "instances of a job talk to each other encrypted unless told otherwise"
_APART = "executions do not write over each other's files: each has a prefix of its own"
_CAUGHT = "a failed execution keeps the error that was caught, not only the step that it ended in"


def _each(states: Iterable[str], path: str, theirs: Any, ours: Any) -> list[Difference]:
    """The same difference in several states."""
    return [Difference(state, path, theirs, ours) for state in states]


def _named(state: str, path: str, name: str) -> Difference:
    """A member of the execution input, in both notations."""
    return Difference(state, path, f"read: $$.Execution.Input['{name}']", f"read: $$.Execution.Input.{name}")


def _prefixed(state: str, path: str, folder: str) -> Difference:
    """A folder in S3, which is the execution's own in ours."""
    ours = f"read: States.Format('s3://data-bucket/{{}}/{folder}', $$.Execution.Name)"
    return Difference(state, path, f"s3://data-bucket/{folder}", ours)


_SKLEARN_PROCESSING: Mapping[str, list[Difference]] = {
    _NOTATION: [
        _named(_PREPROCESSING, "Parameters.ProcessingJobName", "PreprocessingJobName"),
        _named(_TRAINING, "Parameters.TrainingJobName", "TrainingJobName"),
        _named(_EVALUATION, "Parameters.ProcessingJobName", "EvaluationProcessingJobName"),
    ],
    "the SDK has no name that is unique to an execution: one that is baked in serves once": [
        Difference(
            state,
            "Parameters.ProcessingJobName",
            prefix,
            f"read: States.Format('{prefix}-{{}}-{{}}', States.Hash($$.Execution.Id, 'MD5'), $$.State.RetryCount)",
        )
        for state, prefix in ((_ANOMALIES, "anomaly-detection"), (_FEATURES, "feature-selection"))
    ],
    "the model that is evaluated is the one that was trained (the original bakes one into the definition)": [
        Difference(
            _EVALUATION,
            f"{_INPUTS}[0].S3Input.S3Uri",
            "s3://data-bucket/models/model.tar.gz",
            "read: $SageMakerTrainingStep.S3ModelArtifacts",
        )
    ],
    _APART: [
        _prefixed(_PREPROCESSING, f"{_OUTPUTS}[0].S3Output.S3Uri", "train_data"),
        _prefixed(_PREPROCESSING, f"{_OUTPUTS}[1].S3Output.S3Uri", "test_data"),
        _prefixed(_ANOMALIES, f"{_INPUTS}[0].S3Input.S3Uri", "train_data"),
        _prefixed(_ANOMALIES, f"{_OUTPUTS}[0].S3Output.S3Uri", "anomalies"),
        _prefixed(_FEATURES, f"{_INPUTS}[0].S3Input.S3Uri", "train_data"),
        _prefixed(_FEATURES, f"{_OUTPUTS}[0].S3Output.S3Uri", "features"),
        _prefixed(_TRAINING, "Parameters.InputDataConfig[0].DataSource.S3DataSource.S3Uri", "train_data"),
        _prefixed(_TRAINING, "Parameters.InputDataConfig[1].DataSource.S3DataSource.S3Uri", "anomalies"),
        _prefixed(_TRAINING, "Parameters.InputDataConfig[2].DataSource.S3DataSource.S3Uri", "features"),
        _prefixed(_EVALUATION, f"{_INPUTS}[1].S3Input.S3Uri", "test_data"),
        _prefixed(_EVALUATION, f"{_INPUTS}[2].S3Input.S3Uri", "features"),
        _prefixed(_EVALUATION, f"{_OUTPUTS}[0].S3Output.S3Uri", "evaluation"),
        Difference(
            "Read evaluation.json",
            "Parameters.Key",
            "evaluation/evaluation.json",
            "read: States.Format('{}/evaluation/evaluation.json', $$.Execution.Name)",
        ),
    ],
    _VARIABLES: [
        *_each(
            (*_PROCESSING, _FORK, _TRAINING, "Tell of the model"),
            "ResultPath",
            ABSENT,
            None,
        ),
        Difference(
            _PREPROCESSING,
            "Assign",
            ABSENT,
            {"SageMakerPreProcessingStep": {"ProcessingJobStatus.$": "$.ProcessingJobStatus"}},
        ),
        Difference(
            "Pre-processing completed?",
            "Choices[0].Variable",
            "$.ProcessingJobStatus",
            "$SageMakerPreProcessingStep.ProcessingJobStatus",
        ),
        Difference(
            _TRAINING,
            "Assign",
            ABSENT,
            {"SageMakerTrainingStep": {"S3ModelArtifacts.$": "$.ModelArtifacts.S3ModelArtifacts"}},
        ),
        Difference("Read evaluation.json", "ResultSelector", ABSENT, {"Document.$": "States.StringToJson($.Body)"}),
        Difference("Read evaluation.json: keep", "Parameters", {"Document.$": "States.StringToJson($.Body)"}, ABSENT),
        Difference(
            "Read evaluation.json: keep",
            "Assign",
            ABSENT,
            {"ReadEvaluationJson": {"accuracy.$": "$.Document.accuracy", "roc_auc.$": "$.Document.roc_auc"}},
        ),
        Difference("Accurate enough?", "Choices[0].Variable", "$.Document.accuracy", "$ReadEvaluationJson.accuracy"),
        Difference(
            "Tell of the model",
            "Parameters.Message.accuracy",
            "read: $.Document.accuracy",
            "read: $ReadEvaluationJson.accuracy",
        ),
        Difference(
            "Tell of the model",
            "Parameters.Message.roc_auc",
            "read: $.Document.roc_auc",
            "read: $ReadEvaluationJson.roc_auc",
        ),
    ],
    _SAID: [
        *_each(_PROCESSING, f"{_INPUTS}[0].AppManaged", False, ABSENT),
        *_each(_PROCESSING, f"{_INPUTS}[1].AppManaged", False, ABSENT),
        *_each((_EVALUATION,), f"{_INPUTS}[2].AppManaged", False, ABSENT),
        *_each((_EVALUATION,), f"{_INPUTS}[3].AppManaged", False, ABSENT),
        *_each(_PROCESSING, f"{_OUTPUTS}[0].AppManaged", False, ABSENT),
        *_each((_PREPROCESSING,), f"{_OUTPUTS}[1].AppManaged", False, ABSENT),
        *_each((_TRAINING,), "Parameters.EnableNetworkIsolation", ABSENT, False),
    ],
    _DEBUGGER: _each((_TRAINING,), "Parameters.DebugHookConfig", {"S3OutputPath": "s3://data-bucket/models"}, ABSENT),
    _ENCRYPTED: [
        *_each(
            _PROCESSING,
            "Parameters.NetworkConfig",
            ABSENT,
            {"EnableInterContainerTrafficEncryption": True, "EnableNetworkIsolation": False},
        ),
        *_each((_TRAINING,), "Parameters.EnableInterContainerTrafficEncryption", ABSENT, True),
    ],
    _CAUGHT: _each((_FAILED,), "ErrorPath", ABSENT, "$.Error"),
    "a branch tells what it caught by failing with an error of its own, which the Parallel state catches": [
        *(
            Difference(
                state,
                "Catch",
                ABSENT,
                [{"ErrorEquals": ["States.TaskFailed"], "Next": f"{state}: caught"}],
            )
            for state in (_ANOMALIES, _FEATURES)
        ),
        *_each(
            (f"{_ANOMALIES}: caught", f"{_FEATURES}: caught"),
            "",
            ABSENT,
            {"Type": "Fail", "Error": f"{_FAILED}: caught", "CausePath": "States.JsonToString($)"},
        ),
        Difference(_FORK, "Catch[0].ErrorEquals[0]", "States.TaskFailed", f"{_FAILED}: caught"),
        Difference(_FORK, "Catch[0].Next", _FAILED, f"{_FAILED}: caught"),
        Difference(
            f"{_FAILED}: caught",
            "",
            ABSENT,
            {
                "Type": "Pass",
                "Parameters": {"Caught.$": "States.StringToJson($.Cause)"},
                "OutputPath": "$.Caught",
                "Next": _FAILED,
            },
        ),
    ],
}

_BYOC_HOUSING: Mapping[str, list[Difference]] = {
    _NOTATION: [
        _named(_TRAIN, "Parameters.TrainingJobName", "JobName"),
        _named(_MODEL, "Parameters.ModelName", "ModelName"),
        _named(_CONFIG, "Parameters.EndpointConfigName", "ModelName"),
        _named(_CONFIG, "Parameters.ProductionVariants[0].ModelName", "ModelName"),
        _named(_ENDPOINT, "Parameters.EndpointConfigName", "ModelName"),
        _named(_ENDPOINT, "Parameters.EndpointName", "EndpointName"),
    ],
    "the build calls back when it has ended: no function waits, and a failed build fails the step": [
        Difference(
            _BUILD,
            "Resource",
            "arn:aws:states:::lambda:invoke",
            "arn:aws:states:::lambda:invoke.waitForTaskToken",
        ),
        Difference(_BUILD, "Parameters.Payload.TaskToken", ABSENT, "read: $$.Task.Token"),
        Difference(_BUILD, "TimeoutSeconds", ABSENT, 7200),
    ],
    "what is trained and served is the image that was built, by digest (the original's defect: a tag that moves)": [
        Difference(_TRAIN, f"{_ALGORITHM}.TrainingImage", _IMAGE, "read: $CallsCodeBuildToBuildContainer.ImageUri"),
        Difference(_MODEL, f"{_SERVED}.Image", _IMAGE, "read: $CallsCodeBuildToBuildContainer.ImageUri"),
    ],
    "the model that is served is the one that was trained (the original bakes one into the definition)": [
        Difference(
            _MODEL, f"{_SERVED}.ModelDataUrl", "s3://data-bucket/model.tar.gz", "read: $TrainStep.S3ModelArtifacts"
        ),
    ],
    _VARIABLES: [
        *_each((_BUILD, _TRAIN, _MODEL, _CONFIG, _ENDPOINT), "ResultPath", ABSENT, None),
        Difference(_BUILD, "Assign", ABSENT, {"CallsCodeBuildToBuildContainer": {"ImageUri.$": "$.ImageUri"}}),
        Difference(
            _TRAIN, "Assign", ABSENT, {"TrainStep": {"S3ModelArtifacts.$": "$.ModelArtifacts.S3ModelArtifacts"}}
        ),
    ],
    _SAID: [
        Difference(_TRAIN, "Parameters.EnableNetworkIsolation", ABSENT, False),
        Difference(_MODEL, "Parameters.EnableNetworkIsolation", ABSENT, False),
        Difference(_MODEL, f"{_SERVED}.Environment", {}, ABSENT),
        Difference(_CONFIG, "Parameters.ProductionVariants[0].InitialVariantWeight", ABSENT, 1.0),
    ],
    "the training job's metrics are read from its log": [
        Difference(
            _TRAIN,
            f"{_ALGORITHM}.MetricDefinitions",
            ABSENT,
            [
                {"Name": "train:rmse", "Regex": "train-rmse=([0-9\\.]+)"},
                {"Name": "validation:rmse", "Regex": "validation-rmse=([0-9\\.]+)"},
                {"Name": "validation:mae", "Regex": "validation-mae=([0-9\\.]+)"},
            ],
        ),
    ],
    _DEBUGGER: _each((_TRAIN,), "Parameters.DebugHookConfig", {"S3OutputPath": "s3://data-bucket/models"}, ABSENT),
    _ENCRYPTED: _each((_TRAIN,), "Parameters.EnableInterContainerTrafficEncryption", ABSENT, True),
    _CAUGHT: [
        Difference("LambdaTaskFailed", "ErrorPath", ABSENT, "$.Error"),
        Difference("LambdaTaskFailed", "CausePath", ABSENT, "$.Cause"),
    ],
    "an execution that succeeded has an endpoint in service: AWS has no .sync for it, so states ask until it is": [
        Difference(_ENDPOINT, "End", True, ABSENT),
        Difference(_ENDPOINT, "Next", ABSENT, f"{_ENDPOINT}: describe"),
        Difference(
            f"{_ENDPOINT}: describe",
            "",
            ABSENT,
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
                "Parameters": {"EndpointName.$": "$$.Execution.Input.EndpointName"},
                "Retry": [
                    {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 2.0}
                ],
                "Next": f"{_ENDPOINT}: in service?",
            },
        ),
        Difference(
            f"{_ENDPOINT}: in service?",
            "",
            ABSENT,
            {
                "Type": "Choice",
                "Choices": [
                    {
                        "Variable": "$.EndpointStatus",
                        "StringEquals": "InService",
                        "Next": f"{_ENDPOINT}: in service",
                    },
                    *(
                        {"Variable": "$.EndpointStatus", "StringEquals": status, "Next": f"{_ENDPOINT}: wait"}
                        for status in ("Creating", "Updating", "SystemUpdating", "RollingBack")
                    ),
                    {"Variable": "$.FailureReason", "IsPresent": True, "Next": f"{_ENDPOINT}: failed"},
                ],
                "Default": f"{_ENDPOINT}: not in service",
            },
        ),
        Difference(f"{_ENDPOINT}: wait", "", ABSENT, {"Type": "Wait", "Seconds": 5, "Next": f"{_ENDPOINT}: describe"}),
        Difference(
            f"{_ENDPOINT}: failed",
            "",
            ABSENT,
            {
                "Type": "Fail",
                "Error": "EndpointFailed",
                "CausePath": "States.Format('endpoint is {}: {}', $.EndpointStatus, $.FailureReason)",
            },
        ),
        Difference(
            f"{_ENDPOINT}: not in service",
            "",
            ABSENT,
            {
                "Type": "Fail",
                "Error": "EndpointFailed",
                "CausePath": "States.Format('endpoint is {}', $.EndpointStatus)",
            },
        ),
        Difference(f"{_ENDPOINT}: in service", "", ABSENT, {"Type": "Succeed"}),
    ],
}

DIFFERENCES: Mapping[str, Mapping[str, list[Difference]]] = {
    "byoc-housing": _BYOC_HOUSING,
    "sklearn-processing": _SKLEARN_PROCESSING,
}
"""By workflow and by reason."""
