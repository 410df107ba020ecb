"""``docker`` for a real docker or podman: the registry is the local ECR, all else is the engine's."""

import json
from collections.abc import Callable
from typing import Any

from attrs import evolve, frozen

from local_aws.containers.docker_command import options, registries
from local_aws.containers.docker_command.build_images import BuildImages
from local_aws.containers.docker_command.control import Control
from local_aws.containers.docker_command.engine_program import EngineProgram
from local_aws.containers.docker_command.output import reference_of, show, show_documents
from local_aws.containers.engine import EngineError
from local_aws.containers.pushed import PushedImages
from local_aws.containers.references import ImageReference

_LAYERS_TYPE = "application/vnd.local-aws.engine-layers.v1+json"


@frozen
class EngineClient:
    """Carries out subcommands; each gives the exit code.

    Args:
        control: the local AWS that the build belongs to.
        environment: of the build.
    """

    control: Control
    environment: dict[str, str]

    @property
    def pushed(self) -> PushedImages:
        """The images behind digests."""
        return PushedImages(self.control.state_dir / "pushed")

    @property
    def program(self) -> EngineProgram:
        """The engine."""
        variables = {**self.environment, **self.control.settings}
        return EngineProgram(self.control.engine, self.control.program, variables)

    def build(self, arguments: list[str], prog: str = "docker build") -> int:
        """``docker build``: options that only other builders know are left out.

        Raises:
            UnreachableImageError: a base image is not on this machine, and no registry answers.
            EngineError: a base image of the local ECR is not there, or a push is refused.
        """
        asked = options.build_parser(prog).parse_args(arguments)
        references = [reference_of(tag).familiar for tag in asked.tags]
        for image in BuildImages.of(asked, self.environment).bases:
            self._provide(image, asked.platform, (lambda _line: None) if asked.quiet else show)
        command = ["build", "--network", asked.network or "host"]
        for reference in references:
            command += ["--tag", str(reference)]
        for flag, values in (("--build-arg", asked.build_arguments), ("--label", asked.labels)):
            for value in values:
                command += [flag, value]
        for flag, value in (
            ("--file", asked.file),
            ("--target", asked.target),
            ("--iidfile", asked.iidfile),
            ("--platform", asked.platform),
        ):
            if value is not None:
                command += [flag, value]
        command += ["--no-cache"] if asked.no_cache else []
        command += ["--quiet"] if asked.quiet else []
        code = self.program.call(*command, asked.context)
        if code == 0 and asked.push:
            for reference in references:
                self._push(reference)
        return code

    def tag(self, arguments: list[str]) -> int:
        """``docker tag``."""
        return self.program.call("tag", *arguments)

    def push(self, arguments: list[str]) -> int:
        """``docker push``."""
        (name,) = options.names_parser("docker push", 1, "-q", "--quiet").parse_args(arguments).names
        self._push(reference_of(name).familiar)
        return 0

    def pull(self, arguments: list[str]) -> int:
        """``docker pull``: an image of the local ECR is here already; others are the engine's to fetch."""
        (name,) = options.names_parser("docker pull", 1, "-q", "--quiet").parse_args(arguments).names
        reference = reference_of(name).familiar
        if not self._is_of_account(reference):
            return self.program.call("pull", name)
        self._adopt(reference)
        show(f"Status: Image is up to date for {reference}")
        return 0

    def images(self, arguments: list[str]) -> int:
        """``docker images``."""
        return self.program.call("images", *arguments)

    def inspect(self, arguments: list[str]) -> int:
        """``docker inspect``: with the digests under which images are known to the local ECR."""
        asked = options.inspect_parser("docker inspect").parse_args(arguments)
        show_documents([self.document(name) for name in asked.names], asked.format)
        return 0

    def run(self, arguments: list[str]) -> int:
        """``docker run``."""
        return self.program.call("run", *arguments)

    def remove_image(self, arguments: list[str]) -> int:
        """``docker rmi``."""
        return self.program.call("rmi", *arguments)

    def info(self, _arguments: list[str]) -> int:
        """``docker info``."""
        return self.program.call("info")

    def document(self, name: str) -> dict[str, Any]:
        """What ``docker inspect`` tells of an image.

        Raises:
            EngineError: there is no such image on this machine.
        """
        document = self.program.document(name)
        if document is None:
            raise EngineError(f"An image does not exist locally with the tag: {name}")
        return {**document, "RepoDigests": self.pushed.names(document["Id"])}

    def _push(self, reference: ImageReference) -> None:
        document = self.document(str(reference))
        config = {
            "architecture": document["Architecture"],
            "os": document["Os"],
            "config": document["Config"],
            "rootfs": {"type": "layers", "diff_ids": document["RootFS"]["Layers"]},
        }
        layers = {"engine": self.control.engine, "image": document["Id"], "layers": document["RootFS"]["Layers"]}
        show(f"The push refers to repository [{reference.registry}/{reference.repository}]")
        digest = registries.push(
            reference,
            json.dumps(config, separators=(",", ":"), sort_keys=True).encode(),
            ((_LAYERS_TYPE, json.dumps(layers, separators=(",", ":")).encode()),),
            self.environment,
            self.control.endpoint_url,
        )
        self.pushed.add(digest, document["Id"], str(evolve(reference, tag=None, digest=digest)))
        show(f"{reference.tag}: digest: {digest} size: {document.get('Size', 0)}")

    def _provide(self, image: str, platform: str | None, write: Callable[[str], None]) -> None:
        """Makes sure that a base image is on this machine."""
        reference = reference_of(image).familiar
        if self._is_of_account(reference):
            if self.program.document(image) is None:
                self._adopt(reference)
        else:
            self.program.provide(image, platform, write)

    def _is_of_account(self, reference: ImageReference) -> bool:
        return reference.ecr is not None and reference.ecr[0] == registries.account_of(self.environment)

    def _adopt(self, reference: ImageReference) -> None:
        """Gives an image of the local ECR the name that it has there."""
        digest = registries.digest(reference, self.environment, self.control.endpoint_url)
        image_id = self.pushed.image_id(digest)
        if image_id is None:
            raise EngineError(f"{reference} is in ECR as {digest}, but was not pushed from {self.control.engine} here")
        if reference.tag is not None:
            self.program.call("tag", image_id, str(evolve(reference, digest=None)))
