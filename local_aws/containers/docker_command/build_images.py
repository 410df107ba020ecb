"""Which images a ``docker build`` takes, read from its Dockerfile before an engine does."""

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
        dockerfile: path of the Dockerfile, which may not be there.
        stages: its stages, or None where they cannot be read: the engine tells why.
        bases: the images that they start from.
        copied: the images that they copy files from.
    """

    dockerfile: Path
    stages: Stages | None = None
    bases: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()

    @classmethod
    def of(cls, asked: argparse.Namespace, environment: Mapping[str, str]) -> "BuildImages":
        """The images of a build that was asked for."""
        dockerfile = Path(asked.file) if asked.file is not None else Path(asked.context) / "Dockerfile"
        try:
            stages = Stages(
                file=parse(dockerfile.read_text()),
                arguments=options.key_values(asked.build_arguments, environment),
                target=asked.target,
            )
            return cls(dockerfile, stages, stages.base_images(), stages.copied_images())
        except (EngineError, OSError, ValueError):
            return cls(dockerfile)

    @contextmanager
    def renamed(self, names: Mapping[str, str]) -> Iterator[Path | None]:
        """A Dockerfile for the time being in which base images have other names; None where none has."""
        if self.stages is None or not names:
            yield None
            return
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / self.dockerfile.name
            fresh.write_text(self.stages.rebased(self.dockerfile.read_text(), names))
            ignored = self.dockerfile.with_name(self.dockerfile.name + ".dockerignore")
            if ignored.is_file():
                shutil.copyfile(ignored, fresh.with_name(ignored.name))
            yield fresh
