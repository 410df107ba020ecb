from typing import Any

import pytest

from constructs_lib.definitions import (
    EXECUTION_NAME,
    Channel,
    ComputeResources,
    DataCapture,
    ExecutionInput,
    Join,
    StepOutput,
    UniqueName,
)
from tests.constructs_lib.samples import (
    FUNCTION,
    LIST_TOKEN,
    NUMBER_TOKEN,
    ROLE,
    TOKEN,
    config,
    endpoint,
    function,
    model,
    problems,
    training,
    tuning,
    variant,
)

SPEC = "AlgorithmSpecification"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"job_name": "under_score"},
            "TrainingJobName: got 'under_score', expected a text that matches [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        ),
        ({"job_name": "x" * 64}, "TrainingJobName: got 64 characters, expected 1 to 63"),
        (
            {"compute": ComputeResources(instance_type="ml.m5.lrge")},
            "ResourceConfig.InstanceType: got 'ml.m5.lrge', expected one of",
        ),
        (
            {"compute": ComputeResources(instance_type="ml.m5.large", instance_count=1.5)},
            "ResourceConfig.InstanceCount: got 1.5, expected a whole number",
        ),
        (
            {"compute": ComputeResources(instance_type="ml.m5.large", instance_count=-1)},
            "ResourceConfig.InstanceCount: got -1, expected at least 0",
        ),
        ({"max_runtime_seconds": 0}, "StoppingCondition.MaxRuntimeInSeconds: got 0, expected at least 1"),
        (
            {"output_uri": "data/models"},
            "OutputDataConfig.S3OutputPath: got 'data/models', expected a text that matches (https|s3)://([^/]+)/?(.*)",
        ),
        ({"role": "arn:x"}, "RoleArn: got 5 characters, expected 20 to 2048"),
        (
            {"channels": [Channel(name="tr aining", uri="s3://a/b")]},
            "InputDataConfig[0].ChannelName: got 'tr aining', expected a text that matches [A-Za-z0-9\\.\\-_]+",
        ),
        (
            {"channels": [Channel(name=f"c{number}", uri="s3://a/b") for number in range(21)]},
            "InputDataConfig: got 21 elements, expected 1 to 20",
        ),
        (
            {"hyperparameters": {f"h{number}": "1" for number in range(101)}},
            "HyperParameters: got 101 members, expected 0 to 100",
        ),
        ({"hyperparameters": {"h": "x" * 2501}}, "HyperParameters.h: got 2501 characters, expected 0 to 2500"),
        ({"hyperparameters": {"h" * 257: "x"}}, f"HyperParameters.{'h' * 257}: got 257 characters, expected 0 to 256"),
        (
            {"environment": {"a-b": "x"}},
            "Environment.a-b: got 'a-b', expected a text that matches [a-zA-Z_][a-zA-Z0-9_]*",
        ),
        (
            {"tags": {"key!": "x"}},
            "Tags[0].Key: got 'key!', expected a text that matches ([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)",
        ),
        (
            {"additional_request": {"HyperParameter": {}}},
            "HyperParameter: unknown member of CreateTrainingJob; did you mean 'HyperParameters'?",
        ),
        ({"additional_request": {"Zzz": 1}}, "Zzz: unknown member of CreateTrainingJob"),
        (
            {"additional_request": {"CheckpointConfig": {}}},
            "CheckpointConfig.S3Uri: missing, expected a text",
        ),
        ({"additional_request": {"CheckpointConfig": "x"}}, "CheckpointConfig: got 'x', expected an object"),
        (
            {"additional_request": {"EnableManagedSpotTraining": "yes"}},
            "EnableManagedSpotTraining: got 'yes', expected true or false",
        ),
        (
            {"additional_request": {"DebugRuleConfigurations": {}}},
            "DebugRuleConfigurations: got {}, expected a list",
        ),
        (
            {"additional_request": {"RetryStrategy": {"MaximumRetryAttempts": 31}}},
            "RetryStrategy.MaximumRetryAttempts: got 31, expected 1 to 30",
        ),
        (
            {"additional_request": {"RetryStrategy": {"MaximumRetryAttempts": TOKEN}}},
            (
                f"RetryStrategy.MaximumRetryAttempts: got the text token '{TOKEN}', expected a whole number: a token "
                "for a number is made by Token.as_number"
            ),
        ),
        (
            {"additional_request": {"RetryStrategy": {"MaximumRetryAttempts": True}}},
            "RetryStrategy.MaximumRetryAttempts: got True, expected a whole number",
        ),
        ({"additional_request": {"CheckpointConfig": {"S3Uri": 5}}}, "CheckpointConfig.S3Uri: got 5, expected a text"),
        (
            {"additional_request": {"ProfilerConfig": {"ProfilingParameters": "x"}}},
            "ProfilerConfig.ProfilingParameters: got 'x', expected an object",
        ),
    ],
)
def test_requests_fit_the_service(changed: dict[str, Any], message: str) -> None:
    (found,) = problems(training("T", **changed))
    assert found.startswith(f"T: {message}")


def test_requests_fit_the_service_in_every_step() -> None:
    capture = DataCapture(destination_uri="s3://data/captured", sampling_percentage=101, csv_content_types=["csv"])
    found = problems(
        model("M", model_name="a b"),
        config("C", variants=[variant(instance_count=0, startup_timeout_seconds=30)], data_capture=capture),
        config("D", variants=[]),
        endpoint("E", endpoint_name="houses!"),
        function("F", function_arn=f"{FUNCTION}!", qualifier="not legal"),
    )
    assert found == [
        "M: ModelName: got 'a b', expected a text that matches [a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?",
        "C: ProductionVariants[0].InitialInstanceCount: got 0, expected at least 1",
        "C: ProductionVariants[0].ContainerStartupHealthCheckTimeoutInSeconds: got 30, expected 60 to 3600",
        "C: DataCaptureConfig.InitialSamplingPercentage: got 101, expected 0 to 100",
        (
            "C: DataCaptureConfig.CaptureContentTypeHeader.CsvContentTypes[0]: got 'csv', expected a text that matches "
            "[a-zA-Z0-9](-*[a-zA-Z0-9])*\\/[a-zA-Z0-9](-*[a-zA-Z0-9.])*"
        ),
        "D: ProductionVariants: got 0 elements, expected 1 to 10",
        "E: EndpointName: got 'houses!', expected a text that matches [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        *[line for line in found if line.startswith("F: ")],
    ]
    assert [line.partition(": got")[0] for line in found if line.startswith("F: ")] == [
        "F: FunctionName",
        "F: Qualifier",
    ]


def test_requests_fit_the_service_where_a_document_may_be_anything() -> None:
    payload = {"a": {"b.$": "$.x"}, "c": [{"d": object}], "e": {3: 4}}
    found = problems(function("F", payload=payload))
    assert found == [
        "F: Payload.a.b.$: got a key that ends with '.$', which Step Functions takes for a path; use a reference",
        "F: Payload.c[0].d: got <class 'object'>, expected something that JSON can hold",
        "F: Payload.e: got the key 3, expected a text",
    ]


def test_requests_fit_the_service_with_a_role_that_is_missing_for_good() -> None:
    assert problems(training("T", role=None)) == []
    assert problems(training("T", role=TOKEN)) == []


def test_requests_fit_the_service_passing() -> None:
    compute = ComputeResources(instance_type=TOKEN, instance_count=NUMBER_TOKEN, volume_size_gib=NUMBER_TOKEN)
    asked = {
        "CheckpointConfig": {"S3Uri": f"s3://{TOKEN}/checkpoints"},
        "RetryStrategy": {"MaximumRetryAttempts": NUMBER_TOKEN},
        "VpcConfig": {"SecurityGroupIds": [LIST_TOKEN], "Subnets": [LIST_TOKEN]},
        "InfraCheckConfig": {"EnableInfraCheck": True},
    }
    assert (
        problems(
            training(
                "T",
                compute=compute,
                job_name=f"x_{TOKEN}",
                tags={"größe": "äöü", "a": TOKEN},
                additional_request=asked,
                hyperparameters={"eta": Join("", ["0.", ExecutionInput("Digits")])},
            ),
            config("C", variants=[variant(initial_weight=NUMBER_TOKEN)]),
            function("F", payload={"any": [None, True, 1.5, {"x": ExecutionInput("X")}]}),
        )
        == []
    )


def test_references_have_the_type_of_their_place() -> None:
    train = training("T", compute=ComputeResources(instance_type="ml.m5.large", instance_count=ExecutionInput("Count")))
    found = problems(
        train,
        training(
            "U",
            compute=ComputeResources(
                instance_type=ExecutionInput("Number", type="integer"),
                volume_size_gib=ExecutionInput("V", type="number"),
            ),
            max_runtime_seconds=train.output("TrainingJobName"),
            job_name=train.output("TrainingTimeInSeconds"),
        ),
        training("V", max_runtime_seconds=Join("", ["3", "600"])),
        training("W", max_runtime_seconds=UniqueName("a"), additional_request={"VpcConfig": EXECUTION_NAME}),
    )
    hint = "; declare it with type='integer'"
    assert found == [
        (
            "T: ResourceConfig.InstanceCount: got ExecutionInput('Count'), which is a text at run time, expected a "
            f"whole number{hint}"
        ),
        (
            "U: TrainingJobName: got StepOutput(step='T', path='TrainingTimeInSeconds'), which is a whole number at "
            "run time, expected a text"
        ),
        (
            "U: ResourceConfig.InstanceType: got ExecutionInput('Number'), which is a whole number at run time, "
            "expected a text; declare it with type='string'"
        ),
        (
            "U: ResourceConfig.VolumeSizeInGB: got ExecutionInput('V'), which is a number at run time, expected a "
            f"whole number{hint}"
        ),
        (
            "U: StoppingCondition.MaxRuntimeInSeconds: got StepOutput(step='T', path='TrainingJobName'), which is a "
            "text at run time, expected a whole number"
        ),
        (
            "V: StoppingCondition.MaxRuntimeInSeconds: got Join('', ('3', '600')), which is a text at run time, "
            "expected a whole number"
        ),
        (
            "W: StoppingCondition.MaxRuntimeInSeconds: got UniqueName(prefix='a', per_attempt=False), which is a text "
            "at run time, expected a whole number"
        ),
        "W: VpcConfig: got ContextValue('Execution.Name'), which is a text at run time, expected an object",
    ]


def test_references_have_the_type_of_their_place_passing() -> None:
    train, call = training("T"), function("F")
    assert (
        problems(
            call,
            train,
            training(
                "U",
                max_runtime_seconds=train.output("TrainingTimeInSeconds"),
                job_name=call.output("Payload.name"),
                compute=ComputeResources(
                    instance_type=ExecutionInput("Instance"), instance_count=ExecutionInput("Count", type="integer")
                ),
                additional_request={"VpcConfig": train.output("VpcConfig")},
            ),
        )
        == []
    )


def test_references_have_the_type_of_their_place_if_they_lead_anywhere() -> None:
    found = problems(training("T", max_runtime_seconds=StepOutput("Nowhere", "A")), training("U"))
    assert found == ["T: reads 'A' of the step 'Nowhere', which is not in this workflow"]


def test_own_properties_are_not_given_twice() -> None:
    given = {"TrainingJobName": "other", "RoleArn": TOKEN, "HyperParameters": {}}
    inside = {"TrainingJobDefinition": {"RoleArn": ROLE, "OutputDataConfig": {"S3OutputPath": "s3://data/other"}}}
    payload = {"Payload": {"b": 2}}
    twice = "which a property of the step sets already"
    steps = [
        training("T", role=None, additional_request=given),
        tuning("U", role=None, additional_request=inside),
        function("F", payload={"a": 1}, additional_request=payload),
    ]
    assert problems(*steps) == [
        f"T: additional_request: got 'TrainingJobName', {twice}",
        f"T: additional_request: got 'RoleArn', {twice}",
        f"U: additional_request: got 'TrainingJobDefinition.OutputDataConfig.S3OutputPath', {twice}",
        f"U: additional_request: got 'TrainingJobDefinition.RoleArn', {twice}",
        f"F: additional_request: got 'Payload', {twice}",
    ]


def test_own_properties_are_not_given_twice_passing() -> None:
    given = {"EnableManagedSpotTraining": True, "HyperParameters": {"eta": "0.1"}}
    assert (
        problems(training("T", additional_request=given), function("F", additional_request={"LogType": "Tail"})) == []
    )


def test_further_members_stand_in_the_objects_that_a_step_makes() -> None:
    given = {
        "ResourceConfig": {"KeepAlivePeriodInSeconds": 600},
        "OutputDataConfig": {"CompressionType": "NONE"},
        "HyperParameters": {"eta": "0.1"},
    }
    step = training(hyperparameters={"depth": "5"}, additional_request=given)
    assert problems(step) == []
    assert step.request["ResourceConfig"]["InstanceType"] == "ml.m5.large"
    assert step.request["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    assert step.request["OutputDataConfig"] == {"S3OutputPath": "s3://data/models", "CompressionType": "NONE"}
    assert step.request["HyperParameters"] == {"depth": "5", "eta": "0.1"}
    wrong = training("W", additional_request={"OutputDataConfig": {"CompressionType": "XZ"}})
    assert problems(wrong) == ["W: OutputDataConfig.CompressionType: got 'XZ', expected GZIP, NONE"]
