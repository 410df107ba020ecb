"""Images in the local ECR, through its public API."""

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

from local_aws.containers.engine import EngineError, ImageNotFoundError
from local_aws.containers.references import ImageReference
from local_aws.platform import SERVICE_CREDENTIALS, Credentials, Platform

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_ABSENT = {"RepositoryNotFoundException", "ImageNotFoundException"}


def image_digest(platform: Platform, image: str, credentials: Credentials | None) -> str:
    """The digest of an image in the local ECR.

    Args:
        platform: the local AWS.
        image: ECR URI by tag or digest.
        credentials: who asks; needs ``ecr:BatchGetImage``. Default: the service itself.

    Raises:
        ImageNotFoundError: the name is no ECR URI, or ECR has no such image.
        EngineError: ECR refuses.
    """
    try:
        reference = ImageReference.parse(image).familiar
    except ValueError as error:
        raise ImageNotFoundError(str(error)) from None
    if reference.ecr is None:
        raise ImageNotFoundError(
            f"image {image!r} is not in the local ECR: expected <account>.dkr.ecr.<region>.amazonaws.com/<repository>"
        )
    account, region = reference.ecr
    ecr = platform.client("ecr", region=region, credentials=credentials or SERVICE_CREDENTIALS)
    wanted = {"imageDigest": reference.digest} if reference.digest else {"imageTag": reference.tag}
    try:
        answer = ecr.batch_get_image(registryId=account, repositoryName=reference.repository, imageIds=[wanted])
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            raise ImageNotFoundError(f"image {image!r} was not found: {error.response['Error']['Message']}") from error
        raise EngineError(f"image {image!r} cannot be pulled: {error}{_absence(platform, reference)}") from error
    if not answer["images"]:
        raise ImageNotFoundError(f"image {image!r} was not found: repository {reference.repository!r} does not have it")
    digest: str = answer["images"][0]["imageId"]["imageDigest"]
    return digest


def _absence(platform: Platform, reference: ImageReference) -> str:
    """What the refusal does not tell: that there is no such repository, such as those of AWS's own images."""
    account, region = reference.ecr or ("", "")
    ecr = platform.client("ecr", region=region)
    try:
        ecr.describe_repositories(registryId=account, repositoryNames=[reference.repository])
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return (
                f"; account {account} has no repository {reference.repository!r} on the local AWS, "
                "where images that AWS and others publish are not"
            )
    return ""


def push(ecr: Any, reference: ImageReference, config: bytes, layers: tuple[tuple[str, bytes], ...]) -> str:
    """Sends an image to ECR in the calls that ``docker push`` makes, and gives its digest.

    Args:
        ecr: a client whose credentials need the rights of a push.
        reference: where to; an ECR name with a tag.
        config: the image's configuration.
        layers: media type and content of each layer.

    Raises:
        botocore.exceptions.ClientError: ECR refuses: no such repository, an immutable tag that is taken, no right.
    """
    account = reference.ecr[0] if reference.ecr else None
    names = {"registryId": account, "repositoryName": reference.repository}
    blobs = {_digest(blob): blob for blob in (config, *(content for _, content in layers))}
    known = ecr.batch_check_layer_availability(layerDigests=list(blobs), **names)
    for layer in known["layers"]:
        if layer["layerAvailability"] == "AVAILABLE":
            del blobs[layer["layerDigest"]]
    for digest, blob in blobs.items():
        upload = ecr.initiate_layer_upload(**names)["uploadId"]
        ecr.upload_layer_part(uploadId=upload, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob, **names)
        ecr.complete_layer_upload(uploadId=upload, layerDigests=[digest], **names)
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor(CONFIG_TYPE, config),
            "layers": [_descriptor(media_type, content) for media_type, content in layers],
        },
        separators=(",", ":"),
    )
    digest = _digest(manifest.encode())
    try:
        ecr.put_image(
            imageManifest=manifest,
            imageManifestMediaType=MANIFEST_TYPE,
            imageTag=reference.tag,
            imageDigest=digest,
            **names,
        )
    except ClientError as error:
        # the very image under the very tag is there already: docker push succeeds then
        if error.response["Error"]["Code"] != "ImageAlreadyExistsException":
            raise
    return digest


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "size": len(content), "digest": _digest(content)}
