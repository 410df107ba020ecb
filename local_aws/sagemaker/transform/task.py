"""A transform job: containers that serve, objects of S3 through them, .out objects."""

import queue
import threading
import uuid
from pathlib import Path

from attrs import define, field

from local_aws.containers.engine import EngineError, RunSpec
from local_aws.log_streams import LogStream
from local_aws.sagemaker.container_definitions import ServingContainer
from local_aws.sagemaker.downloads import DownloadError, Downloads
from local_aws.sagemaker.endpoints.host import ModelHost, Place
from local_aws.sagemaker.endpoints.model_data import ModelDataError, fetch_model_data, place_model
from local_aws.sagemaker.endpoints.models import Model
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.jobs.role_keys import RoleKeys
from local_aws.sagemaker.jobs.s3_inputs import S3Input
from local_aws.sagemaker.jobs.uploads import UploadError, Uploads
from local_aws.sagemaker.jobs.work import Ending, JobFailedError, JobGround
from local_aws.sagemaker.s3_locations import S3Location
from local_aws.sagemaker.transform.capture import capture
from local_aws.sagemaker.transform.client import InvocationError
from local_aws.sagemaker.transform.job import TransformJob
from local_aws.sagemaker.transform.records import RecordError
from local_aws.sagemaker.transform.settings import Batching
from local_aws.sagemaker.transform.worker import TransformWorker

LOG_GROUP = "/aws/sagemaker/TransformJobs"

_SEE_LOGS = "See job logs for more information"
Found = tuple[S3Location, str]
"""An object, with its name below the output path."""


@define(eq=False, kw_only=True)
class TransformTask:
    """The work of one transform job.

    Args:
        ground: what jobs run on.
        settings: times of a container that serves.
        job: whose work it is.
        model: that transforms.
        keys: of the model's role.
        folder: for the job's files.
    """

    ground: JobGround
    settings: EndpointSettings
    job: TransformJob
    model: Model
    keys: RoleKeys
    folder: Path
    _workers: list[TransformWorker] = field(factory=list)
    _written: list[S3Location] = field(factory=list)
    _failures: list[str] = field(factory=list)
    _stopping: threading.Event = field(factory=threading.Event)

    def carry_out(self) -> Ending:
        """Serves the model, transforms every object, and uploads what becomes of it.

        Raises:
            JobFailedError: the job failed.
        """
        job = self.job
        job.began()
        found = self._objects()
        self._fetch_model()
        with self.ground.ending_with(self._stop):
            job.while_running(self._stop_later)
            try:
                self._serve()
                self._transform(found)
            finally:
                job.while_running(None)
                self._stop()
        if job.stop_requested.is_set() or self.ground.closing:
            return Ending("Stopped")
        self._capture(found)
        if self._failures:
            raise JobFailedError(f"{self._failures[0]}: {_SEE_LOGS}")
        return Ending("Completed")

    def close(self) -> None:
        """Hands over what is left of the logs."""
        for worker in self._workers:
            worker.close()

    def _objects(self) -> list[Found]:
        source = self.job.request["TransformInput"]["DataSource"]["S3DataSource"]
        try:
            found = list(S3Input.of(source).objects(Downloads(self.keys.client("s3"))))
        except DownloadError as error:
            raise JobFailedError(f"ClientError: Failed to list the input. {error}") from error
        if not found:
            raise JobFailedError(f"ClientError: No S3 objects found under {source['S3Uri']}")
        return found

    def _fetch_model(self) -> None:
        try:
            for container in self.model.containers:
                fetch_model_data(
                    self.ground.platform,
                    self.job.region,
                    container,
                    self.keys.credentials(),
                    self._data_folder(container),
                )
        except ModelDataError as error:
            raise JobFailedError(f"ClientError: {error}") from error

    def _data_folder(self, container: ServingContainer) -> Path:
        return self.folder / "models" / container.name

    def _serve(self) -> None:
        answers: queue.SimpleQueue[ModelHost] = queue.SimpleQueue()
        count = self.job.request["TransformResources"]["InstanceCount"]
        try:
            self._workers = [self._worker(answers) for _ in range(count)]
        except EngineError as error:
            raise JobFailedError(f"AlgorithmError: {error}") from error
        for worker in self._workers:
            worker.host.start()
        if self._stopping.is_set():
            self._stop()
        for _ in self._workers:
            failure = answers.get().failure
            if failure is not None and not self._stopping.is_set():
                raise JobFailedError(
                    f"AlgorithmError: The {failure.container.described} for model {self.model.name} did not pass the "
                    f"ping health check: {failure.reason}. Please check CloudWatch logs for this transform job."
                )

    def _worker(self, answers: "queue.SimpleQueue[ModelHost]") -> TransformWorker:
        identity = f"i-{uuid.uuid4().hex[:17]}"
        host = ModelHost(
            engine=self.ground.engine(),
            places=[self._place(identity, container) for container in self.model.containers],
            settings=self.settings,
            startup_seconds=self.settings.startup_seconds,
            on_first=answers.put,
            on_change=lambda: None,
        )
        return TransformWorker(host=host, request=self.job.request, data_log=self._log(f"{identity}/data-log"))

    def _place(self, identity: str, container: ServingContainer) -> Place:
        volume = self.folder / identity / container.name
        place_model(self._data_folder(container), volume)
        log = self._log(identity if len(self.model.containers) == 1 else f"{identity}/{container.name}")
        spec = RunSpec(
            image=container.definition["Image"],
            arguments=("serve",),
            environment={
                **self.keys.environment(isolated=self.model.isolated),
                **Batching(self.job.request).environment(),
                **container.environment,
                **self.job.request.get("Environment", {}),
            },
            opt_ml=volume,
            on_line=log.write,
            serve=True,
            credentials=self.keys.credentials(),
        )
        return Place(container=container, spec=spec, log=log)

    def _log(self, stream: str) -> LogStream:
        return LogStream(self.ground.platform, self.job.region, LOG_GROUP, f"{self.job.name}/{stream}")

    def _transform(self, found: list[Found]) -> None:
        waiting: queue.SimpleQueue[Found] = queue.SimpleQueue()
        for entry in sorted(found, key=lambda entry: entry[0].key):
            waiting.put(entry)
        threads = [
            threading.Thread(target=self._work, args=(worker, waiting), name=self.job.name, daemon=True)
            for worker in self._workers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, worker: TransformWorker, waiting: "queue.SimpleQueue[Found]") -> None:
        batching = worker.batching()
        while not self._stopping.is_set():
            try:
                location, name = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                self._transform_one(worker, batching, location, name)
            except (RecordError, DownloadError, UploadError, InvocationError) as error:
                # the other objects are transformed all the same
                own_fault = isinstance(error, InvocationError) and not error.refused
                self._failures.append("AlgorithmError" if own_fault else "ClientError")
                worker.data_log.write(f"[sagemaker logs]: {location.bucket}/{location.key}: {error}")

    def _transform_one(self, worker: TransformWorker, batching: Batching, location: S3Location, name: str) -> None:
        output = self.job.request["TransformOutput"]
        s3 = self.keys.client("s3")
        result = worker.transform(Downloads(s3).text(location), batching)
        if self._stopping.is_set():
            return
        target = S3Location.parse(output["S3OutputPath"]).join(f"{name}.out")
        Uploads(s3, output.get("KmsKeyId")).content(result, target, output.get("Accept") or "application/octet-stream")
        self._written.append(target)

    def _capture(self, found: list[Found]) -> None:
        config = self.job.request.get("DataCaptureConfig")
        if config is None:
            return
        try:
            capture(
                config,
                self.keys.client("s3"),
                input=[location for location, _ in found],
                output=sorted(self._written, key=lambda location: location.key),
            )
        except UploadError as error:
            raise JobFailedError(f"ClientError: Failed to write captured data. {error}") from error

    def _stop_later(self) -> None:
        """Whoever asks for the stop does not wait until the containers have ended."""
        self._stopping.set()
        self.ground.platform.workers.submit(self._stop)

    def _stop(self) -> None:
        self._stopping.set()
        for worker in self._workers:
            worker.stop()
