"""The registries of a build: who is logged in, what is pushed."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_aws.containers.engine import EngineError
from local_aws.containers.references import ImageReference
from local_aws.gateway.context import DEFAULT_ACCOUNT

_PREFIXES = {
    "RepositoryNotFoundException": "name unknown",
    "ImageTagAlreadyExistsException": "tag invalid",
    "InvalidParameterException": "manifest invalid",
}


class Logins:
    """The registries that ``docker login`` was called for, in docker's own file.

    Args:
        environment: of the build: ``DOCKER_CONFIG``, else ``HOME``.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        folder = environment.get("DOCKER_CONFIG") or str(Path(environment.get("HOME", "/")) / ".docker")
        self._file = Path(folder) / "config.json"

    def add(self, registry: str, user: str, password: str) -> None:
        """Remembers a login; passwords of the local ECR are not checked, only asked for.

        Raises:
            EngineError: no password, or another user than AWS at an ECR.
        """
        if not password:
            raise EngineError("Error: Cannot perform an interactive login from a non TTY device: the password is empty")
        if ImageReference.parse(f"{registry}/x").ecr is not None and user != "AWS":
            raise EngineError(f"Error response from daemon: login attempt to {registry} failed: the user must be AWS")
        document = self._read()
        auth = base64.b64encode(f"{user}:{password}".encode()).decode()
        document.setdefault("auths", {})[registry] = {"auth": auth}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(document))

    def remove(self, registry: str) -> None:
        """Forgets a login."""
        document = self._read()
        document.get("auths", {}).pop(registry, None)
        if self._file.exists():
            self._file.write_text(json.dumps(document))

    def require(self, reference: ImageReference) -> None:
        """Raises EngineError in docker's words where nobody is logged in at the image's registry."""
        known = {registry.removeprefix("https://").rstrip("/") for registry in self._read().get("auths", {})}
        if reference.registry not in known:
            raise EngineError(f"no basic auth credentials: docker login {reference.registry} was not called")

    def _read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return found


def ecr_client(reference: ImageReference, environment: Mapping[str, str], endpoint_url: str) -> Any:
    """A client of the local ECR with the build's credentials."""
    import botocore.session  # slow to load, and most calls of docker need no ECR
    from botocore.config import Config

    assert reference.ecr is not None  # noqa: S101 - callers ask first
    session = botocore.session.Session()
    return session.create_client(
        "ecr",
        region_name=reference.ecr[1],
        endpoint_url=environment.get("AWS_ENDPOINT_URL_ECR") or environment.get("AWS_ENDPOINT_URL") or endpoint_url,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


def push(
    reference: ImageReference,
    config: bytes,
    layers: tuple[tuple[str, bytes], ...],
    environment: Mapping[str, str],
    endpoint_url: str,
) -> str:
    """Sends an image to the local ECR and gives its digest.

    Raises:
        EngineError: not an ECR of the local AWS, not logged in, or refused, in the words of ``docker push``.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # slow to load

    from local_aws.containers import registry

    if reference.ecr is None:
        raise EngineError(
            f"push to {reference.registry or 'docker.io'} refused: the local AWS has registries of ECR alone "
            "(<account>.dkr.ecr.<region>.amazonaws.com)"
        )
    Logins(environment).require(reference)
    try:
        return registry.push(ecr_client(reference, environment, endpoint_url), reference, config, layers)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        raise EngineError(f"{_PREFIXES.get(code, 'denied')}: {message}") from error
    except BotoCoreError as error:
        raise EngineError(f"denied: {error}") from error


def digest(reference: ImageReference, environment: Mapping[str, str], endpoint_url: str) -> str:
    """The digest of an image of the local ECR.

    Raises:
        EngineError: not logged in, refused, or not there, in the words of ``docker pull``.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # slow to load

    Logins(environment).require(reference)
    wanted = {"imageDigest": reference.digest} if reference.digest else {"imageTag": reference.tag}
    try:
        answer = ecr_client(reference, environment, endpoint_url).batch_get_image(
            registryId=(reference.ecr or ("",))[0], repositoryName=reference.repository, imageIds=[wanted]
        )
    except (ClientError, BotoCoreError) as error:
        raise EngineError(f"pull access denied for {reference}: {error}") from error
    if not answer["images"]:
        raise EngineError(f"manifest for {reference} not found: manifest unknown: Requested image not found")
    found: str = answer["images"][0]["imageId"]["imageDigest"]
    return found


def account_of(environment: Mapping[str, str]) -> str:
    """The account that a build runs in: its ARN tells; the local AWS's own outside of builds."""
    parts = environment.get("CODEBUILD_BUILD_ARN", "").split(":")
    return parts[4] if len(parts) > 4 else DEFAULT_ACCOUNT
