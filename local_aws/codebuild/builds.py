"""CodeBuild's operations on builds."""

import copy
import threading
import time
import uuid
from typing import Any, ClassVar
from urllib.parse import quote

from local_aws.codebuild import events
from local_aws.codebuild.execution import BuildExecution
from local_aws.codebuild.projects import descending, find_project, page
from local_aws.codebuild.slots import Slots
from local_aws.codebuild.state import BuildRecord, CodeBuildState, Token, now
from local_aws.codebuild.validation import check_project, invalid
from local_aws.gateway.context import Principal, RegionalState, RequestContext
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.platform import Platform

_TOKEN_SECONDS = 300.0
_WHOLE = {
    "secondarySourcesOverride": "secondarySources",
    "secondarySourcesVersionOverride": "secondarySourceVersions",
    "artifactsOverride": "artifacts",
    "secondaryArtifactsOverride": "secondaryArtifacts",
    "cacheOverride": "cache",
    "serviceRoleOverride": "serviceRole",
    "timeoutInMinutesOverride": "timeoutInMinutes",
    "queuedTimeoutInMinutesOverride": "queuedTimeoutInMinutes",
    "encryptionKeyOverride": "encryptionKey",
    "logsConfigOverride": "logsConfig",
    "sourceVersion": "sourceVersion",
}
_OF_SOURCE = {
    "sourceTypeOverride": "type",
    "sourceLocationOverride": "location",
    "sourceAuthOverride": "auth",
    "gitCloneDepthOverride": "gitCloneDepth",
    "gitSubmodulesConfigOverride": "gitSubmodulesConfig",
    "buildspecOverride": "buildspec",
    "insecureSslOverride": "insecureSsl",
    "reportBuildStatusOverride": "reportBuildStatus",
    "buildStatusConfigOverride": "buildStatusConfig",
}
_OF_ENVIRONMENT = {
    "environmentTypeOverride": "type",
    "imageOverride": "image",
    "computeTypeOverride": "computeType",
    "certificateOverride": "certificate",
    "privilegedModeOverride": "privilegedMode",
    "registryCredentialOverride": "registryCredential",
    "imagePullCredentialsTypeOverride": "imagePullCredentialsType",
    "hostKernelOverride": "hostKernel",
}
_LACKING = ("debugSessionEnabled", "fleetOverride", "autoRetryLimitOverride")


class BuildOperations(OperationGroup):
    """StartBuild and its kin.

    Args:
        platform: the local AWS.
        states: shared with the operations on projects.
        capacity: builds that run at a time; others wait in QUEUED.
        minute: how long a minute of a timeout lasts, in seconds. Default: 60; tests use less.
    """

    service: ClassVar[str] = "codebuild"

    def __init__(
        self, platform: Platform, states: RegionalState[CodeBuildState], *, capacity: int = 20, minute: float = 60.0
    ) -> None:
        self._platform = platform
        self._states = states
        self._slots = Slots(capacity)
        self._minute = minute
        platform.on_stop(self._stop_all)

    @operation("StartBuild")
    def start_build(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Starts a build of a project, with the request's overrides."""
        for name in _LACKING:
            if request.get(name):
                raise NotAvailableLocallyError(f"CodeBuild's {name}")
        state = self._states[context]
        with state.lock:
            known = _repeated(state, request)
            if known is not None:
                return {"build": known.snapshot()}
            project = find_project(state, context, request["projectName"])
            settings = _with_overrides(project, request)
            check_project(settings)
            self._check_limit(state, project)
            record = _record(state, context, settings, request)
            state.builds[record.id] = record
            if token := request.get("idempotencyToken"):
                state.tokens[token] = Token(request=request, build_id=record.id, used=time.monotonic())
        return {"build": self._launch(record)}

    @operation("RetryBuild")
    def retry_build(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Starts a build with the settings of one that ended."""
        state = self._states[context]
        with state.lock:
            record = _find_build(state, request["id"])
            if not record.snapshot()["buildComplete"]:
                raise invalid(f"Build {record.id} is not complete")
            again = {name: value for name, value in record.request.items() if name != "idempotencyToken"}
        if token := request.get("idempotencyToken"):
            again["idempotencyToken"] = token
        return self.start_build(context, again)

    @operation("StopBuild")
    def stop_build(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Ends a build; one that ended before is shown as it is."""
        state = self._states[context]
        with state.lock:
            record = _find_build(state, request["id"])
        record.interrupt("STOPPED")
        return {"build": record.snapshot()}

    @operation("BatchGetBuilds")
    def batch_get_builds(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Builds by id or ARN."""
        state = self._states[context]
        found, missing = [], []
        with state.lock:
            for build_id in dict.fromkeys(request["ids"]):
                record = state.builds.get(_build_id(build_id))
                if record is None:
                    missing.append(build_id)
                else:
                    found.append(record.snapshot())
        return {"builds": found, "buildsNotFound": missing}

    @operation("ListBuilds")
    def list_builds(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Ids of all builds, the newest first unless asked otherwise."""
        state = self._states[context]
        with state.lock:
            ids = list(state.builds)
        return page(ids[::-1] if descending(request, "DESCENDING") else ids, request, "ids")

    @operation("ListBuildsForProject")
    def list_builds_for_project(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Ids of a project's builds, the newest first unless asked otherwise."""
        state = self._states[context]
        with state.lock:
            name = find_project(state, context, request["projectName"])["name"]
            ids = [record.id for record in state.builds.values() if record.id.partition(":")[0] == name]
        return page(ids[::-1] if descending(request, "DESCENDING") else ids, request, "ids")

    @operation("BatchDeleteBuilds")
    def batch_delete_builds(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Deletes the records of builds that ended."""
        state = self._states[context]
        deleted, kept = [], []
        with state.lock:
            for build_id in dict.fromkeys(request["ids"]):
                record = state.builds.get(_build_id(build_id))
                if record is None:
                    kept.append({"id": build_id, "statusCode": "BUILD_NOT_FOUND"})
                elif not record.snapshot()["buildComplete"]:
                    kept.append({"id": build_id, "statusCode": "BUILD_IN_PROGRESS"})
                else:
                    del state.builds[record.id]
                    deleted.append(record.arn)
        return {"buildsDeleted": deleted, "buildsNotDeleted": kept}

    def _check_limit(self, state: CodeBuildState, project: dict[str, Any]) -> None:
        limit = project.get("concurrentBuildLimit")
        if limit is None:
            return
        running = [
            record
            for record in state.builds.values()
            if record.id.partition(":")[0] == project["name"] and not record.ended.is_set()
        ]
        if len(running) >= limit:
            raise AwsError(
                "AccountLimitExceededException",
                f"Cannot have more than {limit} active builds for the project {project['name']}",
            )

    def _launch(self, record: BuildRecord) -> dict[str, Any]:
        shown = record.snapshot()
        events.state_changed(self._platform, record)
        execution = BuildExecution(self._platform, record, self._slots, self._minute)
        threading.Thread(target=execution.run, name=f"build {record.id}", daemon=True).start()
        return shown

    def _stop_all(self) -> None:
        records = [record for _, state in self._states for record in list(state.builds.values())]
        for record in records:
            record.interrupt("STOPPED")
        for record in records:
            record.ended.wait(10)


def _repeated(state: CodeBuildState, request: dict[str, Any]) -> BuildRecord | None:
    """The build that an idempotency token started in the last five minutes."""
    known = state.tokens.get(request.get("idempotencyToken", ""))
    if known is None or time.monotonic() - known.used > _TOKEN_SECONDS or known.build_id not in state.builds:
        return None
    if known.request != request:
        raise invalid("The idempotency token was used before with different parameters")
    return state.builds[known.build_id]


def _with_overrides(project: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """The project's settings with the overrides of a request."""
    settings = copy.deepcopy(project)
    for table, target in ((_WHOLE, settings), (_OF_SOURCE, settings["source"])):
        for override, member in table.items():
            if override in request:
                target[member] = request[override]
    if request.get("sourceTypeOverride") == "NO_SOURCE" and "sourceLocationOverride" not in request:
        settings["source"].pop("location", None)
    environment = settings["environment"]
    for override, member in _OF_ENVIRONMENT.items():
        if override in request:
            environment[member] = request[override]
    variables = {each["name"]: each for each in environment.get("environmentVariables", [])}
    given = request.get("environmentVariablesOverride", [])
    if len({each["name"] for each in given}) < len(given):
        raise invalid("environmentVariablesOverride: an environment variable is given twice")
    variables |= {each["name"]: {"type": "PLAINTEXT", **each} for each in given}
    environment["environmentVariables"] = list(variables.values())
    return settings


def _record(
    state: CodeBuildState, context: RequestContext, settings: dict[str, Any], request: dict[str, Any]
) -> BuildRecord:
    name = settings["name"]
    identifier = str(uuid.uuid4())
    state.numbers[name] = state.numbers.get(name, 0) + 1
    document: dict[str, Any] = {
        "id": f"{name}:{identifier}",
        "arn": f"arn:aws:codebuild:{context.region}:{context.account}:build/{name}:{identifier}",
        "buildNumber": state.numbers[name],
        "startTime": now(),
        "currentPhase": "QUEUED",
        "buildStatus": "IN_PROGRESS",
        "projectName": name,
        "phases": [],
        "secondarySources": [],
        "secondarySourceVersions": [],
        "secondaryArtifacts": [],
        "logs": _logs(context, settings, identifier),
        "buildComplete": False,
        "initiator": _initiator(context.principal),
        "exportedEnvironmentVariables": [],
        **{
            member: settings[member]
            for member in (
                "source",
                "secondarySources",
                "secondarySourceVersions",
                "sourceVersion",
                "artifacts",
                "secondaryArtifacts",
                "cache",
                "environment",
                "serviceRole",
                "timeoutInMinutes",
                "queuedTimeoutInMinutes",
                "encryptionKey",
            )
            if member in settings
        },
    }
    return BuildRecord(document, context.account, context.region, request, context.principal)


def _logs(context: RequestContext, settings: dict[str, Any], identifier: str) -> dict[str, Any]:
    config = settings.get("logsConfig", {}).get("cloudWatchLogs", {"status": "ENABLED"})
    s3 = {"status": "DISABLED"}
    if config["status"] == "DISABLED":
        return {"cloudWatchLogs": config, "s3Logs": s3}
    group = config.get("groupName", f"/aws/codebuild/{settings['name']}")
    stream = f"{config['streamName']}/{identifier}" if config.get("streamName") else identifier
    region = context.region
    encoded = [quote(quote(part, safe=""), safe="").replace("%", "$") for part in (group, stream)]
    return {
        "groupName": group,
        "streamName": stream,
        "deepLink": (
            f"https://console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:log-groups/log-group/"
            f"{encoded[0]}/log-events/{encoded[1]}"
        ),
        "cloudWatchLogsArn": f"arn:aws:logs:{region}:{context.account}:log-group:{group}:log-stream:{stream}",
        "cloudWatchLogs": config,
        "s3Logs": s3,
    }


def _initiator(principal: Principal) -> str:
    """As CodeBuild names who started a build: a user's name, ``role/session``, or ``root``."""
    kind, _, name = principal.arn.split(":", 5)[5].partition("/")
    return name or kind


def _find_build(state: CodeBuildState, name: str) -> BuildRecord:
    record = state.builds.get(_build_id(name))
    if record is None:
        raise AwsError("ResourceNotFoundException", f"Build does not exist: {name}")
    return record


def _build_id(id_or_arn: str) -> str:
    return id_or_arn.rpartition(":build/")[2]
