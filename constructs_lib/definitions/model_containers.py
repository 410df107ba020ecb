"""The containers of a model that has several: an image each, an artifact, variables."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from constructs_lib.definitions.compute import ContainerImage
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import PullImage, ReadObjects
from constructs_lib.definitions.values import Text


@frozen(kw_only=True, field_transformer=freeze_fields)
class ModelContainer:
    """One of the containers of a model.

    Args:
        image: the inference container, by digest where what is served must be known.
        model_data_uri: ``model.tar.gz`` in S3. Default: the image holds the model.
        model_data_kms_key: ARN of the key that encrypts it. Default: that of the training step whose output it is.
        environment: variables of the container. Default: none.
        hostname: 1 to 63 letters, digits and inner hyphens, by which a request names the container where each is asked
            for itself. Default: none; all of a model's containers have one, or none has.
    """

    image: Text | ContainerImage
    model_data_uri: Text | None = None
    model_data_kms_key: Text | None = None
    environment: Mapping[str, Text] = NO_MEMBERS
    hostname: Text | None = None

    @property
    def place(self) -> ContainerImage:
        """The image, with what is known of its repository."""
        return self.image if isinstance(self.image, ContainerImage) else ContainerImage(uri=self.image)

    @property
    def document(self) -> dict[str, Any]:
        """The container, in the form of SageMaker's requests."""
        members = {
            "ContainerHostname": self.hostname,
            "Image": self.place.uri,
            "ModelDataUrl": self.model_data_uri,
            "Environment": self.environment or None,
        }
        return present(members)

    @property
    def pulled(self) -> PullImage:
        """What the model's role must be allowed to do to start the container."""
        return PullImage(image=self.place.uri, repository_arn=self.place.repository_arn)

    @property
    def read(self) -> tuple[ReadObjects, ...]:
        """What the model's role must be allowed to read to load the model."""
        uri = self.model_data_uri
        return () if uri is None else (ReadObjects(uri=uri, kms_key=self.model_data_kms_key),)


@frozen(kw_only=True, field_transformer=freeze_fields)
class RegisteredContainer(ModelContainer):
    """One of the containers of a registered model, with what the registry tells of it besides.

    Args:
        framework: such as ``XGBOOST``. Default: not said.
        framework_version: Default: not said.
    """

    framework: Text | None = None
    framework_version: Text | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The container, in the form of SageMaker's requests."""
        told = {"Framework": self.framework, "FrameworkVersion": self.framework_version}
        return super().document | present(told)
