"""What a container build is and when it is needed: pure functions, no AWS calls, no clock.

An image's tag is the hash of everything that decides its content: source, changed files, build variables. Equal
content has an equal tag, so an image that is already there is the image that a build would make.
"""

import hashlib
import io
import json
import posixpath
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

OWN_VARIABLES = ("IMAGE_REPOSITORY_URI", "IMAGE_TAG", "DOCKERFILE")
"""Variables of the build that the builder sets itself."""

_MOST_FILES_BYTES = 200_000
_RUNNING = "IN_PROGRESS"


class ContainerBuildFailed(Exception):  # noqa: N818 - the error's name in Step Functions, part of the contract
    """The image cannot be had: a bad request, or a build that failed. Retry and Catch see it by this name."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the construct tells the functions through their environment.

    Attributes:
        project: name of the CodeBuild project.
        registry: account whose registry the ECR repository is in.
        repository_name: name of the repository.
        repository_uri: its address, without a tag.
        bucket: the bucket of waiters and changed sources.
        prefix: where they are in it, with a slash at its end.
        source_bucket: bucket of the source as deployed.
        source_key: its key there, a zip file.
        source_hash: hash of the source folder's content.
        dockerfile: name of the Dockerfile in the source.
        environment: variables that every build of the project gets.
    """

    project: str
    registry: str
    repository_name: str
    repository_uri: str
    bucket: str
    prefix: str
    source_bucket: str
    source_key: str
    source_hash: str
    dockerfile: str
    environment: Mapping[str, str]

    @classmethod
    def read(cls, document: str) -> "Settings":
        """Reads the settings that the construct wrote as JSON."""
        return cls(**json.loads(document))


@dataclass(frozen=True, kw_only=True)
class Waiter:
    """Who waits for an image, as its record in the bucket says.

    Attributes:
        kind: a task of Step Functions, or a callback step of SageMaker Pipelines.
        token: by which it is answered. Never printed.
    """

    kind: Literal["TaskToken", "CallbackToken"]
    token: str = field(repr=False)

    def record(self) -> bytes:
        """What is kept until the image is there."""
        return json.dumps({self.kind: self.token}).encode()

    @classmethod
    def of_record(cls, record: bytes) -> "Waiter":
        """Reads what was kept."""
        ((kind, token),) = json.loads(record).items()
        return cls(kind=kind, token=token)


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """A checked request: what to build, and who waits for it.

    Attributes:
        waiter: who waits; None where nobody does.
        files: texts that replace or join the source's files, by path.
        environment: variables for this build.
        dockerfile: the Dockerfile to use; None for the project's.
        timeout_minutes: limit of this build; None for the project's.
    """

    waiter: Waiter | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    dockerfile: str | None = None
    timeout_minutes: int | None = None


def read_request(payload: object) -> BuildRequest:
    """Checks an invocation's payload.

    Raises:
        ContainerBuildFailed: all problems together, each with what was got and what was expected.
    """
    problems: list[str] = []
    document = _mapping(payload, "payload", ("TaskToken", "CallbackToken", "Overrides"), problems)
    overrides = _mapping(
        document.get("Overrides"), "Overrides", ("Files", "Environment", "Dockerfile", "TimeoutInMinutes"), problems
    )
    waiter = _waiter(document, problems)
    files = _texts(overrides.get("Files"), "Overrides.Files", problems)
    problems += [
        f"Overrides.Files: got the path {path!r}, expected one inside the source folder"
        for path in files
        if not _is_source_path(path)
    ]
    if sum(len(text.encode()) for text in files.values()) > _MOST_FILES_BYTES:
        problems.append(f"Overrides.Files: expected at most {_MOST_FILES_BYTES} bytes together")
    environment = _texts(overrides.get("Environment"), "Overrides.Environment", problems)
    problems += [
        f"Overrides.Environment: got the name {name!r}, expected a variable name of your own"
        for name in environment
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name in OWN_VARIABLES
    ]
    dockerfile = overrides.get("Dockerfile")
    if dockerfile is not None and not (isinstance(dockerfile, str) and _is_source_path(dockerfile)):
        problems.append(f"Overrides.Dockerfile: got {dockerfile!r}, expected a path inside the source folder")
    minutes = overrides.get("TimeoutInMinutes")
    if minutes is not None and not (type(minutes) is int and 5 <= minutes <= 480):
        problems.append(f"Overrides.TimeoutInMinutes: got {minutes!r}, expected a whole number from 5 to 480")
    if problems:
        raise ContainerBuildFailed("the build request is not valid: " + "; ".join(problems))
    return BuildRequest(
        waiter=waiter, files=files, environment=environment, dockerfile=dockerfile, timeout_minutes=minutes
    )


def image_tag(settings: Settings, request: BuildRequest) -> str:
    """The tag of the requested image: 40 hexadecimal digits that depend on its content alone."""
    content = {
        "source": settings.source_hash,
        "files": {posixpath.normpath(path): text for path, text in request.files.items()},
        "environment": {**settings.environment, **request.environment},
        "dockerfile": _dockerfile(settings, request),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:40]


def changed_source(archive: bytes, request: BuildRequest, settings: Settings) -> bytes:
    """The source with the request's files put in; byte for byte the same for the same input.

    Raises:
        ContainerBuildFailed: the source, with its changes, has no such Dockerfile.
    """
    replaced = {posixpath.normpath(path): text.encode() for path, text in request.files.items()}
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        entries = {info.filename: info for info in source.infolist() if not info.is_dir()}
        dockerfile = posixpath.normpath(_dockerfile(settings, request))
        if dockerfile not in {*entries, *replaced}:
            names = ", ".join(sorted({*entries, *replaced})[:20]) or "nothing"
            raise ContainerBuildFailed(f"the Dockerfile {dockerfile!r} is not in the source, which has {names}")
        if not replaced:
            return archive
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
            for name in sorted({*entries, *replaced}):
                info = zipfile.ZipInfo(name)  # dated 1980: the same content gives the same bytes
                # what replaces a file keeps its permissions; a new file is executable, as `train` must be
                info.external_attr = entries[name].external_attr if name in entries else 0o100755 << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                changed.writestr(info, replaced[name] if name in replaced else source.read(name))
    return target.getvalue()


def waiters_prefix(settings: Settings, tag: str) -> str:
    """Where the waiters of an image are recorded."""
    return f"{settings.prefix}waiters/{tag}/"


def waiter_key(settings: Settings, tag: str, waiter: Waiter) -> str:
    """Where one waiter is recorded; the same for the same one, and it does not give the token away."""
    return waiters_prefix(settings, tag) + hashlib.sha256(waiter.token.encode()).hexdigest()


def changed_source_key(settings: Settings, tag: str) -> str:
    """Where the changed source of an image is put."""
    return f"{settings.prefix}sources/{tag}.zip"


def tag_of(build: Mapping[str, Any]) -> str | None:
    """The image tag that a build, as CodeBuild describes it, was started for; None for a build of another hand."""
    for variable in build.get("environment", {}).get("environmentVariables", []):
        if variable["name"] == "IMAGE_TAG":
            return str(variable["value"])
    return None


def running_build(builds: Iterable[Mapping[str, Any]], tag: str) -> str | None:
    """The id of a build of this tag that has not ended."""
    return next(
        (str(build["id"]) for build in builds if build["buildStatus"] == _RUNNING and tag_of(build) == tag), None
    )


def idempotency_token(builds: Iterable[Mapping[str, Any]], tag: str) -> str:
    """What makes two simultaneous starts one: equal for all who have seen the same builds of the tag end."""
    ended = sorted(str(build["id"]) for build in builds if tag_of(build) == tag)
    return hashlib.sha256("\n".join([tag, *ended]).encode()).hexdigest()[:64]


def start_arguments(
    settings: Settings, request: BuildRequest, *, tag: str, token: str, source_key: str | None
) -> dict[str, Any]:
    """The arguments of StartBuild.

    Args:
        settings: of the project.
        request: what to build.
        tag: the image's tag.
        token: the idempotency token.
        source_key: key of the changed source in the bucket; None builds the source as deployed.
    """
    variables = {
        **request.environment,
        "IMAGE_REPOSITORY_URI": settings.repository_uri,
        "IMAGE_TAG": tag,
        "DOCKERFILE": _dockerfile(settings, request),
    }
    arguments: dict[str, Any] = {
        "projectName": settings.project,
        "idempotencyToken": token,
        "environmentVariablesOverride": [
            {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()
        ],
    }
    if source_key is not None:
        arguments["sourceTypeOverride"] = "S3"
        arguments["sourceLocationOverride"] = f"{settings.bucket}/{source_key}"
    if request.timeout_minutes is not None:
        arguments["timeoutInMinutesOverride"] = request.timeout_minutes
    return arguments


def answer(settings: Settings, *, tag: str, digest: str | None, build_id: str | None, reused: bool) -> dict[str, Any]:
    """What a waiter, or a direct caller, is told; image and digest are None while a build is under way."""
    return {
        "ImageUri": f"{settings.repository_uri}@{digest}" if digest else None,
        "ImageDigest": digest,
        "ImageTag": tag,
        "BuildId": build_id,
        "Reused": reused,
    }


def output_parameters(outcome: Mapping[str, Any]) -> list[dict[str, str]]:
    """An answer as a callback step takes it: texts alone."""
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in outcome.items()}
    return [{"Name": name, "Value": "" if value == "null" else value} for name, value in texts.items()]


def build_payload(body: str) -> dict[str, Any]:
    """A callback step's message as a build request.

    Args:
        body: the message: a JSON object with ``token`` and ``arguments``. The argument ``Overrides``, if there is one,
            is JSON as a text, since arguments of a callback step are texts and numbers.

    Raises:
        ValueError: it is not such a message, or its overrides are no JSON.
    """
    message = json.loads(body)
    overrides = (message.get("arguments") or {}).get("Overrides")
    return {
        "CallbackToken": message["token"],
        "Overrides": json.loads(overrides) if isinstance(overrides, str) else overrides,
    }


def failure_cause(build: Mapping[str, Any]) -> str:
    """Why a build ended without an image: its id, status, and each failing phase with its message."""
    phases = [
        f"{phase['phaseType']} {phase['phaseStatus']}{_messages(phase)}"
        for phase in build.get("phases", [])
        if phase.get("phaseStatus") not in (None, "SUCCEEDED", "QUEUED")
    ]
    reason = "; ".join(phases) or "no phase failed, but the image is not in the repository"
    logs = build.get("logs", {})
    where = f" (log group {logs['groupName']}, stream {logs['streamName']})" if logs.get("streamName") else ""
    # Step Functions takes a cause of at most 32768 characters
    return f"build {build['id']} ended {build['buildStatus']}: {reason}{where}"[:32_000]


def _messages(phase: Mapping[str, Any]) -> str:
    messages = [
        f"{context.get('statusCode', '')} {context.get('message', '')}".strip() for context in phase.get("contexts", [])
    ]
    return ": " + ", ".join(filter(None, messages)) if any(messages) else ""


def _dockerfile(settings: Settings, request: BuildRequest) -> str:
    return settings.dockerfile if request.dockerfile is None else request.dockerfile


def _is_source_path(path: str) -> bool:
    parts = path.split("/")
    return bool(path) and "\\" not in path and "\0" not in path and not path.startswith("/") and ".." not in parts


def _waiter(document: Mapping[str, Any], problems: list[str]) -> Waiter | None:
    kinds: tuple[Literal["TaskToken", "CallbackToken"], ...] = ("TaskToken", "CallbackToken")
    for kind in kinds:
        token = document.get(kind)
        if isinstance(token, str) and token:
            return Waiter(kind=kind, token=token)
        if token is not None:
            problems.append(f"{kind}: expected a text")
    return None


def _mapping(value: object, name: str, keys: tuple[str, ...], problems: list[str]) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.append(f"{name}: got {type(value).__name__}, expected a mapping")
        return {}
    expected = ", ".join(keys)
    problems += [f"{name}: got the key {key!r}, expected {expected}" for key in value if key not in keys]
    return value


def _texts(value: object, name: str, problems: list[str]) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.append(f"{name}: got {type(value).__name__}, expected a mapping of names to texts")
        return {}
    for key, text in value.items():
        if not isinstance(text, str):
            problems.append(f"{name}.{key}: got {type(text).__name__}, expected a text")
    return {key: text for key, text in value.items() if isinstance(text, str)}
