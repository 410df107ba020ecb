"""``mlops demo`` on a fresh local AWS, and what it tells held against the services."""

import json
import statistics
from typing import Any

import pytest

from tests.e2e.account import Account
from tests.e2e.conftest import Deployed
from workflows.byoc_housing import definition as housing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

STEPS = [
    housing.BUILD,
    housing.TRAIN,
    housing.SAVE_MODEL,
    housing.CREATE_ENDPOINT_CONFIG,
    housing.CREATE_ENDPOINT,
]


def test_it_prints_what_happens_and_what_to_do_next(deployed: Deployed) -> None:
    titles = ("local AWS", "cdk bootstrap and cdk deploy", "data", "workflow byoc-housing", "predictions", "pipeline")
    for number, title in enumerate((*titles, "approval of", "predictions"), start=1):
        assert f"{number}/8 {title}" in deployed.printed
    for step in STEPS:
        assert f"✓ {step}: SUCCEEDED" in deployed.printed
    endpoint = deployed.record["endpoint"]["name"]
    assert f"./mlops invoke {endpoint} --file" in deployed.printed
    assert "./mlops local down" in deployed.printed
    assert 'eval "$(./mlops local env)"' in deployed.printed


def test_the_stacks_are_those_of_cloudformation(deployed: Deployed) -> None:
    cloudformation = deployed.account.client("cloudformation")
    names = [stack["name"] for stack in deployed.record["stacks"]]
    assert names == ["mlops-dev-containers", "mlops-dev-serving", "mlops-dev-training"]
    for stack in deployed.record["stacks"]:
        described = cloudformation.describe_stacks(StackName=stack["name"])["Stacks"][0]
        assert described["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        resources = cloudformation.describe_stack_resources(StackName=stack["name"])["StackResources"]
        assert stack["resources"] == len(resources)


def test_the_execution_is_that_of_step_functions(deployed: Deployed) -> None:
    told = deployed.record["execution"]
    described = deployed.account.client("stepfunctions").describe_execution(executionArn=told["arn"])
    assert (told["name"], told["status"]) == (described["name"], described["status"]) == (told["name"], "SUCCEEDED")
    assert [step["name"] for step in told["steps"]] == STEPS
    assert {step["status"] for step in told["steps"]} == {"SUCCEEDED"}
    assert all(step["seconds"] >= 0 for step in told["steps"])


def test_the_image_is_built_once_and_trained_by_digest(deployed: Deployed) -> None:
    image, account = deployed.record["image"], deployed.account
    repository = account.outputs["ByocHousingImageRepositoryUri"]
    assert image["uri"] == f"{repository}@{image['digest']}"
    kept = account.client("ecr").describe_images(
        repositoryName=repository.partition("/")[2], imageIds=[{"imageTag": image["tags"][0]}]
    )["imageDetails"]
    assert [detail["imageDigest"] for detail in kept] == [image["digest"]]
    names = json.loads(_described(deployed)["input"])
    assert account.training_job(names["JobName"])["AlgorithmSpecification"]["TrainingImage"] == image["uri"]
    model = account.client("sagemaker").describe_model(ModelName=names["ModelName"])
    assert model["PrimaryContainer"]["Image"] == image["uri"]
    first = [build for build in account.builds() if _tag(build) == image["tags"][0]]
    assert [build["buildStatus"] for build in first] == ["SUCCEEDED"]


def test_the_metrics_are_those_of_the_training_job_and_its_log(deployed: Deployed) -> None:
    told = deployed.record["training_job"]
    job = deployed.account.training_job(told["name"])
    assert told["status"] == job["TrainingJobStatus"] == "Completed"
    assert told["metrics"] == {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    # what XGBoost reaches on these houses
    assert 7000 < told["metrics"]["validation:rmse"] < 9200
    logs = deployed.account.command_line.run("logs", told["name"], "--lines", "5")
    assert logs.code == 0, logs
    assert f"validation-rmse={told['metrics']['validation:rmse']:.3f}" in logs.output


def test_the_predictions_are_near_the_true_prices(deployed: Deployed) -> None:
    requests = deployed.record["requests"]
    assert len(requests) == 5
    errors = [abs(request["prediction"] - request["true_price"]) / request["true_price"] for request in requests]
    assert statistics.median(errors) < 0.05


def test_the_endpoint_still_gives_these_predictions(deployed: Deployed) -> None:
    told = deployed.record["endpoint"]
    described = deployed.account.client("sagemaker").describe_endpoint(EndpointName=told["name"])
    assert told["status"] == described["EndpointStatus"] == "InService"
    for request in deployed.record["requests"]:
        assert _predict(deployed.account, told["name"], request["body"]) == request["prediction"]


def test_requests_and_answers_are_captured_as_json_lines(deployed: Deployed) -> None:
    told, first = deployed.record["data_capture"], deployed.record["requests"][0]
    assert told["records"] >= 5
    bucket, _, prefix = told["uri"].removeprefix("s3://").partition("/")
    s3 = deployed.account.client("s3")
    found = [
        json.loads(line)
        for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
        for line in s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().splitlines()
    ]
    assert told["first"] in found
    captured = [line["captureData"] for line in found]
    matching = [line for line in captured if line["endpointInput"]["data"] == first["body"]]
    assert matching, captured
    assert matching[0]["endpointInput"]["observedContentType"] == "text/csv"
    assert float(matching[0]["endpointOutput"]["data"]) == first["prediction"]


def test_the_seconds_are_those_of_each_phase(deployed: Deployed) -> None:
    seconds = deployed.record["seconds"]
    phases = {"local_up", "deploy", "data", "workflow", "predictions"}
    phases |= {"pipeline", "approval", "pipeline_predictions"}
    assert set(seconds) == {*phases, "bootstrap", "synth", "cdk_deploy", "total"}
    assert sum(seconds[phase] for phase in phases) <= seconds["total"] + 0.1
    assert deployed.record["machine"]["container_engine"].startswith(("docker", "podman", "process"))


def test_a_second_demo_reuses_the_image(deployed: Deployed) -> None:
    account = deployed.account
    builds = len(account.builds())
    record = account.command_line.folder / "second.json"
    again = account.command_line.run("demo", "--json", str(record))
    assert again.code == 0, again
    second = json.loads(record.read_text())
    # other tests may have built the same image under other tags
    assert second["image"]["uri"] == deployed.record["image"]["uri"]
    assert len(account.builds()) == builds
    assert second["execution"]["name"] != deployed.record["execution"]["name"]
    assert second["endpoint"]["status"] == "InService"
    # the same data, seed and image train the same model
    assert second["training_job"]["metrics"] == deployed.record["training_job"]["metrics"]
    steps = {step["name"]: step["status"] for step in second["housing_ray"]["execution"]["steps"]}
    cached = ("FeatureStoreIngestion", "PreprocessData", "HPTuning")
    assert {name: steps[name] for name in cached} == dict.fromkeys(cached, "CACHED")


def test_the_pipeline_registered_a_model_that_was_approved_and_deployed(deployed: Deployed) -> None:
    told = deployed.record["housing_ray"]
    sagemaker = deployed.account.client("sagemaker")
    execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=told["execution"]["arn"])
    assert told["execution"]["status"] == "SUCCEEDED"
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    package = sagemaker.describe_model_package(ModelPackageName=told["model_package"]["arn"])
    assert package["ModelApprovalStatus"] == "Approved"
    assert float(told["model_package"]["metrics"]["regression_metrics.rmse.value"].replace(",", "")) <= 15_000
    assert sagemaker.describe_endpoint(EndpointName=told["endpoint"]["name"])["EndpointStatus"] == "InService"
    errors = [
        abs(request["prediction"] - request["true_price"]) / request["true_price"] for request in told["requests"]
    ]
    assert statistics.median(errors) < 0.05


def _described(deployed: Deployed) -> dict[str, Any]:
    arn = deployed.record["execution"]["arn"]
    return dict(deployed.account.client("stepfunctions").describe_execution(executionArn=arn))


def _tag(build: dict[str, Any]) -> str:
    variables = build["environment"]["environmentVariables"]
    return next(str(variable["value"]) for variable in variables if variable["name"] == "IMAGE_TAG")


def _predict(account: Account, endpoint: str, body: str) -> float:
    answer = account.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType="text/csv", Body=body.encode()
    )
    return float(answer["Body"].read())
