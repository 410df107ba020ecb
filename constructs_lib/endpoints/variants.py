"""What an endpoint serves: models, how they share the traffic, and what is kept of it."""

import re
from collections.abc import Mapping

from attrs import field, frozen
from aws_cdk import Token

from constructs_lib.environments.storage import IStorage
from constructs_lib.images.repository import IImageRepository


@frozen(kw_only=True)
class StoredModel:
    """A model in a bucket, served by a container image.

    Attributes:
        repository: where the image is.
        image: the image's digest (``sha256:...``), or a tag. A digest is what was built and tested.
        storage: where the model is.
        path: key of its ``model.tar.gz`` in the bucket.
        environment: variables of the container. Default: none.
    """

    repository: IImageRepository
    image: str
    storage: IStorage
    path: str
    environment: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class RegisteredModel:
    """A version in the model registry, which knows its image and its artifacts.

    Attributes:
        model_package_arn: the version.
        repository: where its image is, if the endpoint's role is to be let in. Default: the role is brought along.
        storage: where its artifacts are. Default: the same.
        environment: variables of the container. Default: those of the version.
    """

    model_package_arn: str
    repository: IImageRepository | None = None
    storage: IStorage | None = None
    environment: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class Variant:
    """One model behind an endpoint.

    Attributes:
        name: 1 to 63 letters, digits and hyphens. Default: ``AllTraffic``.
        model: what is served.
        instance_type: such as ``ml.m5.large``.
        instance_count: 1 or more. Default: one.
        weight: the share of the traffic, by the sum of all weights; 0 or more, and 0 is no traffic. Default: 1.
    """

    name: str = "AllTraffic"
    model: StoredModel | RegisteredModel
    instance_type: str
    instance_count: int = 1
    weight: float = 1.0

    def problems(self) -> list[str]:
        """What is wrong with the values, each with what was got and what was expected."""
        problems = []
        if not re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", self.name):
            problems.append(f"name: got {self.name!r}, expected 1 to 63 letters, digits and hyphens")
        # whether something is a token is asked of the CDK's Node process, so that is asked last
        typical = re.fullmatch(r"ml\.[a-z0-9-]+\.[a-z0-9]+", self.instance_type)
        if not typical and not Token.is_unresolved(self.instance_type):
            problems.append(f"instance_type: got {self.instance_type!r}, expected one such as 'ml.m5.large'")
        if self.instance_count < 1 and not Token.is_unresolved(self.instance_count):
            problems.append(f"instance_count: got {self.instance_count}, expected 1 or more")
        if self.weight < 0 and not Token.is_unresolved(self.weight):
            problems.append(f"weight: got {self.weight}, expected 0 or more")
        return problems


@frozen(kw_only=True)
class Capture:
    """Keeping requests and responses, as JSON lines.

    Attributes:
        storage: where they are written.
        prefix: below which, with a slash at its end.
        sampling_percentage: share that is kept; 1 to 100. Default: all.
    """

    storage: IStorage
    prefix: str
    sampling_percentage: int = 100

    def problems(self) -> list[str]:
        """What is wrong with the values, each with what was got and what was expected."""
        problems = []
        if not self.prefix.endswith("/"):
            problems.append(f"prefix: got {self.prefix!r}, expected one with a slash at its end")
        if not 1 <= self.sampling_percentage <= 100 and not Token.is_unresolved(self.sampling_percentage):
            problems.append(f"sampling_percentage: got {self.sampling_percentage}, expected 1 to 100")
        return problems
