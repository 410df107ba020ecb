"""Containers as models and model packages name them: an image, model data, variables."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

from local_aws.sagemaker.s3_locations import S3Location

_ECR_IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9._/-]+(:[\w.-]{1,128})?(@sha256:[0-9a-f]{64})?"
)

PRIMARY = "primary"
"""What the container of a model that has one is called."""


@frozen(kw_only=True)
class ServingContainer:
    """One container of a model, as its instances run it.

    Attributes:
        name: by which requests, logs and metrics know it: its ContainerHostname, or one that tells its place.
        position: among the model's containers, from 1.
        definition: image, model data and variables; of a model package, what the package says.
    """

    name: str
    position: int
    definition: dict[str, Any]

    @property
    def described(self) -> str:
        """As AWS's messages about health call it."""
        return "primary container" if self.name == PRIMARY else self.name

    @property
    def environment(self) -> dict[str, str]:
        """Its own variables."""
        return dict(self.definition.get("Environment", {}))


def serving_containers(definitions: Sequence[dict[str, Any]]) -> tuple[ServingContainer, ...]:
    """The containers of a model, in their order, each with its name."""
    if len(definitions) == 1:
        return (ServingContainer(name=PRIMARY, position=1, definition=definitions[0]),)
    return tuple(
        ServingContainer(
            name=definition.get("ContainerHostname", f"container-{position}"), position=position, definition=definition
        )
        for position, definition in enumerate(definitions, 1)
    )


def data_address(container: dict[str, Any]) -> str | None:
    """Where a container's model data lies: an archive, an object, or a prefix that ends in ``/``; None without any."""
    if "ModelDataSource" in container:
        return str(container["ModelDataSource"]["S3DataSource"]["S3Uri"])
    return container.get("ModelDataUrl")


def data_is_there(s3: Any, address: str) -> bool:
    """Whether model data lies where it is said to.

    Args:
        s3: a client of whoever is to read it.
        address: of an object, or of a prefix that ends in ``/``.

    Raises:
        botocore.exceptions.ClientError: the client may not look.
    """
    location = S3Location.parse(address)
    try:
        if address.endswith("/"):
            return bool(s3.list_objects_v2(Bucket=location.bucket, Prefix=location.key, MaxKeys=1)["KeyCount"])
        s3.head_object(Bucket=location.bucket, Key=location.key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            raise
        return False
    return True


def container_faults(container: dict[str, Any]) -> Iterator[str]:
    """What AWS would not accept of a container."""
    image = container.get("Image")
    if image is not None and not _ECR_IMAGE.fullmatch(image):
        yield (
            f"Invalid image URI {image}. Please provide a valid Amazon Elastic Container Registry path of the "
            "Docker image to run."
        )
    if "ModelDataUrl" in container and "ModelDataSource" in container:
        yield "a container has either ModelDataUrl or ModelDataSource, not both"
    if "ModelDataSource" in container:
        source = container["ModelDataSource"].get("S3DataSource")
        if source is None:
            yield "ModelDataSource needs S3DataSource"
            return
        form = (source["S3DataType"], source["CompressionType"])
        if form == ("S3Prefix", "Gzip"):
            yield "ModelDataSource: CompressionType Gzip needs S3DataType S3Object"
        if form[0] == "S3Prefix" and not source["S3Uri"].endswith("/"):
            yield f"ModelDataSource: an S3Prefix must end in a slash, got {source['S3Uri']}"
    try:
        S3Location.parse(data_address(container) or "s3://none")
    except ValueError as error:
        yield f"model data: {error}"
