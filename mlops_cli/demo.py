"""``mlops demo``: from nothing to predictions of a live endpoint, and a record of what happened.

Every value of the record is read back from the services.
"""

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field
from botocore.exceptions import ClientError

from mlops_cli import deployment, local_server, pictures, sample_data
from mlops_cli.cdk import Cdk
from mlops_cli.commands.deploying import is_bootstrapped
from mlops_cli.commands.running import new_name, report_failure, show
from mlops_cli.engines import engine_of
from mlops_cli.errors import FAILED, CliError
from mlops_cli.history import SUCCEEDED, Progress
from mlops_cli.presentation import console, errors, say
from mlops_cli.project import LOCAL_ENVIRONMENT, STATE, shown
from mlops_cli.target import Target

WORKFLOW = "byoc-housing"
_PREDICTIONS = 5
_CAPTURE_SECONDS = 60
_ENGINE_SECONDS = 30
_PREVIOUS = STATE / "demo-endpoint"
_PICTURE = STATE / "demo.html"
_ROWS = STATE / "rows.csv"


@define
class Phases:
    """Wall seconds of each phase, shown as they pass."""

    seconds: dict[str, float] = field(factory=dict)

    @contextmanager
    def phase(self, name: str, title: str) -> Iterator[None]:
        """Times one phase."""
        say(f"\n{title}", style="bold")
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 2)
        say(f"  {self.seconds[name]:.1f} s", style="dim")


def run_demo(*, port: int | None, json_file: Path | None) -> None:
    """Runs it all on the local AWS and leaves that up; an interrupted demo ends the local AWS that it started.

    Raises:
        CliError: a phase failed; the message says what and why.
    """
    found = local_server.running_on(port)
    phases, started = Phases(), time.monotonic()
    with phases.phase("local_up", "1/5 local AWS"):
        server = found or local_server.start(port)
        say(f"  {server.endpoint_url}\n  {_engine(server)}")
    try:
        record = _run_phases(Target(endpoint_url=server.endpoint_url), phases)
    except KeyboardInterrupt:
        if found is None:
            local_server.stop(server)
        left = "has ended" if found is None else "stays up: it ran before"
        errors.print(f"\ninterrupted; the local AWS {left}")
        raise
    record["seconds"] = {**phases.seconds, "total": round(time.monotonic() - started, 2)}
    record["machine"] = {
        "processors": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "python": platform.python_version(),
        "container_engine": _engine(server),
    }
    if json_file is not None:
        json_file.write_text(json.dumps(record, indent=2) + "\n")
    _say_what_next(record)


def _run_phases(target: Target, phases: Phases) -> dict[str, Any]:
    with phases.phase("deploy", "2/5 cdk bootstrap and cdk deploy"):
        _deploy(target, phases)
        stacks = deployment.stacks(target, LOCAL_ENVIRONMENT)
        for stack in stacks:
            say(f"  {stack.name}: {stack.status}, {stack.resources} resources")
    with phases.phase("data", "3/5 data"):
        test_rows = sample_data.upload(target, LOCAL_ENVIRONMENT, WORKFLOW)
        say(f"  {sample_data.ROWS:,} synthetic houses; {len(test_rows) - 1:,} kept for the test")
    with phases.phase("workflow", f"4/5 workflow {WORKFLOW}: build, train, deploy"):
        progress = _run_workflow(target)
        run = _outcome(target, progress)
    endpoint = run["endpoint"]["name"]
    with phases.phase("predictions", "5/5 predictions of the live endpoint"):
        run["requests"] = _predict(target, endpoint, test_rows)
        run["data_capture"] = _captured(target, endpoint)
    _retire_previous(target, endpoint)
    picture = pictures.of_execution(target, progress, pictures.GraphFormat.html, workflow=WORKFLOW)
    _PICTURE.write_text(picture, encoding="utf-8")
    _ROWS.write_text("\n".join(",".join(str(value) for value in row[1:]) for row in test_rows[1:4]) + "\n")
    described = [{"name": stack.name, "status": stack.status, "resources": stack.resources} for stack in stacks]
    return {"stacks": described, **run}


def _deploy(target: Target, phases: Phases) -> None:
    cdk = Cdk(target, quiet=True)
    started = time.monotonic()
    synth = cdk.start_synth(LOCAL_ENVIRONMENT)
    try:
        with console.status("bootstrapping the account, synthesizing the app"):
            if not is_bootstrapped(target):
                cdk.bootstrap(deployment.account(target))
            phases.seconds["bootstrap"] = round(time.monotonic() - started, 2)
            synth.finish()
    except BaseException:
        synth.cancel()
        raise
    phases.seconds["synth"] = round(time.monotonic() - started, 2)
    say(f"  account bootstrapped, app synthesized: {phases.seconds['synth']:.1f} s")
    started = time.monotonic()
    with console.status("deploying the stacks"):
        cdk.deploy(cdk.assembly)
    phases.seconds["cdk_deploy"] = round(time.monotonic() - started, 2)


def _run_workflow(target: Target) -> Progress:
    workflow = deployment.workflow_arn(target, LOCAL_ENVIRONMENT, WORKFLOW)
    engine = engine_of(workflow)
    execution = engine.start(target, workflow, {}, name=new_name(WORKFLOW))
    try:
        progress = show(target, execution)
    except KeyboardInterrupt:
        engine.stop(target, execution)
        raise
    if progress.status != SUCCEEDED:
        report_failure(target, progress)
        raise CliError(f"the workflow ended {progress.status}", hint="fix the cause and run the demo again")
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


def _predict(target: Target, endpoint: str, test_rows: list[Any]) -> list[dict[str, Any]]:
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


def _say_what_next(record: dict[str, Any]) -> None:
    say(f"\ndone in {record['seconds']['total']:.0f} s; the local AWS stays up.", style="bold green")
    say(
        f"""
  the run, drawn            {shown(_PICTURE)}   (open it in a browser)
  call the endpoint         ./mlops invoke {record["endpoint"]["name"]} --file {shown(_ROWS)}
  run the workflow again    ./mlops run {WORKFLOW}
  use any AWS client        eval "$(./mlops local env)" && {_aws_command()} sagemaker list-endpoints
  stop                      ./mlops local down"""
    )


def _aws_command() -> str:
    """The AWS CLI as a person can call it: theirs, else the one of the set-up."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    theirs = os.pathsep.join(folder for folder in folders if Path(folder) != Path(sys.executable).parent)
    return "aws" if shutil.which("aws", path=theirs) else shown(Path(sys.executable).parent / "aws")


def _engine(server: local_server.Server) -> str:
    """The server's container engine, which it looks for in the background when it starts."""
    deadline = time.monotonic() + _ENGINE_SECONDS
    while time.monotonic() < deadline:
        engine = (local_server.health(server) or {}).get("engine")
        if engine is not None:
            return str(engine)
        time.sleep(0.05)
    return "its container engine is not known yet"
