"""``docker`` where docker or podman builds what it can, and processes are left with the rest."""

import sys

from attrs import evolve, frozen

from local_aws.containers.docker_command import options
from local_aws.containers.docker_command.build_images import BuildImages
from local_aws.containers.docker_command.control import Control
from local_aws.containers.docker_command.engine_client import EngineClient
from local_aws.containers.docker_command.engine_program import UnreachableImageError
from local_aws.containers.docker_command.output import reference_of, show_documents
from local_aws.containers.docker_command.process_client import ProcessClient
from local_aws.containers.engine import ENGINE_VARIABLE, EngineError


@frozen
class PairedClient:
    """Carries out subcommands, each by the client that has the image; each gives the exit code.

    Args:
        engine: of docker or podman.
        processes: of the process engine.
    """

    engine: EngineClient
    processes: ProcessClient

    @classmethod
    def of(cls, control: Control, environment: dict[str, str]) -> "PairedClient":
        """Both clients of a build."""
        own = evolve(control, engine=control.standby, standby="")
        return cls(EngineClient(control, environment), ProcessClient(own, environment))

    def build(self, arguments: list[str], prog: str = "docker build") -> int:
        """``docker build``: by processes where a base image is theirs, or is not here and cannot be fetched."""
        asked = options.build_parser(prog).parse_args(arguments)
        images = BuildImages.of(asked, self.engine.environment)
        theirs = next(filter(self._is_of_processes, (*images.bases, *images.copied)), None)
        if theirs is not None:
            self._warn(f"{theirs} was built in process mode, and so is what stands on it")
            return self.processes.build(arguments, prog)
        try:
            code = self.engine.build(arguments, prog)
        except UnreachableImageError as error:
            self._warn(
                f"{error}",
                "this build goes on in process mode, where this machine's Python stands in for the base image",
                f"a local AWS started with {ENGINE_VARIABLE}={self.engine.control.engine} fails such builds instead",
            )
            return self.processes.build(arguments, prog)
        if code == 0:
            for tag in asked.tags:
                self._is_now_of_engine(tag)
        return code

    def tag(self, arguments: list[str]) -> int:
        """``docker tag``."""
        source, target = options.names_parser("docker tag", 2).parse_args(arguments).names
        if self._is_of_processes(source):
            return self.processes.tag(arguments)
        code = self.engine.tag(arguments)
        if code == 0:
            self._is_now_of_engine(target)
        return code

    def push(self, arguments: list[str]) -> int:
        """``docker push``."""
        (name,) = options.names_parser("docker push", 1, "-q", "--quiet").parse_args(arguments).names
        return self._client_of(name).push(arguments)

    def pull(self, arguments: list[str]) -> int:
        """``docker pull``."""
        (name,) = options.names_parser("docker pull", 1, "-q", "--quiet").parse_args(arguments).names
        return self._client_of(name).pull(arguments)

    def images(self, arguments: list[str]) -> int:
        """``docker images``: those of processes first, where there are any."""
        if self.processes.storage.images.names():
            self.processes.images(arguments)
        return self.engine.images(arguments)

    def inspect(self, arguments: list[str]) -> int:
        """``docker inspect`` and ``docker image inspect``."""
        asked = options.inspect_parser("docker inspect").parse_args(arguments)
        show_documents([self._client_of(name).document(name) for name in asked.names], asked.format)
        return 0

    def run(self, arguments: list[str]) -> int:
        """``docker run``: options that are docker's alone do not hide an image of processes."""
        try:
            named = [options.run_parser("docker run").parse_args(arguments).image]
        except options.UsageError:
            named = [word for word in arguments if not word.startswith("-")]
        of_processes = any(map(self._is_of_processes, named))
        return (self.processes if of_processes else self.engine).run(arguments)

    def remove_image(self, arguments: list[str]) -> int:
        """``docker rmi``."""
        theirs = [word for word in arguments if not word.startswith("-") and self._is_of_processes(word)]
        if theirs:
            self.processes.remove_image(theirs)
        rest = [word for word in arguments if word not in theirs]
        return self.engine.remove_image(rest) if any(not word.startswith("-") for word in rest) else 0

    def info(self, arguments: list[str]) -> int:
        """``docker info``."""
        return self.engine.info(arguments)

    def _client_of(self, name: str) -> EngineClient | ProcessClient:
        return self.processes if self._is_of_processes(name) else self.engine

    def _is_of_processes(self, name: str) -> bool:
        """Whether the process engine has an image: by the build's own name or id, or by its name in the local ECR."""
        store = self.processes.storage.images
        if store.find(name) is not None:
            return True
        if not store.pushed_count() or self.engine.program.document(name) is not None:
            return False
        try:
            return self.processes.find(name) is not None
        except EngineError:
            return False  # no name, nobody is logged in to its ECR, it is not there, or the engine pushed it

    def _is_now_of_engine(self, name: str) -> None:
        self.processes.storage.images.untag(reference_of(name))

    @staticmethod
    def _warn(*lines: str) -> None:
        """Not to standard output: of a quiet build that is the image's id alone."""
        sys.stdout.flush()
        for line in lines:
            sys.stderr.write(f"local AWS: WARNING: {line}\n")
        sys.stderr.flush()
