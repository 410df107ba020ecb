"""Names of images, as docker writes them: ``registry/repository:tag@digest``."""

import re
from typing import Self

from attrs import evolve, frozen

_NAME = re.compile(
    r"(?:(?P<registry>localhost(?::\d+)?|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?|[A-Za-z0-9-]+:\d+)/)?"
    r"(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


@frozen(kw_only=True)
class ImageReference:
    """The name of an image.

    Attributes:
        registry: host of the registry, or None for docker's own.
        repository: such as ``team/model``.
        tag: or None.
        digest: ``sha256:…`` or None.
    """

    registry: str | None
    repository: str
    tag: str | None
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a name.

        Raises:
            ValueError: it is no image name.
        """
        match = _NAME.fullmatch(text)
        if match is None:
            raise ValueError(f"invalid reference format: {text!r} is not registry/repository:tag or …@sha256:digest")
        return cls(**match.groupdict())

    @property
    def ecr(self) -> tuple[str, str] | None:
        """Account and region, where the registry is an ECR."""
        match = _ECR.fullmatch(self.registry or "")
        return (match["account"], match["region"]) if match else None

    @property
    def familiar(self) -> "ImageReference":
        """The name with the tag that docker assumes: ``latest`` where neither tag nor digest is given."""
        return self if self.tag or self.digest else evolve(self, tag="latest")

    def __str__(self) -> str:
        registry = f"{self.registry}/" if self.registry else ""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{registry}{self.repository}{tag}{digest}"
