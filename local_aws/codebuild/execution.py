"""Carries out one build, phase by phase."""

import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from attrs import define, field
from botocore.exceptions import ClientError

from local_aws.codebuild import artifacts, buildspec, events, sources, variables
from local_aws.codebuild.shell import BuildShell, ShellEndedError
from local_aws.codebuild.slots import Slots
from local_aws.codebuild.state import BuildRecord, now
from local_aws.containers.engine import EngineError
from local_aws.log_streams import LogStream
from local_aws.platform import Credentials, Platform

SERVICE_PRINCIPAL = "codebuild.amazonaws.com"
_HIDDEN = "***"


class PhaseFailedError(Exception):
    """Ends a phase as failed, with its context."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@define(eq=False)
class BuildExecution:
    """A build that runs.

    Args:
        platform: the local AWS.
        record: of the build.
        slots: how many builds run at a time.
        minute: how long a minute of a timeout lasts, in seconds.
    """

    platform: Platform
    record: BuildRecord
    slots: Slots
    minute: float = 60.0
    _failed: bool = False
    _has_slot: bool = False
    _timer: threading.Timer | None = None
    _log: LogStream | None = None
    _secrets: tuple[str, ...] = ()
    _shell: BuildShell | None = None
    _folders: variables.Folders = field(init=False)
    _credentials: Credentials = field(init=False)
    _buildspec: buildspec.Buildspec = field(init=False)

    def run(self) -> None:
        """Runs the build to its end; what goes wrong is in the record."""
        try:
            if self._prepare() and self._download():
                self._run_commands()
                self._phase("UPLOAD_ARTIFACTS", self._upload)
            self._phase("FINALIZING", self._finalize)
        finally:
            self._finish()

    def _prepare(self) -> bool:
        self._phase("SUBMITTED", lambda: None)
        self._phase("QUEUED", self._queue)
        if self.record.interruption is None:
            minutes = self.record.snapshot()["timeoutInMinutes"]
            self._timer = threading.Timer(minutes * self.minute, self.record.interrupt, ["TIMED_OUT"])
            self._timer.daemon = True
            self._timer.start()
        return self._phase("PROVISIONING", self._provision)

    def _download(self) -> bool:
        return self._phase("DOWNLOAD_SOURCE", self._get_source)

    def _run_commands(self) -> None:
        """Install, pre_build, build, post_build: post_build runs after a failed build too, unless it says ABORT."""
        for name in buildspec.PHASES:
            phase = self._buildspec.phases.get(name, buildspec.Phase())
            if self._phase(name.upper(), partial(self._run_phase, phase)):
                continue
            goes_on = phase.on_failure == "CONTINUE" or (name == "build" and phase.on_failure is None)
            if not goes_on and name != "post_build":
                return

    def _phase(self, name: str, work: Callable[[], None]) -> bool:
        """Carries out a phase, unless the build was ended; tells whether it succeeded."""
        if self.record.interruption is not None:
            return False
        if name == "UPLOAD_ARTIFACTS" and self._stopped_before("BUILD"):
            return False
        self.record.begin(name)
        self._say(f"Entering phase {name}")
        status, contexts = "SUCCEEDED", []
        try:
            work()
        except PhaseFailedError as error:
            status, contexts = "FAILED", [(error.code, str(error))]
        except ShellEndedError:
            status = "STOPPED"
        except Exception as error:  # noqa: BLE001 - a fault of ours must end the build, and be seen
            status, contexts = "FAULT", [("INTERNAL_SERVICE_ERROR", f"{type(error).__name__}: {error}")]
        if self.record.interruption is not None:
            status = self.record.interruption
            contexts = [("BUILD_TIMED_OUT", "Build has timed out. ")] if status == "TIMED_OUT" else []
        self._failed = self._failed or status != "SUCCEEDED"
        phase = self.record.end(status, *contexts)
        code, message = contexts[0] if contexts else ("", "")
        self._say(f"Phase complete: {name} State: {status}")
        self._say(f"Phase context status code: {code} Message: {message}")
        events.phase_changed(self.platform, self.record, phase)
        return status == "SUCCEEDED"

    def _stopped_before(self, name: str) -> bool:
        return name not in {phase["phaseType"] for phase in self.record.snapshot()["phases"]}

    def _queue(self) -> None:
        minutes = self.record.snapshot()["queuedTimeoutInMinutes"]
        self._has_slot = self.slots.acquire(self.record, minutes * self.minute)
        if not self._has_slot:
            self.record.interrupt("TIMED_OUT")

    def _provision(self) -> None:
        build = self.record.snapshot()
        root = self.platform.state_dir / "builds" / build["id"].partition(":")[2]
        self._folders = variables.Folders.make(root)
        try:
            self._credentials = self.platform.assume(
                build["serviceRole"], session=f"AWSCodeBuild-{root.name}", service_principal=SERVICE_PRINCIPAL
            )
        except ClientError as error:
            raise PhaseFailedError(
                "CLIENT_ERROR",
                f"CodeBuild is not authorized to perform: sts:AssumeRole on {build['serviceRole']}: {error}",
            ) from error
        self._open_log(build)

    def _open_log(self, build: dict[str, Any]) -> None:
        """Makes the log stream with the service role's rights, as CodeBuild does."""
        group, stream = build["logs"].get("groupName"), build["logs"].get("streamName")
        if not group:
            return
        logs = self.platform.client("logs", region=self.record.region, credentials=self._credentials)
        for create, names in (
            (logs.create_log_group, {"logGroupName": group}),
            (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                create(**names)
            except ClientError as error:
                known = error.response["Error"]
                if known["Code"] == "ResourceAlreadyExistsException":
                    continue
                if known["Code"].startswith("AccessDenied") and "logStreamName" not in names:
                    continue  # the group may be there already
                raise PhaseFailedError(
                    "ACCESS_DENIED",
                    f"Service role {build['serviceRole']} does not allow AWS CodeBuild to create Amazon CloudWatch "
                    f"Logs log streams for build {self.record.arn}. Error message: {known['Message']}",
                ) from error
        self._log = LogStream(self.platform, self.record.region, group, stream)
        for phase in build["phases"]:
            if "phaseStatus" in phase:
                self._say(f"Phase complete: {phase['phaseType']} State: {phase['phaseStatus']}")

    def _get_source(self) -> None:
        build = self.record.snapshot()
        s3 = self.platform.client("s3", region=self.record.region, credentials=self._credentials)
        environment = variables.standard(self.platform, self.record, self._credentials, self._folders)
        try:
            version = sources.download(s3, build["source"], build.get("sourceVersion"), self._folders.source)
            if version is not None:
                self.record.update(resolvedSourceVersion=version)
                environment["CODEBUILD_RESOLVED_SOURCE_VERSION"] = version
            versions = {each["sourceIdentifier"]: each["sourceVersion"] for each in build["secondarySourceVersions"]}
            for source in build["secondarySources"]:
                identifier = source["sourceIdentifier"]
                folder = self._folders.root / f"src-{identifier}"
                folder.mkdir()
                sources.download(s3, source, versions.get(identifier), folder)
                environment[f"CODEBUILD_SRC_DIR_{identifier}"] = str(folder)
            self._buildspec = buildspec.parse(self._buildspec_text(s3, build["source"].get("buildspec", "")))
            given, self._secrets = variables.given(self.platform, self.record, self._credentials, self._buildspec)
        except sources.SourceError as error:
            raise PhaseFailedError("CLIENT_ERROR", str(error)) from error
        except buildspec.BuildspecError as error:
            raise PhaseFailedError(error.code, str(error)) from error
        except variables.VariableError as error:
            raise PhaseFailedError("Decrypted Variables Error", str(error)) from error
        except EngineError as error:
            raise PhaseFailedError("CLIENT_ERROR", str(error)) from error
        program = shutil.which(self._buildspec.shell)
        if program is None:
            raise PhaseFailedError("CLIENT_ERROR", f"this machine has no shell {self._buildspec.shell!r}")
        for remark in self._buildspec.remarks:
            self._say(f"local AWS: {remark}")
        self._shell = BuildShell(
            self.platform.processes.spawn,
            program,
            {**given, **environment, "PATH": given.get("PATH", environment["PATH"])},
            self._folders.source,
            self._output,
            self._folders.root / "shell",
        )
        self.record.on_interrupt(self._shell.terminate)

    def _buildspec_text(self, s3: Any, given: str) -> str:
        if given.startswith("arn:"):
            return sources.read_text(s3, given)
        if "\n" in given or given.lstrip().startswith(("{", "version:")):
            return given
        path = self._folders.source / (given or "buildspec.yml")
        if not path.resolve().is_relative_to(self._folders.source.resolve()) or not path.is_file():
            raise buildspec.BuildspecError(f"stat {given or 'buildspec.yml'}: no such file or directory in the source")
        return path.read_text()

    def _run_phase(self, phase: buildspec.Phase) -> None:
        assert self._shell is not None  # noqa: S101 - made with the source
        self._shell.set("CODEBUILD_BUILD_SUCCEEDING", "0" if self._failed else "1")
        for language, version in phase.runtime_versions.items():
            self._say(f"local AWS: runtime-versions {language}: {version}: this machine's {language} is used as it is")
        failure: PhaseFailedError | None = None
        try:
            self._run_all(phase.commands)
        except PhaseFailedError as error:
            failure = error
        self._run_all(phase.finally_commands)
        if failure is not None:
            raise failure

    def _run_all(self, commands: tuple[str, ...]) -> None:
        assert self._shell is not None  # noqa: S101 - made with the source
        for command in commands:
            self._say(f"Running command {command}")
            code = self._shell.run(command)
            if code != 0:
                self._say(f"Command did not exit successfully {command} exit status {code}")
                raise PhaseFailedError(
                    "COMMAND_EXECUTION_ERROR",
                    f"Error while executing command: {command}. Reason: exit status {code}",
                )

    def _upload(self) -> None:
        assert self._shell is not None  # noqa: S101 - made with the source
        build = self.record.snapshot()
        settings = [(self._settings("artifacts"), self._buildspec.artifacts)]
        settings += [
            (each, self._buildspec.secondary_artifacts.get(each["artifactIdentifier"]))
            for each in build["secondaryArtifacts"]
        ]
        s3 = self.platform.client("s3", region=self.record.region, credentials=self._credentials)
        uploaded = []
        for settings_of_one, wanted in settings:
            found: dict[str, Any] = {}
            if settings_of_one.get("type") == "S3":
                try:
                    found = artifacts.upload(
                        s3, settings_of_one, wanted, build, self._folders.source, expand=self._shell.expand
                    )
                except artifacts.ArtifactsError as error:
                    raise PhaseFailedError("CLIENT_ERROR", str(error)) from error
            uploaded.append({**settings_of_one, **found})
        self.record.update(artifacts=_shown(uploaded[0]), secondaryArtifacts=[_shown(each) for each in uploaded[1:]])

    def _settings(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.record.snapshot()[name]
        return found

    def _finalize(self) -> None:
        if self._shell is None:
            return
        exported = []
        for name in self._buildspec.exported:
            value = self._shell.get(name)
            if value is not None:
                exported.append({"name": name, "value": value})
        self.record.update(exportedEnvironmentVariables=exported)

    def _finish(self) -> None:
        """Whatever happened: nothing of the build is left, and its record is closed."""
        if self._timer is not None:
            self._timer.cancel()
        self.record.on_interrupt(None)
        if self._shell is not None:
            self._shell.close()
        if self._log is not None:
            self._log.close()
        if hasattr(self, "_folders"):
            shutil.rmtree(self._folders.root, ignore_errors=True)
        if self._has_slot:
            self.slots.release()
        status = self.record.interruption or ("FAILED" if self._failed else "SUCCEEDED")
        self.record.begin("COMPLETED")
        self.record.update(buildStatus=status, buildComplete=True, endTime=now())
        events.state_changed(self.platform, self.record)
        self.record.ended.set()

    def _say(self, text: str) -> None:
        self._output(f"[Container] {datetime.now(UTC):%Y/%m/%d %H:%M:%S.%f} {text}")

    def _output(self, line: str) -> None:
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        if self._log is not None:
            self._log.write(line)


def _shown(settings: dict[str, Any]) -> dict[str, Any]:
    known = ("location", "sha256sum", "md5sum", "overrideArtifactName", "encryptionDisabled", "artifactIdentifier")
    return {name: settings[name] for name in known if name in settings}
