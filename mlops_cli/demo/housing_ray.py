"""The demo's part about `housing-ray`: a run of the pipeline, an approved model, predictions of its endpoint."""

import time
from typing import Any

from mlops_cli import deployment, pictures, sample_data, versions
from mlops_cli.commands.running import report_failure, show
from mlops_cli.demo.byoc_housing import predict, run_workflow
from mlops_cli.demo.phases import Phases
from mlops_cli.engines import engine_of
from mlops_cli.errors import FAILED, CliError
from mlops_cli.history import SUCCEEDED, Progress
from mlops_cli.presentation import say
from mlops_cli.project import LOCAL_ENVIRONMENT, STATE
from mlops_cli.target import Target

WORKFLOW = "housing-ray"
PICTURE = STATE / "demo-pipeline.html"
"""Where the run of the pipeline is drawn."""
_DEPLOYMENT = "housing-ray-deployment"
_START_SECONDS = 60


def run_housing_ray(target: Target, phases: Phases) -> dict[str, Any]:
    """Runs it; gives what happened, read back from the services."""
    outputs = deployment.outputs(target, LOCAL_ENVIRONMENT)
    with phases.phase("pipeline", f"pipeline {WORKFLOW}: build, ingest, prepare, tune, evaluate, register"):
        test_rows = sample_data.upload(target, LOCAL_ENVIRONMENT, WORKFLOW)
        progress = run_workflow(target, WORKFLOW)
        version = versions.find_version(target, outputs["HousingRayModelPackageGroupName"])
        say(f"  registered: {version.name}, {version.status}")
    with phases.phase("approval", f"approval of {version.name}, and its deployment"):
        metrics = dict(versions.metrics(target, version))
        for name, value in metrics.items():
            say(f"  {name}: {value}")
        deployed = _approve(target, version)
    endpoint = outputs["HousingRayEndpointName"]
    with phases.phase("pipeline_predictions", "predictions of the approved model"):
        requests = predict(target, endpoint, test_rows)
    picture = pictures.of_execution(target, progress, pictures.GraphFormat.html, workflow=WORKFLOW)
    PICTURE.write_text(picture, encoding="utf-8")
    described = target.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    return {
        "execution": _told(progress),
        "model_package": {"arn": version.arn, "metrics": metrics},
        "deployment": _told(deployed),
        "endpoint": {"name": endpoint, "status": described["EndpointStatus"]},
        "requests": requests,
    }


def _approve(target: Target, version: versions.Version) -> Progress:
    """Approves a version, and follows the deployment that the approval starts."""
    workflow = deployment.workflow_arn(target, LOCAL_ENVIRONMENT, _DEPLOYMENT)
    before = engine_of(workflow).newest(target, workflow)
    versions.decide(target, version, "Approved", "approved by the demo")
    deadline = time.monotonic() + _START_SECONDS
    while (execution := engine_of(workflow).newest(target, workflow)) in (None, before):
        if time.monotonic() > deadline:
            raise CliError(f"the approval started no deployment within {_START_SECONDS} s", exit_code=FAILED)
        time.sleep(target.poll_seconds)
    progress = show(target, str(execution))
    if progress.status != SUCCEEDED:
        report_failure(target, progress)
        raise CliError(f"the deployment ended {progress.status}", hint="fix the cause and approve the version again")
    return progress


def _told(progress: Progress) -> dict[str, Any]:
    return {
        "name": progress.name,
        "arn": progress.arn,
        "status": progress.status,
        "steps": [
            {"name": step.name, "status": step.status, "seconds": round(step.seconds(step.started), 3)}
            for step in progress.steps.values()
        ],
    }
