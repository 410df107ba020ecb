"""Every type of step that SageMaker itself carries out: from a tuning job to an endpoint in service."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.sagemaker.pipelines.service_steps import SERVICE_STEPS
from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.pipelines.documents import definition, fail, get, join, training
from tests.local_aws.sagemaker.servers import ECHO, STAGE

_TRAIN = """
import json, os
base = os.environ["SAGEMAKER_BASE_DIR"]
with open(f"{base}/input/config/hyperparameters.json") as file:
    given = json.load(file)
with open(f"{base}/model/model.txt", "w") as file:
    file.write("v1")
print(f"loss={(float(given.get('x', 3)) - 3) ** 2};")
"""


@pytest.fixture(scope="session")
def model_image(account: Account) -> str:
    """An image that trains a model and serves it."""
    return account.engine.image("trains-and-serves", train=_TRAIN, serve=ECHO)


def tuning(image: str, role: str) -> dict[str, Any]:
    """A Tuning step."""
    job = training("unused", image, role)["Arguments"]
    job["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "loss", "Regex": "loss=([0-9.e+-]+);"}]
    config = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
        "ResourceLimits": {"MaxParallelTrainingJobs": 2, "MaxNumberOfTrainingJobs": 2},
        "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "10"}]},
    }
    return {
        "Name": "Tune",
        "Type": "Tuning",
        "Arguments": {"HyperParameterTuningJobConfig": config, "TrainingJobDefinition": job},
    }


def model(image: str, role: str) -> dict[str, Any]:
    """A Model step on what the step Train made."""
    container = {"Image": image, "ModelDataUrl": get("Steps.Train.ModelArtifacts.S3ModelArtifacts")}
    return {
        "Name": "Save",
        "Type": "Model",
        "Arguments": {"ExecutionRoleArn": role, "PrimaryContainer": container},
    }


def endpoint(name: str) -> list[dict[str, Any]]:
    """An EndpointConfig and an Endpoint step on the model of the step Save."""
    variant = {
        "VariantName": "All",
        "ModelName": get("Steps.Save.ModelName"),
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    return [
        {"Name": "Configure", "Type": "EndpointConfig", "Arguments": {"ProductionVariants": [variant]}},
        {
            "Name": "Deploy",
            "Type": "Endpoint",
            "Arguments": {"EndpointName": name, "EndpointConfigName": get("Steps.Configure.EndpointConfigName")},
        },
    ]


def test_a_tuning_jobs_best_and_its_jobs_are_read(pipelines: Pipelines, model_image: str) -> None:
    best = get("Steps.Tune.BestTrainingJob.TrainingJobName")
    first = get("Steps.Tune.TrainingJobSummaries[0].TrainingJobName")
    second = get("Steps.Tune.TrainingJobSummaries[1].TrainingJobName")
    text = definition(tuning(model_image, pipelines.role), fail("Tell", join(" ", best, first, second)))
    pipelines.create("tunes", text)

    steps = pipelines.steps(pipelines.run("tunes"))

    assert steps["Tune"]["StepStatus"] == "Succeeded", steps["Tune"]
    best_name, first_name, second_name = steps["Tell"]["FailureReason"].split()
    assert best_name == first_name != second_name
    job = steps["Tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    assert len(job) <= 32
    assert first_name.startswith(job)


def test_a_model_is_trained_registered_used_and_put_in_service(
    pipelines: Pipelines, account: Account, model_image: str
) -> None:
    account.put(deploys__in__a_csv="1,2\n3,4\n")
    sagemaker = pipelines.client
    sagemaker.create_model_package_group(ModelPackageGroupName="deploys")
    register = {
        "ModelPackageGroupName": "deploys",
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [{"Image": model_image, "ModelDataUrl": get("Steps.Train.ModelArtifacts.S3ModelArtifacts")}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    }
    transform = {
        "ModelName": get("Steps.Save.ModelName"),
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/deploys/in/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/deploys/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    text = definition(
        training("Train", model_image, pipelines.role),
        model(model_image, pipelines.role),
        {"Name": "Register", "Type": "RegisterModel", "Arguments": register},
        {"Name": "Predict", "Type": "Transform", "Arguments": transform},
        *endpoint("deploys"),
    )
    pipelines.create("deploys", text)

    execution = pipelines.run("deploys")

    steps = pipelines.steps(execution)
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert {name: list(step["Metadata"]) for name, step in steps.items()} == {
        "Train": ["TrainingJob"],
        "Save": ["Model"],
        "Register": ["RegisterModel"],
        "Predict": ["TransformJob"],
        "Configure": ["EndpointConfig"],
        "Deploy": ["Endpoint"],
    }
    [version] = sagemaker.list_model_packages(ModelPackageGroupName="deploys")["ModelPackageSummaryList"]
    assert steps["Register"]["Metadata"]["RegisterModel"]["Arn"] == version["ModelPackageArn"]
    assert account.keys("deploys/out/") == ["deploys/out/a_csv.out"]
    assert account.invoke("deploys", b"hello")["ResponseMetadata"]["HTTPStatusCode"] == 200
    live = sagemaker.describe_endpoint(EndpointName="deploys")["EndpointConfigName"]

    # the endpoint is there: the second execution puts it on the new configuration
    again = pipelines.run("deploys")

    assert again["PipelineExecutionStatus"] == "Succeeded", pipelines.steps(again)
    configuration = pipelines.steps(again)["Configure"]["Metadata"]["EndpointConfig"]["Arn"].rpartition("/")[2]
    assert sagemaker.describe_endpoint(EndpointName="deploys")["EndpointConfigName"] == configuration != live


def test_an_endpoint_that_is_gone_is_a_miss(pipelines: Pipelines, model_image: str) -> None:
    cache = {"Enabled": True, "ExpireAfter": "P1D"}
    train = training("Train", model_image, pipelines.role, CacheConfig=cache)
    deploy = {
        "Name": "Configure",
        "Type": "EndpointConfig",
        "Arguments": {
            "EndpointConfigName": "cached-config",
            "ProductionVariants": [
                {
                    "VariantName": "All",
                    "ModelName": "cached-model",
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                }
            ],
        },
        "CacheConfig": cache,
        "DependsOn": ["Train"],
    }
    pipelines.account.model("cached-model", model_image, pipelines.role, files={"model.txt": b"v1"})
    pipelines.create("cached-endpoint", definition(train, deploy))
    pipelines.run("cached-endpoint")
    hit = pipelines.steps(pipelines.run("cached-endpoint"))
    assert all("CacheHitResult" in step for step in hit.values())

    pipelines.client.delete_endpoint_config(EndpointConfigName="cached-config")

    missed = pipelines.steps(pipelines.run("cached-endpoint"))
    assert {name: "CacheHitResult" in step for name, step in missed.items()} == {"Train": True, "Configure": False}
    assert pipelines.client.describe_endpoint_config(EndpointConfigName="cached-config")


def test_an_endpoint_that_fails_tells_why(pipelines: Pipelines, account: Account) -> None:
    image = account.engine.image("cannot-serve", train=_TRAIN, serve="import sys; sys.exit(3)")
    text = definition(training("Train", image, pipelines.role), model(image, pipelines.role), *endpoint("cannot"))
    pipelines.create("cannot", text)

    step = pipelines.steps(pipelines.run("cannot"))["Deploy"]

    assert step["StepStatus"] == "Failed"
    assert step["FailureReason"].startswith("ClientError: ")
    pipelines.client.delete_endpoint(EndpointName="cannot")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        pipelines.client.describe_endpoint(EndpointName="cannot")


def component(name: str, endpoint_name: str, container: dict[str, Any]) -> dict[str, Any]:
    """An InferenceComponent step."""
    return {
        "Name": "Place",
        "Type": "InferenceComponent",
        "Arguments": {
            "InferenceComponentName": name,
            "EndpointName": endpoint_name,
            "VariantName": "shared",
            "Specification": {
                "Container": container,
                "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 512},
            },
            "RuntimeConfig": {"CopyCount": 1},
            "Tags": [{"Key": "team", "Value": "a"}],
        },
    }


def shared_endpoint(pipelines: Pipelines, name: str) -> None:
    """An endpoint that models share."""
    variant = {"VariantName": "shared", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    pipelines.client.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant], ExecutionRoleArn=pipelines.role
    )
    assert pipelines.account.endpoint(name)["EndpointStatus"] == "InService"


def test_an_inference_component_is_made_then_changed(pipelines: Pipelines, account: Account) -> None:
    shared_endpoint(pipelines, "placed-on")
    image = account.engine.image("placed", serve=STAGE)
    for run, name in enumerate(("first", "second")):
        container = {"Image": image, "Environment": {"NAME": name}}
        told = fail("Tell", join(" ", get("Steps.Place.InferenceComponentStatus"), get("Steps.Place.EndpointName")))
        text = definition(component("placed", "placed-on", container), told)
        if run:
            pipelines.client.update_pipeline(PipelineName="places", PipelineDefinition=text)
        else:
            pipelines.create("places", text)
        steps = pipelines.steps(pipelines.run("places"))
        assert steps["Place"]["StepStatus"] == "Succeeded", steps["Place"]
        arn = "arn:aws:sagemaker:us-east-1:123456789012:inference-component/placed"
        assert steps["Place"]["Metadata"] == {"InferenceComponent": {"Arn": arn}}
        assert steps["Tell"]["FailureReason"] == "InService placed-on"
        answer = account.invoke("placed-on", b"x", InferenceComponentName="placed")
        assert answer["Body"].read() == f"{name}(x)".encode()


def test_an_inference_component_that_cannot_serve_fails_its_step(pipelines: Pipelines, account: Account) -> None:
    shared_endpoint(pipelines, "misplaced-on")
    good: dict[str, Any] = {"Image": account.engine.image("well-placed", serve=STAGE), "Environment": {"NAME": "good"}}
    bad = {"Image": account.engine.image("misplaced", serve="raise SystemExit(4)")}
    reasons = []
    for number, container in enumerate((bad, good, bad)):
        name = f"misplaces-{number}"
        pipelines.create(name, definition(component("misplaced", "misplaced-on", container)))
        reasons.append(pipelines.steps(pipelines.run(name))["Place"].get("FailureReason"))
    unhealthy = (
        "ClientError: The primary container for inference component misplaced did not pass the ping health check"
    )
    assert reasons[1] is None
    assert all(str(reason).startswith(unhealthy) for reason in reasons[::2])
    answer = account.invoke("misplaced-on", b"x", InferenceComponentName="misplaced")
    assert answer["Body"].read() == b"good(x)"


@pytest.mark.parametrize(
    ("kind", "step", "prefix", "start"),
    [
        ("Training", "Train", None, "pipelines-abcdefghijkl-Train-"),
        ("Training", "a_step_with_a_name_of_fifty_one_characters_or_more_", None, "pipelines-abcdefghijkl-a-step-with"),
        ("Tuning", "TuneTheModel", None, "abcdefghijkl-TuneTheM-"),
        ("Processing", "P", "my-prefix", "my-prefix-abcdefghijkl-"),
    ],
)
def test_names_of_jobs(kind: str, step: str, prefix: str | None, start: str) -> None:
    name = SERVICE_STEPS[kind].job_name("abcdefghijkl", step, prefix=prefix)
    assert name.startswith(start)
    assert len(name) <= SERVICE_STEPS[kind].named_length
    assert name.replace("-", "").isalnum()
