"""Docker or podman, and processes for the images that it cannot build because their base image is out of reach."""

from attrs import frozen

from local_aws.containers.command_line_engine import CommandLineEngine
from local_aws.containers.engine import RunningContainer, RunSpec
from local_aws.containers.process.engine import ProcessEngine
from local_aws.containers.registry import image_digest


@frozen
class EnginePair:
    """Two engines in one: each image is run by the engine that built it.

    Args:
        containers: docker or podman, which builds what it can.
        processes: builds what is left: images whose base image is not on this machine and cannot be fetched.
    """

    containers: CommandLineEngine
    processes: ProcessEngine

    @property
    def name(self) -> str:
        """Docker's or podman's."""
        return self.containers.name

    @property
    def description(self) -> str:
        """The engine, and how many images are the other's."""
        built = self.processes.storage.images.pushed_count()
        found = f" ({built} so far)" if built else ""
        return (
            f"{self.containers.description}; images whose base image cannot be fetched are built and run in "
            f"{self.processes.name} mode{found}"
        )

    def run(self, spec: RunSpec) -> RunningContainer:
        """Starts a container with the engine that pushed its image.

        Raises:
            ImageNotFoundError: ECR has no such image, or no engine here pushed it.
            EngineError: it cannot be started.
        """
        digest = image_digest(self.containers.platform, spec.image, spec.credentials)
        if self.processes.storage.images.by_digest(digest) is not None:
            return self.processes.run(spec)
        return self.containers.run(spec)
