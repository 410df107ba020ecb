"""Images in ECR repositories.

Faults mended: moto makes up digests from the layers' names instead of hashing the manifest; it takes a digest that
does not fit; it answers for a missing repository with a fault of the server; it moves tags that are immutable under
the wrong error; it counts the size of the configuration as the image's; its registry passwords expired in 2015.
"""

import hashlib
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecr.exceptions import InvalidParameterException, RepositoryNotFoundException
from moto.ecr.models import ECRBackend, Image
from moto.ecr.responses import ECRResponse

_TOKEN_HOURS = 12
_put_image = ECRBackend.put_image


class ImageDigestDoesNotMatchError(ServiceException):  # type: ignore[misc] # moto is untyped here
    """The digest in the request is not the manifest's."""

    code = "ImageDigestDoesNotMatchException"


class ImageTagAlreadyExistsError(ServiceException):  # type: ignore[misc] # moto is untyped here
    """The tag is immutable and names another image."""

    code = "ImageTagAlreadyExistsException"


def apply() -> None:
    """Puts the mended parts in place of moto's."""
    Image.get_image_digest = _digest
    Image.get_image_size_in_bytes = _size
    ECRBackend.put_image = _checked_put_image
    ECRResponse.get_authorization_token = _authorization_token


def _digest(self: Any) -> str:
    return _digest_of(self.image_manifest)


def _digest_of(manifest: str) -> str:
    return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()


def _size(self: Any) -> int | None:
    manifest = json.loads(self.image_manifest)
    if "layers" not in manifest:
        return None
    parts = [manifest.get("config", {}), *manifest["layers"]]
    return sum(int(part.get("size", 0)) for part in parts)


def _checked_put_image(  # noqa: PLR0917 - moto calls it so
    self: Any,
    repository_name: str,
    image_manifest: str,
    image_tag: str | None,
    image_manifest_mediatype: str | None = None,
    digest: str | None = None,
) -> Any:
    repository = self.repositories.get(repository_name)
    if repository is None:
        raise RepositoryNotFoundException(repository_name, self.account_id)
    try:
        json.loads(image_manifest)
    except ValueError as error:
        raise InvalidParameterException(
            f"Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax' ({error})"
        ) from error
    actual = _digest_of(image_manifest)
    if digest is not None and digest != actual:
        raise ImageDigestDoesNotMatchError(
            f"Image digest '{digest}' does not match the digest '{actual}' of the manifest that was sent"
        )
    owner = next((image for image in repository.images if image_tag and image_tag in image.image_tags), None)
    if owner is not None and owner.get_image_digest() != actual and repository.is_tag_immutable():
        raise ImageTagAlreadyExistsError(
            f"The image tag '{image_tag}' already exists in the '{repository_name}' repository "
            "and cannot be overwritten because the tag is immutable."
        )
    return _put_image(self, repository_name, image_manifest, image_tag, image_manifest_mediatype, actual)


def _authorization_token(self: Any) -> ActionResult:
    accounts = self._get_param("registryIds") or [self.current_account]
    expires = utcnow() + timedelta(hours=_TOKEN_HOURS)
    return ActionResult(
        {
            "authorizationData": [
                {
                    "authorizationToken": b64encode(f"AWS:{self.get_access_key()}".encode()).decode(),
                    "expiresAt": expires,
                    "proxyEndpoint": f"https://{account}.dkr.ecr.{self.region}.amazonaws.com",
                }
                for account in accounts
            ]
        }
    )
