"""The demo's part about `byoc-housing`: data, a run of the workflow, predictions of its endpoint."""

import json
import time
from typing import Any

from botocore.exceptions import ClientError

from mlops_cli import deployment, pictures, sample_data
from mlops_cli.commands.running import new_name, report_failure, show
from mlops_cli.demo.phases import Phases
from mlops_cli.engines import engine_of
from mlops_cli.errors import FAILED, CliError
from mlops_cli.history import SUCCEEDED, Progress
from mlops_cli.presentation import say
from mlops_cli.project import LOCAL_ENVIRONMENT, STATE
from mlops_cli.target import Target

WORKFLOW = "byoc-housing"
PICTURE = STATE / "demo.html"
"""Where the run is drawn."""
ROWS = STATE / "rows.csv"
"""Rows that the endpoint takes."""
_PREDICTIONS = 5
_CAPTURE_SECONDS = 60
_PREVIOUS = STATE / "demo-endpoint"


def run_byoc_housing(target: Target, phases: Phases) -> dict[str, Any]:
    """Runs it; gives what happened, read back from the services."""
    with phases.phase("data", "data"):
        test_rows = sample_data.upload(target, LOCAL_ENVIRONMENT, WORKFLOW)
        say(f"  {sample_data.ROWS:,} synthetic houses; {len(test_rows) - 1:,} kept for the test")
    with phases.phase("workflow", f"workflow {WORKFLOW}: build, train, deploy"):
        progress = run_workflow(target, WORKFLOW)
        run = _outcome(target, progress)
    endpoint = run["endpoint"]["name"]
    with phases.phase("predictions", "predictions of the live endpoint"):
        run["requests"] = predict(target, endpoint, test_rows)
        run["data_capture"] = _captured(target, endpoint)
    _retire_previous(target, endpoint)
    picture = pictures.of_execution(target, progress, pictures.GraphFormat.html, workflow=WORKFLOW)
    PICTURE.write_text(picture, encoding="utf-8")
    ROWS.write_text("\n".join(",".join(str(value) for value in row[1:]) for row in test_rows[1:4]) + "\n")
    return run


def run_workflow(target: Target, name: str) -> Progress:
    """Runs a workflow to its end; an interrupted demo stops it.

    Raises:
        CliError: it did not succeed.
    """
    workflow = deployment.workflow_arn(target, LOCAL_ENVIRONMENT, name)
    engine = engine_of(workflow)
    execution = engine.start(target, workflow, {}, name=new_name(name))
    try:
        progress = show(target, execution)
    except KeyboardInterrupt:
        engine.stop(target, execution)
        raise
    if progress.status != SUCCEEDED:
        report_failure(target, progress)
        raise CliError(f"{name} ended {progress.status}", hint="fix the cause and run the demo again")
    return progress


def _outcome(target: Target, progress: Progress) -> dict[str, Any]:
    """What the run made, as the services describe it."""
    sagemaker = target.client("sagemaker")
    described = target.client("stepfunctions").describe_execution(executionArn=progress.arn)
    names = json.loads(described["input"])
    job = sagemaker.describe_training_job(TrainingJobName=names["JobName"])
    endpoint = sagemaker.describe_endpoint(EndpointName=names["EndpointName"])
    image = job["AlgorithmSpecification"]["TrainingImage"]
    repository, _, digest = image.partition("@")
    registered = target.client("ecr").describe_images(
        repositoryName=repository.partition("/")[2], imageIds=[{"imageDigest": digest}]
    )["imageDetails"][0]
    metrics = {metric["MetricName"]: metric["Value"] for metric in job.get("FinalMetricDataList", [])}
    say(f"  image {registered['imageDigest'][:19]}…, tag {registered['imageTags'][0][:16]}…")
    for name, value in metrics.items():
        say(f"  {name} = {value:,.0f}")
    say(f"  endpoint {names['EndpointName']}: {endpoint['EndpointStatus']}")
    return {
        "execution": {
            "name": described["name"],
            "arn": progress.arn,
            "status": described["status"],
            "steps": [
                {"name": step.name, "status": step.status, "seconds": round(step.seconds(step.started), 3)}
                for step in progress.steps.values()
            ],
        },
        "image": {"uri": image, "digest": registered["imageDigest"], "tags": registered["imageTags"]},
        "training_job": {"name": job["TrainingJobName"], "status": job["TrainingJobStatus"], "metrics": metrics},
        "endpoint": {"name": endpoint["EndpointName"], "status": endpoint["EndpointStatus"]},
    }


def predict(target: Target, endpoint: str, test_rows: list[Any]) -> list[dict[str, Any]]:
    """Asks an endpoint for the prices of the first rows: header first, then rows with the true price first."""
    runtime = target.client("sagemaker-runtime")
    requests = []
    for true_price, *features in test_rows[1 : _PREDICTIONS + 1]:
        body = ",".join(str(value) for value in features)
        answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=body.encode())
        prediction = float(answer["Body"].read())
        requests.append({"body": body, "prediction": prediction, "true_price": true_price})
        say(f"  predicted {prediction:>10,.0f}   true {true_price:>10,}")
    return requests


def _captured(target: Target, endpoint: str) -> dict[str, Any]:
    """The first captured record of the endpoint, once it has arrived in the bucket."""
    sagemaker, s3 = target.client("sagemaker"), target.client("s3")
    config = sagemaker.describe_endpoint_config(
        EndpointConfigName=sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    )
    destination = config["DataCaptureConfig"]["DestinationS3Uri"].removeprefix("s3://").rstrip("/")
    bucket, _, prefix = destination.partition("/")
    deadline = time.monotonic() + _CAPTURE_SECONDS
    while time.monotonic() < deadline:
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/{endpoint}/").get("Contents", [])
        lines = [
            json.loads(line)
            for item in found
            for line in s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().splitlines()
        ]
        if len(lines) >= _PREDICTIONS:
            say(f"  {len(lines)} requests captured under s3://{destination}/{endpoint}/")
            return {"uri": f"s3://{destination}/{endpoint}/", "records": len(lines), "first": lines[0]}
        time.sleep(0.1)
    raise CliError(
        f"no captured requests arrived under s3://{destination}/{endpoint}/ within {_CAPTURE_SECONDS} s",
        hint=f"the endpoint's log: ./mlops logs {endpoint}",
        exit_code=FAILED,
    )


def _retire_previous(target: Target, endpoint: str) -> None:
    """Deletes the endpoint that an earlier demo left in service, so that demos do not pile up."""
    if _PREVIOUS.exists():
        try:
            target.client("sagemaker").delete_endpoint(EndpointName=_PREVIOUS.read_text())
        except ClientError as error:
            # it went with an earlier local AWS
            if error.response["Error"]["Code"] != "ValidationException":
                raise
    _PREVIOUS.write_text(endpoint)
