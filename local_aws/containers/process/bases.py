"""What stands in for the image that a FROM names."""

import platform
import re
import sys
from collections.abc import Callable
from pathlib import Path

from attrs import field, frozen

from local_aws.containers.engine import EngineError
from local_aws.containers.process.images import DEFAULT_PATH, ImageConfig, ImageStore, ProcessImage
from local_aws.containers.references import ImageReference

_PYTHON = re.compile(r"(?:.*/)?python")


@frozen(kw_only=True)
class Base:
    """Where a stage starts.

    Attributes:
        files: folder of files to start with, or None.
        environment_key: its Python environment, or None.
        config: its configuration.
        remark: for the build's log: what stands in for what; empty where nothing does.
    """

    files: Path | None = None
    environment_key: str | None = None
    config: ImageConfig = field(factory=ImageConfig)
    remark: str = ""


@frozen(kw_only=True)
class Bases:
    """Finds what FROM names.

    Attributes:
        images: the engine's images.
        python: makes this machine's plain Python environment and gives its key.
        account: whose ECR holds the images that were built here.
        digest: asks the local ECR for an image's digest.
    """

    images: ImageStore
    python: Callable[[], str]
    account: str
    digest: Callable[[ImageReference], str]

    def find(self, name: str) -> Base:
        """The base of a stage.

        Raises:
            EngineError: no image name, or an image of the local ECR that is not there.
        """
        if name == "scratch":
            return Base(remark="this machine's system files are seen by its programs")
        own = self.image(name)
        if own is not None:
            return Base(files=own.files, environment_key=own.environment_key, config=own.config)
        version = platform.python_version()
        remark = f"using Python {version} of this machine; nothing else of {name} is there"
        environment = {"PATH": DEFAULT_PATH}
        command: tuple[str, ...] = ("/bin/sh",)
        if _PYTHON.fullmatch(ImageReference.parse(name).repository):
            environment |= {"LANG": "C.UTF-8", "PYTHON_VERSION": version}
            command = (f"python{sys.version_info.major}",)
        return Base(
            environment_key=self.python(),
            config=ImageConfig(environment=environment, command=command),
            remark=remark,
        )

    def image(self, name: str) -> ProcessImage | None:
        """An image that was built here, by its local name or its name in the local ECR; None for others'.

        Raises:
            EngineError: no image name, or one of the local ECR that is not there.
        """
        try:
            reference = ImageReference.parse(name).familiar
        except ValueError as error:
            raise EngineError(str(error)) from None
        local = self.images.find(name)
        if local is not None:
            return local
        if reference.ecr is None or reference.ecr[0] != self.account:
            return None
        digest = self.digest(reference)
        pushed = self.images.by_digest(digest)
        if pushed is None:
            raise EngineError(f"{name} is in ECR as {digest}, but was not built by this local AWS")
        return pushed
