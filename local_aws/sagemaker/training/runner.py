"""Runs a training job on the container contract: folders in, `train`, artifacts out."""

import json
import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import define, field, frozen

from local_aws.containers.engine import ContainerEngine, EngineError, ImageNotFoundError, RunningContainer, RunSpec
from local_aws.log_streams import LogStream
from local_aws.platform import Credentials, Platform
from local_aws.sagemaker.downloads import DownloadError, Downloads
from local_aws.sagemaker.roles import assume_execution_role
from local_aws.sagemaker.s3_locations import S3Location
from local_aws.sagemaker.training.artifacts import ArtifactError, ArtifactUpload
from local_aws.sagemaker.training.input_data import InputChannels
from local_aws.sagemaker.training.job import TrainingJob
from local_aws.sagemaker.training.metrics import MetricReader
from local_aws.sagemaker.training.request_rules import OPT_ML

LOG_GROUP = "/aws/sagemaker/TrainingJobs"

_log = logging.getLogger(__name__)

_HOST = "algo-1"
_DEFAULT_MAX_RUNTIME = 86_400
_FAILURE_CHARACTERS = 1024
_CREDENTIALS_FRESH_SECONDS = 1800
_CANNOT_START = (
    "CannotStartContainerError. Please make sure the container can be run with 'docker run {image} train'. "
    "Please refer SageMaker documentation for details. It is possible that the Dockerfile's entrypoint is not properly "
    "defined, or missing permissions."
)


class _FailedJobError(Exception):
    """The job failed; the message is its FailureReason."""


@frozen(kw_only=True)
class TrainingSettings:
    """What a platform may set otherwise than AWS does, as tests do.

    Attributes:
        stop_grace_seconds: between SIGTERM and SIGKILL. Default: AWS's 120.
    """

    stop_grace_seconds: float = 120.0


@frozen(kw_only=True)
class _Run:
    """One job under way."""

    job: TrainingJob
    credentials: Credentials
    volume: Path
    scratch: Path
    log: LogStream
    metrics: MetricReader
    began: float = field(factory=time.monotonic)

    def on_line(self, line: str) -> None:
        self.log.write(line)
        self.metrics.read(line)

    def local(self, path: str) -> Path:
        return self.volume / PurePosixPath(path).relative_to(OPT_ML)


@define(eq=False)
class TrainingRunner:
    """Carries out training jobs, each in a thread of the platform's workers.

    Args:
        platform: the local AWS.
        engine: gives the container engine when the first job needs it.
        settings: how long a job may take to stop.
    """

    platform: Platform
    engine: Callable[[], ContainerEngine]
    settings: TrainingSettings = field(factory=TrainingSettings)
    _closing: threading.Event = field(factory=threading.Event)
    _containers: set[RunningContainer] = field(factory=set)
    _lock: threading.Lock = field(factory=threading.Lock)

    def start(self, job: TrainingJob, credentials: Credentials) -> None:
        """Starts a job with the credentials of its role; returns at once."""
        self.platform.workers.submit(self._run, job, credentials)

    def stop(self) -> None:
        """Ends what runs, for the server's end: no job goes on to upload anything."""
        self._closing.set()
        with self._lock:
            running = list(self._containers)
        for container in running:
            container.terminate(1.0)

    def channels(self, job_request: dict[str, Any], region: str, credentials: Credentials) -> InputChannels:
        """The input channels of a request, read with a role's credentials."""
        return InputChannels(
            s3=self.platform.client("s3", region=region, credentials=credentials),
            region=region,
            role_arn=job_request["RoleArn"],
            channels=tuple(job_request.get("InputDataConfig", ())),
            input_mode=job_request["AlgorithmSpecification"]["TrainingInputMode"],
        )

    def _run(self, job: TrainingJob, credentials: Credentials) -> None:
        folder = self.platform.state_dir / "training" / f"{job.account}-{job.region}" / job.name
        stream = f"{job.name}/{_HOST}-{int(job.created.timestamp())}"
        run = _Run(
            job=job,
            credentials=credentials,
            volume=folder / "ml",
            scratch=folder,
            log=LogStream(self.platform, job.region, LOG_GROUP, stream),
            metrics=MetricReader(job, self.platform.client("cloudwatch", region=job.region)),
        )
        try:
            status, step = self._carry_out(run)
        except _FailedJobError as failure:
            self._end(run, "Failed", failure=str(failure))
        except Exception:  # noqa: BLE001 - whatever goes wrong here, the job must end, and say so
            if not self._closing.is_set():
                _log.exception("training job %s", job.arn)
            self._end(run, "Failed", failure="InternalServerError: the local AWS failed; its own log says why")
        else:
            self._end(run, status, step=step)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _end(self, run: _Run, status: str, *, step: str | None = None, failure: str | None = None) -> None:
        if not self._closing.is_set():
            run.metrics.close()
            run.log.close()
        run.job.end(status, step=step, failure=failure)

    def _carry_out(self, run: _Run) -> tuple[str, str | None]:
        job = run.job
        job.training_began()
        job.enter("Downloading")
        self._prepare(run)
        if job.stop_requested.is_set():
            return "Stopped", None
        job.enter("Training")
        exit_code, too_long = self._train(run)
        if self._closing.is_set():
            return "Stopped", None
        job.enter("Uploading")
        self._upload(run)
        if job.stop_requested.is_set():
            return "Stopped", None
        if too_long:
            return "Stopped", "MaxRuntimeExceeded"
        if exit_code != 0:
            raise _FailedJobError(_algorithm_error(run, exit_code))
        return "Completed", None

    def _prepare(self, run: _Run) -> None:
        request = run.job.request
        channels = self.channels(request, run.job.region, run.credentials)
        config = run.volume / "input" / "config"
        for path in (config, run.volume / "input" / "data", run.volume / "model", run.volume / "output" / "data"):
            path.mkdir(parents=True)
        for name, content in (
            ("hyperparameters", request.get("HyperParameters", {})),
            ("inputdataconfig", channels.describe()),
            ("resourceconfig", _resource_config(request["ResourceConfig"])),
        ):
            (config / f"{name}.json").write_text(json.dumps(content))
        try:
            channels.download(run.volume / "input" / "data")
            if "CheckpointConfig" in request:
                self._restore_checkpoints(run, channels)
        except DownloadError as error:
            raise _FailedJobError(f"ClientError: Data download failed: {error}") from error

    def _restore_checkpoints(self, run: _Run, channels: InputChannels) -> None:
        checkpoints = run.job.request["CheckpointConfig"]
        target = run.local(checkpoints.get("LocalPath", "/opt/ml/checkpoints"))
        Downloads(channels.s3).prefix(S3Location.parse(checkpoints["S3Uri"]), target)

    def _train(self, run: _Run) -> tuple[int, bool]:
        job, algorithm = run.job, run.job.request["AlgorithmSpecification"]
        entrypoint = algorithm.get("ContainerEntrypoint")
        spec = RunSpec(
            image=algorithm["TrainingImage"],
            arguments=tuple(algorithm.get("ContainerArguments", () if entrypoint else ("train",))),
            entrypoint=tuple(entrypoint) if entrypoint else None,
            environment=self._environment(run),
            opt_ml=run.volume,
            on_line=run.on_line,
            credentials=run.credentials,
            hosts={_HOST: "127.0.0.1"},
        )
        try:
            container = self.engine().run(spec)
        except ImageNotFoundError as error:
            raise _FailedJobError(f"ClientError: Cannot pull algorithm container. {error}") from error
        except EngineError as error:
            run.log.write(str(error))
            raise _FailedJobError(f"AlgorithmError: {_CANNOT_START.format(image=spec.image)} {error}") from error
        with self._lock:
            self._containers.add(container)
        try:
            return self._wait(job, container)
        finally:
            with self._lock:
                self._containers.discard(container)

    def _wait(self, job: TrainingJob, container: RunningContainer) -> tuple[int, bool]:
        grace = self.settings.stop_grace_seconds
        too_long = threading.Event()

        def stop() -> None:
            self.platform.workers.submit(container.terminate, grace)

        def end_long_run() -> None:
            too_long.set()
            container.terminate(grace)

        limit = job.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME)
        timer = threading.Timer(limit, end_long_run)
        timer.daemon = True
        timer.start()
        try:
            job.while_running(stop)
            if self._closing.is_set():
                container.terminate(1.0)
            return container.wait(), too_long.is_set()
        finally:
            timer.cancel()
            job.while_running(None)

    def _environment(self, run: _Run) -> dict[str, str]:
        job = run.job
        environment = {
            "TRAINING_JOB_NAME": job.name,
            "TRAINING_JOB_ARN": job.arn,
            "AWS_REGION": job.region,
            "PYTHONUNBUFFERED": "1",
        }
        if not job.request.get("EnableNetworkIsolation", False):
            environment |= {"AWS_ENDPOINT_URL": self.platform.endpoint_url, **run.credentials.environment()}
        environment.update(job.request.get("Environment", {}))
        return environment

    def _upload(self, run: _Run) -> None:
        job, request = run.job, run.job.request
        credentials = run.credentials
        if time.monotonic() - run.began > _CREDENTIALS_FRESH_SECONDS:
            credentials = assume_execution_role(self.platform, request["RoleArn"])
        artifacts = ArtifactUpload(
            s3=self.platform.client("s3", region=job.region, credentials=credentials),
            output=request["OutputDataConfig"],
            job_name=job.name,
        )
        job.model_at(artifacts.model_uri)
        try:
            artifacts.upload("model", run.volume / "model", run.scratch)
            artifacts.upload("output", run.volume / "output" / "data", run.scratch)
            for source, target in _synchronized(run):
                artifacts.upload_tree(source, target)
        except ArtifactError as error:
            raise _FailedJobError(f"ClientError: Artifact upload failed: {error}") from error


def _synchronized(run: _Run) -> list[tuple[Path, S3Location]]:
    request, found = run.job.request, []
    if config := request.get("CheckpointConfig"):
        local = run.local(config.get("LocalPath", "/opt/ml/checkpoints"))
        found.append((local, S3Location.parse(config["S3Uri"])))
    if config := request.get("TensorBoardOutputConfig"):
        local = run.local(config.get("LocalPath", "/opt/ml/output/tensorboard"))
        target = S3Location.parse(config["S3OutputPath"]).join(run.job.name, "tensorboard-output")
        found.append((local, target))
    return found


def _resource_config(resources: dict[str, Any]) -> dict[str, Any]:
    group = "homogeneousCluster"
    return {
        "current_host": _HOST,
        "current_instance_type": resources["InstanceType"],
        "current_group_name": group,
        "hosts": [_HOST],
        "instance_groups": [
            {"instance_group_name": group, "instance_type": resources["InstanceType"], "hosts": [_HOST]}
        ],
        "network_interface_name": "eth0",
    }


def _algorithm_error(run: _Run, exit_code: int) -> str:
    failure = run.volume / "output" / "failure"
    reason = ""
    if failure.is_file():
        with failure.open(errors="replace") as file:
            reason = file.read(_FAILURE_CHARACTERS)
    elif exit_code in (126, 127):
        reason = _CANNOT_START.format(image=run.job.request["AlgorithmSpecification"]["TrainingImage"])
    suffix = f", exit code: {exit_code}"
    # AWS keeps 1,024 characters of the whole: the exit code must not be what is lost
    return f"AlgorithmError: {reason}"[: _FAILURE_CHARACTERS - len(suffix)] + suffix
