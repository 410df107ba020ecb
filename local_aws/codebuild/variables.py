"""The environment of a build."""

import json
import os
import platform as machine
from pathlib import Path
from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

from local_aws.codebuild import tools
from local_aws.codebuild.buildspec import Buildspec
from local_aws.codebuild.state import BuildRecord
from local_aws.containers.docker_command.main import NO_DAEMON_VARIABLE
from local_aws.containers.process.engine import Storage
from local_aws.containers.process.runs import machine_settings
from local_aws.platform import Credentials, Platform


class VariableError(Exception):
    """A variable whose value cannot be had; the message is the phase's."""


@frozen(kw_only=True)
class Folders:
    """The folders of a build.

    Attributes:
        root: holds all others; removed at the end.
        source: where commands start.
        home: the build's own.
        temporary: TMPDIR.
    """

    root: Path
    source: Path
    home: Path
    temporary: Path

    @classmethod
    def make(cls, root: Path) -> "Folders":
        """Makes them."""
        folders = cls(root=root, source=root / "src", home=root / "home", temporary=root / "tmp")
        for folder in (folders.source, folders.home, folders.temporary):
            folder.mkdir(parents=True)
        return folders


def standard(platform: Platform, record: BuildRecord, credentials: Credentials, folders: Folders) -> dict[str, str]:
    """What every build has: credentials, the service's own variables, PATH, and this machine's settings of pip."""
    build = record.snapshot()
    source, environment = build["source"], build["environment"]
    storage = Storage.of(platform.state_dir, platform.cache_dir)
    _copy_pip_settings(folders.home)
    variables = {
        **machine_settings(os.environ),
        "PIP_CACHE_DIR": str(storage.environments.downloads()),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PATH": tools.search_path(platform, folders.home),
        "HOME": str(folders.home),
        "TMPDIR": str(folders.temporary),
        "LANG": "C.UTF-8",
        **credentials.environment(),
        "AWS_ENDPOINT_URL": platform.endpoint_url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "AWS_REGION": record.region,
        "AWS_DEFAULT_REGION": record.region,
        "CI": "true",
        "CODEBUILD_CI": "true",
        "CODEBUILD_BUILD_ARN": record.arn,
        "CODEBUILD_BUILD_ID": record.id,
        "CODEBUILD_BUILD_IMAGE": environment["image"],
        "CODEBUILD_BUILD_NUMBER": str(build["buildNumber"]),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_INITIATOR": build["initiator"],
        "CODEBUILD_KMS_KEY_ID": build["encryptionKey"],
        "CODEBUILD_LOG_PATH": build["logs"].get("streamName", ""),
        "CODEBUILD_RESOLVED_SOURCE_VERSION": build.get("resolvedSourceVersion", ""),
        "CODEBUILD_SOURCE_REPO_URL": source.get("location", ""),
        "CODEBUILD_SOURCE_VERSION": build.get("sourceVersion", f"arn:aws:s3:::{source.get('location', '')}"),
        "CODEBUILD_SRC_DIR": str(folders.source),
        "CODEBUILD_START_TIME": str(int(build["startTime"].timestamp() * 1000)),
    }
    if machine.system() == "Darwin":
        variables["PATH"] += ":/opt/homebrew/bin"
    if not environment.get("privilegedMode", False):
        variables[NO_DAEMON_VARIABLE] = "absent"
    return variables


def given(
    platform: Platform, record: BuildRecord, credentials: Credentials, buildspec: Buildspec
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables of buildspec, project and request, and which of their values are secret.

    Raises:
        VariableError: a parameter or secret cannot be read.
    """
    values: dict[str, str] = dict(buildspec.variables)
    secret: list[str] = []
    wanted = [("PARAMETER_STORE", name, value) for name, value in buildspec.parameters.items()]
    wanted += [("SECRETS_MANAGER", name, value) for name, value in buildspec.secrets.items()]
    wanted += [
        (each.get("type", "PLAINTEXT"), each["name"], each["value"])
        for each in record.snapshot()["environment"].get("environmentVariables", [])
    ]
    for kind, name, value in wanted:
        if kind == "PLAINTEXT":
            values[name] = value
            continue
        reader = _parameter if kind == "PARAMETER_STORE" else _secret
        try:
            values[name] = reader(platform, record.region, credentials, value)
        except ClientError as error:
            known = error.response["Error"]
            raise VariableError(f"{known['Code']}: {name}: {known['Message']}") from error
        secret.append(values[name])
    return values, tuple(text for text in secret if text)


def _parameter(platform: Platform, region: str, credentials: Credentials, name: str) -> str:
    ssm = platform.client("ssm", region=region, credentials=credentials)
    value: str = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    return value


def _secret(platform: Platform, region: str, credentials: Credentials, reference: str) -> str:
    """A secret's value by ``id:json-key:version-stage:version-id``; an ARN has six colons of its own."""
    parts = reference.split(":")
    if reference.startswith("arn:"):
        parts = [":".join(parts[:7]), *parts[7:]]
    secret_id, key, stage, version = (*parts, "", "", "")[:4]
    client = platform.client("secretsmanager", region=region, credentials=credentials)
    arguments: dict[str, Any] = {"SecretId": secret_id}
    arguments |= {"VersionStage": stage} if stage else {}
    arguments |= {"VersionId": version} if version else {}
    text: str = client.get_secret_value(**arguments)["SecretString"]
    if not key:
        return text
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError):
        raise VariableError(f"secret {secret_id} has no JSON key {key!r}") from None


def _copy_pip_settings(home: Path) -> None:
    """The user's pip.conf, so that pip finds packages where it does outside of builds."""
    for name in (".config/pip/pip.conf", ".pip/pip.conf", "Library/Application Support/pip/pip.conf"):
        settings = Path.home() / name
        if settings.is_file():
            copy = home / name
            copy.parent.mkdir(parents=True)
            copy.write_bytes(settings.read_bytes())
