"""Which images a ``docker build`` takes, read from its Dockerfile before an engine does."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from local_aws.containers.docker_command import options
from local_aws.containers.engine import EngineError
from local_aws.containers.process.dockerfile import parse
from local_aws.containers.process.stages import Stages


@frozen
class BuildImages:
    """The images of a build.

    Attributes:
        bases: that its stages start from.
        copied: that files are copied from.
    """

    bases: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()

    @classmethod
    def of(cls, asked: argparse.Namespace, environment: Mapping[str, str]) -> "BuildImages":
        """The images of a build that was asked for; none where its Dockerfile cannot be read: the engine tells why."""
        dockerfile = Path(asked.file) if asked.file is not None else Path(asked.context) / "Dockerfile"
        try:
            stages = Stages(
                file=parse(dockerfile.read_text()),
                arguments=options.key_values(asked.build_arguments, dict(environment)),
                target=asked.target,
            )
            return cls(stages.base_images(), stages.copied_images())
        except (EngineError, OSError, ValueError):
            return cls()
