"""A processing job: inputs below /opt/ml/processing, a program on every host, outputs to S3."""

import json
from pathlib import Path, PurePosixPath

from attrs import define, field

from local_aws.containers.engine import RunSpec
from local_aws.log_streams import LogStream
from local_aws.sagemaker.downloads import DownloadError, Downloads
from local_aws.sagemaker.jobs.cluster import Cluster, ClusterEnd, host_addresses, host_names
from local_aws.sagemaker.jobs.role_keys import RoleKeys
from local_aws.sagemaker.jobs.s3_inputs import S3Input, Share
from local_aws.sagemaker.jobs.uploads import UploadError, Uploads
from local_aws.sagemaker.jobs.work import Ending, JobFailedError, JobGround
from local_aws.sagemaker.processing.job import ProcessingJob
from local_aws.sagemaker.processing.outputs import Output, OutputSync
from local_aws.sagemaker.processing.request_rules import OPT_ML, outputs
from local_aws.sagemaker.s3_locations import S3Location

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"

_DEFAULT_MAX_RUNTIME = 86_400
_TOO_LONG = "ClientError: the job ran longer than MaxRuntimeInSeconds ({limit}) of its StoppingCondition"


@define(eq=False, kw_only=True)
class ProcessingTask:
    """The work of one processing job.

    Args:
        ground: what jobs run on.
        job: whose work it is.
        keys: of its execution role.
        folder: for its files; each host has a folder of its own in it, its /opt/ml.
    """

    ground: JobGround
    job: ProcessingJob
    keys: RoleKeys
    folder: Path
    _hosts: tuple[str, ...] = field(init=False)
    _logs: dict[str, LogStream] = field(init=False)
    _outputs: OutputSync = field(init=False)

    def __attrs_post_init__(self) -> None:
        job = self.job
        self._hosts = host_names(job.request["ProcessingResources"]["ClusterConfig"]["InstanceCount"])
        moment = int(job.created.timestamp())
        self._logs = {
            host: LogStream(self.ground.platform, job.region, LOG_GROUP, f"{job.name}/{host}-{moment}")
            for host in self._hosts
        }
        self._outputs = OutputSync(tuple(self._wanted_outputs()), self._uploads)

    def carry_out(self) -> Ending:
        """Brings the inputs, runs the program, and takes the outputs away.

        Raises:
            JobFailedError: the job failed.
        """
        job = self.job
        job.began()
        try:
            for index, host in enumerate(self._hosts):
                self._prepare(host, Share(index, len(self._hosts)))
        except DownloadError as error:
            raise JobFailedError(f"ClientError: Failed to download data. {error}") from error
        if job.stop_requested.is_set():
            return Ending("Stopped")
        end = self._process()
        if self.ground.closing:
            return Ending("Stopped")
        self._read_messages()
        try:
            self._outputs.finish()
        except UploadError as error:
            raise JobFailedError(f"ClientError: Failed to upload output. {error}") from error
        if job.stop_requested.is_set():
            return Ending("Stopped")
        if end.too_long:
            return Ending("Stopped", failure=_TOO_LONG.format(limit=self._limit))
        if end.exit_code != 0:
            raise JobFailedError("AlgorithmError: See job logs for more information")
        return Ending("Completed")

    def close(self) -> None:
        """Hands over what is left of the logs."""
        for log in self._logs.values():
            log.close()

    @property
    def _limit(self) -> int:
        return int(self.job.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME))

    def _local(self, host: str, path: str) -> Path:
        return self.folder / host / PurePosixPath(path).relative_to(OPT_ML)

    def _uploads(self) -> Uploads:
        key = self.job.request.get("ProcessingOutputConfig", {}).get("KmsKeyId")
        return Uploads(self.keys.client("s3"), key)

    def _wanted_outputs(self) -> list[Output]:
        # the first host's files are the last to be written: where hosts write one name, its file counts
        return [
            Output(
                self._local(host, entry["S3Output"]["LocalPath"]),
                S3Location.parse(entry["S3Output"]["S3Uri"]),
                entry["S3Output"]["S3UploadMode"] == "Continuous",
            )
            for host in reversed(self._hosts)
            for entry in outputs(self.job.request)
            if not entry.get("AppManaged", False)
        ]

    def _prepare(self, host: str, share: Share) -> None:
        volume = self.folder / host
        config = volume / "config"
        for folder in (config, volume / "output"):
            folder.mkdir(parents=True)
        resources = {"current_host": host, "hosts": list(self._hosts)}
        (config / "processingjobconfig.json").write_text(
            json.dumps({"ProcessingJobArn": self.job.arn} | self.job.request)
        )
        (config / "resourceconfig.json").write_text(json.dumps(resources))
        downloads, wanted = Downloads(self.keys.client("s3")), []
        for entry in self.job.request.get("ProcessingInputs", ()):
            if entry.get("AppManaged", False):
                continue
            source = entry["S3Input"]
            target = self._local(host, source["LocalPath"])
            target.mkdir(parents=True, exist_ok=True)
            found = list(S3Input.of(source).wanted(downloads, share, target))
            if not found and share.index == 0:
                raise DownloadError(f"No S3 objects found under {source['S3Uri']} (input {entry['InputName']})")
            wanted += found
        downloads.files(wanted)
        for output in self._outputs.outputs:
            if output.folder.is_relative_to(volume):
                output.folder.mkdir(parents=True, exist_ok=True)

    def _process(self) -> ClusterEnd:
        addresses = host_addresses(self._hosts)
        cluster = Cluster(
            ground=self.ground,
            job=self.job,
            specs={host: self._spec(host, addresses) for host in self._hosts},
            limit_seconds=self._limit,
            program=f"docker run {self.job.request['AppSpecification']['ImageUri']}",
        )
        self._outputs.begin()
        try:
            return cluster.run()
        finally:
            self._outputs.cease()

    def _spec(self, host: str, addresses: dict[str, str]) -> RunSpec:
        request = self.job.request
        program = request["AppSpecification"]
        entrypoint = program.get("ContainerEntrypoint")
        isolated = request.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
        return RunSpec(
            image=program["ImageUri"],
            arguments=tuple(program.get("ContainerArguments", ())),
            entrypoint=tuple(entrypoint) if entrypoint else None,
            environment=self.keys.environment(isolated=isolated) | request.get("Environment", {}),
            opt_ml=self.folder / host,
            on_line=self._logs[host].write,
            credentials=self.keys.credentials(),
            hosts=addresses,
            hostname=host if len(addresses) > 1 else "",
        )

    def _read_messages(self) -> None:
        files = [self.folder / host / "output" / "message" for host in self._hosts]
        try:
            self.job.leave_message("".join(file.read_text("utf-8") for file in files if file.is_file()))
        except UnicodeDecodeError as error:
            raise JobFailedError(f"ClientError: /opt/ml/output/message is not UTF-8 text: {error}") from error
