"""``docker`` for a real docker or podman: the registry is the local ECR, all else is the engine's."""

import json
import subprocess
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from local_aws.containers.docker_command import options, registries, templates
from local_aws.containers.docker_command.control import Control
from local_aws.containers.docker_command.output import reference_of, show
from local_aws.containers.engine import ENGINE_VARIABLE, EngineError
from local_aws.containers.pushed import PushedImages
from local_aws.containers.references import ImageReference

_LAYERS_TYPE = "application/vnd.local-aws.engine-layers.v1+json"
_NO_BASE_IMAGE = (
    "local AWS: if {engine} could not fetch the base image, its registry is out of reach from here; "
    "a local AWS started with {variable}=process needs no base image"
)


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

    def build(self, arguments: list[str], prog: str = "docker build") -> int:
        """``docker build``: options that only other builders know are left out."""
        asked = options.build_parser(prog).parse_args(arguments)
        references = [reference_of(tag).familiar for tag in asked.tags]
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
        code = self._engine(*command, asked.context)
        if code != 0:
            show(_NO_BASE_IMAGE.format(engine=self.control.engine, variable=ENGINE_VARIABLE))
        elif asked.push:
            for reference in references:
                self._push(reference)
        return code

    def tag(self, arguments: list[str]) -> int:
        """``docker tag``."""
        return self._engine("tag", *arguments)

    def push(self, arguments: list[str]) -> int:
        """``docker push``."""
        (name,) = options.names_parser("docker push", 1, "-q", "--quiet").parse_args(arguments).names
        self._push(reference_of(name).familiar)
        return 0

    def pull(self, arguments: list[str]) -> int:
        """``docker pull``: an image of the local ECR is here already; others are the engine's to fetch."""
        (name,) = options.names_parser("docker pull", 1, "-q", "--quiet").parse_args(arguments).names
        reference = reference_of(name).familiar
        if reference.ecr is None or reference.ecr[0] != registries.account_of(self.environment):
            return self._engine("pull", name)
        digest = registries.digest(reference, self.environment, self.control.endpoint_url)
        image_id = self.pushed.image_id(digest)
        if image_id is None:
            raise EngineError(f"{name} is in ECR as {digest}, but was not pushed from {self.control.engine} here")
        if reference.tag is not None:
            self._engine("tag", image_id, str(evolve(reference, digest=None)))
        show(f"Status: Image is up to date for {reference}")
        return 0

    def images(self, arguments: list[str]) -> int:
        """``docker images``."""
        return self._engine("images", *arguments)

    def inspect(self, arguments: list[str]) -> int:
        """``docker inspect``: with the digests under which images are known to the local ECR."""
        asked = options.inspect_parser("docker inspect").parse_args(arguments)
        documents = [self._document(name) for name in asked.names]
        if asked.format is None:
            show(json.dumps(documents, indent=4))
        for document in documents if asked.format is not None else []:
            show(templates.render(asked.format, document))
        return 0

    def run(self, arguments: list[str]) -> int:
        """``docker run``."""
        return self._engine("run", *arguments)

    def remove_image(self, arguments: list[str]) -> int:
        """``docker rmi``."""
        return self._engine("rmi", *arguments)

    def info(self, _arguments: list[str]) -> int:
        """``docker info``."""
        return self._engine("info")

    def _push(self, reference: ImageReference) -> None:
        document = self._document(str(reference))
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

    def _document(self, name: str) -> dict[str, Any]:
        done = subprocess.run(
            [self.control.program, "image", "inspect", name],
            env={**self.environment, **self.control.settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise EngineError(f"An image does not exist locally with the tag: {name}")
        document: dict[str, Any] = json.loads(done.stdout)[0]
        if not document["Id"].startswith("sha256:"):
            document["Id"] = "sha256:" + document["Id"]  # podman leaves it out
        return {**document, "RepoDigests": self.pushed.names(document["Id"])}

    def _engine(self, *arguments: str) -> int:
        return subprocess.run(
            [self.control.program, *arguments],
            env={**self.environment, **self.control.settings},
            cwd=Path.cwd(),
            check=False,
        ).returncode
