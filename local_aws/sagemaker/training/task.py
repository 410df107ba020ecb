"""A training job on the container contract: folders in, `train` on every host, artifacts out."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import define, field

from local_aws.containers.engine import RunSpec
from local_aws.log_streams import LogStream
from local_aws.sagemaker.downloads import DownloadError, Downloads
from local_aws.sagemaker.jobs.cluster import Cluster, ClusterEnd, cannot_start, host_addresses, host_names
from local_aws.sagemaker.jobs.role_keys import RoleKeys
from local_aws.sagemaker.jobs.s3_inputs import Share
from local_aws.sagemaker.jobs.uploads import UploadError, Uploads
from local_aws.sagemaker.jobs.work import Ending, JobFailedError, JobGround
from local_aws.sagemaker.s3_locations import S3Location
from local_aws.sagemaker.training.artifacts import ArtifactUpload
from local_aws.sagemaker.training.input_data import InputChannels, input_channels
from local_aws.sagemaker.training.job import TrainingJob
from local_aws.sagemaker.training.metrics import MetricReader
from local_aws.sagemaker.training.request_rules import OPT_ML

LOG_GROUP = "/aws/sagemaker/TrainingJobs"

_DEFAULT_MAX_RUNTIME = 86_400
_FAILURE_CHARACTERS = 1024


@define(eq=False, kw_only=True)
class TrainingTask:
    """The work of one training job.

    Args:
        ground: what jobs run on.
        job: whose work it is.
        keys: of its execution role.
        folder: for its files; each host has a folder of its own in it, its /opt/ml.
    """

    ground: JobGround
    job: TrainingJob
    keys: RoleKeys
    folder: Path
    _hosts: tuple[str, ...] = field(init=False)
    _logs: dict[str, LogStream] = field(init=False)
    _metrics: MetricReader = field(init=False)

    def __attrs_post_init__(self) -> None:
        job, platform = self.job, self.ground.platform
        self._hosts = host_names(job.request["ResourceConfig"]["InstanceCount"])
        moment = int(job.created.timestamp())
        self._logs = {
            host: LogStream(platform, job.region, LOG_GROUP, f"{job.name}/{host}-{moment}") for host in self._hosts
        }
        self._metrics = MetricReader(job, platform.client("cloudwatch", region=job.region))

    def carry_out(self) -> Ending:
        """Brings the data, trains, and takes the artifacts away.

        Raises:
            JobFailedError: the job failed.
        """
        job = self.job
        job.began()
        job.enter("Downloading")
        self._prepare()
        if job.stop_requested.is_set():
            return Ending("Stopped")
        job.enter("Training")
        end = self._train()
        if self.ground.closing:
            return Ending("Stopped")
        job.enter("Uploading")
        self._upload()
        if job.stop_requested.is_set():
            return Ending("Stopped")
        if end.too_long:
            return Ending("Stopped", "MaxRuntimeExceeded")
        if end.exit_code != 0:
            raise JobFailedError(self._algorithm_error(end))
        return Ending("Completed")

    def close(self) -> None:
        """Hands over what is left of logs and metrics."""
        self._metrics.close()
        for log in self._logs.values():
            log.close()

    @property
    def _program(self) -> str:
        return f"docker run {self.job.request['AlgorithmSpecification']['TrainingImage']} train"

    def _local(self, host: str, path: str) -> Path:
        return self.folder / host / PurePosixPath(path).relative_to(OPT_ML)

    def _prepare(self) -> None:
        channels = input_channels(self.job.request, self.keys)
        try:
            for index, host in enumerate(self._hosts):
                self._prepare_host(host, Share(index, len(self._hosts)), channels)
        except DownloadError as error:
            raise JobFailedError(f"ClientError: Data download failed: {error}") from error

    def _prepare_host(self, host: str, share: Share, channels: InputChannels) -> None:
        request, volume = self.job.request, self.folder / host
        config, data = volume / "input" / "config", volume / "input" / "data"
        for path in (config, data, volume / "model", volume / "output" / "data"):
            path.mkdir(parents=True)
        for name, content in (
            ("hyperparameters", request.get("HyperParameters", {})),
            ("inputdataconfig", channels.describe()),
            ("resourceconfig", self._resource_config(host)),
        ):
            (config / f"{name}.json").write_text(json.dumps(content))
        channels.download(data, share)
        if "CheckpointConfig" in request:
            checkpoints = request["CheckpointConfig"]
            target = self._local(host, checkpoints.get("LocalPath", "/opt/ml/checkpoints"))
            Downloads(channels.s3).prefix(S3Location.parse(checkpoints["S3Uri"]), target)

    def _resource_config(self, host: str) -> dict[str, Any]:
        group, hosts = "homogeneousCluster", list(self._hosts)
        kind = self.job.request["ResourceConfig"]["InstanceType"]
        return {
            "current_host": host,
            "current_instance_type": kind,
            "current_group_name": group,
            "hosts": hosts,
            "instance_groups": [{"instance_group_name": group, "instance_type": kind, "hosts": hosts}],
            "network_interface_name": "eth0",
        }

    def _train(self) -> ClusterEnd:
        request = self.job.request
        addresses = host_addresses(self._hosts)
        cluster = Cluster(
            ground=self.ground,
            job=self.job,
            specs={host: self._spec(host, addresses) for host in self._hosts},
            limit_seconds=request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME),
            program=self._program,
        )
        return cluster.run()

    def _spec(self, host: str, addresses: dict[str, str]) -> RunSpec:
        job, algorithm, log = self.job, self.job.request["AlgorithmSpecification"], self._logs[host]
        entrypoint = algorithm.get("ContainerEntrypoint")

        def on_line(line: str) -> None:
            log.write(line)
            self._metrics.read(line)

        return RunSpec(
            image=algorithm["TrainingImage"],
            arguments=tuple(algorithm.get("ContainerArguments", () if entrypoint else ("train",))),
            entrypoint=tuple(entrypoint) if entrypoint else None,
            environment={
                "TRAINING_JOB_NAME": job.name,
                "TRAINING_JOB_ARN": job.arn,
                **self.keys.environment(isolated=job.request.get("EnableNetworkIsolation", False)),
                **job.request.get("Environment", {}),
            },
            opt_ml=self.folder / host,
            on_line=on_line,
            credentials=self.keys.credentials(),
            hosts=addresses,
            hostname=host if len(addresses) > 1 else "",
        )

    def _upload(self) -> None:
        request, s3 = self.job.request, self.keys.client("s3")
        output = request["OutputDataConfig"]
        uploads = Uploads(s3, output.get("KmsKeyId"))
        artifacts = ArtifactUpload(uploads=uploads, output=output, job_name=self.job.name)
        self.job.model_at(artifacts.model_uri)
        volumes = [self.folder / host for host in self._hosts]
        try:
            artifacts.upload("model", [volume / "model" for volume in volumes], self.folder)
            artifacts.upload("output", [volume / "output" / "data" for volume in volumes], self.folder)
            # the first host's files are the last to be written: they count
            for host in reversed(self._hosts):
                for source, target in self._synchronized(host):
                    uploads.tree(source, target)
        except UploadError as error:
            raise JobFailedError(f"ClientError: Artifact upload failed: {error}") from error

    def _synchronized(self, host: str) -> list[tuple[Path, S3Location]]:
        request, found = self.job.request, []
        if config := request.get("CheckpointConfig"):
            local = self._local(host, config.get("LocalPath", "/opt/ml/checkpoints"))
            found.append((local, S3Location.parse(config["S3Uri"])))
        if config := request.get("TensorBoardOutputConfig"):
            local = self._local(host, config.get("LocalPath", "/opt/ml/output/tensorboard"))
            found.append((local, S3Location.parse(config["S3OutputPath"]).join(self.job.name, "tensorboard-output")))
        return found

    def _algorithm_error(self, end: ClusterEnd) -> str:
        failure = self.folder / end.host / "output" / "failure"
        reason = ""
        if failure.is_file():
            with failure.open(errors="replace") as file:
                reason = file.read(_FAILURE_CHARACTERS)
        elif end.exit_code in (126, 127):
            reason = cannot_start(self._program)
        suffix = f", exit code: {end.exit_code}"
        # AWS keeps 1,024 characters of the whole: the exit code must not be what is lost
        return f"AlgorithmError: {reason}"[: _FAILURE_CHARACTERS - len(suffix)] + suffix
