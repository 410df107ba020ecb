"""``docker`` for the process engine."""

import json
import platform
import shutil
import tempfile
from pathlib import Path
from typing import Any

from attrs import frozen

from local_aws.containers.docker_command import options, registries
from local_aws.containers.docker_command.control import Control
from local_aws.containers.docker_command.output import reference_of, show, show_documents
from local_aws.containers.engine import EngineError, RunSpec
from local_aws.containers.process.bases import Bases
from local_aws.containers.process.builder import Builder, BuildRequest
from local_aws.containers.process.engine import Storage, start
from local_aws.containers.process.images import ProcessImage, architecture
from local_aws.containers.process.runs import Runner
from local_aws.containers.process.view import Bind
from local_aws.containers.references import ImageReference
from local_aws.processes import Supervisor


@frozen
class ProcessClient:
    """Carries out subcommands; each gives the exit code.

    Args:
        control: the local AWS that the build belongs to.
        environment: of the build.
    """

    control: Control
    environment: dict[str, str]

    @property
    def storage(self) -> Storage:
        """Where images are."""
        owner = self.environment.get("CODEBUILD_BUILD_ID", "")
        return Storage.of(self.control.state_dir, self.control.cache_dir, owner)

    def build(self, arguments: list[str], prog: str = "docker build") -> int:
        """``docker build``."""
        asked = options.build_parser(prog).parse_args(arguments)
        context = Path(asked.context)
        if asked.context == "-" or "://" in asked.context:
            raise EngineError(f"docker build {asked.context}: the context must be a folder")
        if not context.is_dir():
            raise EngineError(f"unable to prepare context: path {asked.context!r} not found")
        dockerfile = Path(asked.file) if asked.file is not None else context / "Dockerfile"
        if not dockerfile.is_file():
            raise EngineError(f"failed to read dockerfile: open {dockerfile}: no such file or directory")
        references = [reference_of(tag) for tag in asked.tags]
        write = (lambda _line: None) if asked.quiet else show
        write(f"local AWS: building with {self.control.engine}")
        if asked.platform is not None and asked.platform.split("/")[1:2] != [architecture()]:
            write(f" ---> --platform {asked.platform}: programs run on this machine's linux/{architecture()}")
        image = self._builder(write).build(
            BuildRequest(
                context=context.resolve(),
                dockerfile=dockerfile.resolve(),
                arguments=options.key_values(asked.build_arguments, self.environment),
                target=asked.target,
                labels=options.key_values(asked.labels, {}),
                use_cache=not asked.no_cache,
            )
        )
        write(f"Successfully built {image.id.removeprefix('sha256:')[:12]}")
        for reference in references:
            self.storage.images.tag(image, reference)
            write(f"Successfully tagged {reference.familiar}")
        if asked.iidfile is not None:
            Path(asked.iidfile).write_text(image.id)
        if asked.quiet:
            show(image.id)
        if asked.push:
            for reference in references:
                self._push(image, reference.familiar)
        return 0

    def tag(self, arguments: list[str]) -> int:
        """``docker tag``."""
        source, target = options.names_parser("docker tag", 2).parse_args(arguments).names
        self.storage.images.tag(self._image(source), reference_of(target))
        return 0

    def push(self, arguments: list[str]) -> int:
        """``docker push``."""
        (name,) = options.names_parser("docker push", 1, "-q", "--quiet").parse_args(arguments).names
        reference = reference_of(name).familiar
        image = self.storage.images.find(str(reference))
        if image is None:
            raise EngineError(f"An image does not exist locally with the tag: {name}")
        self._push(image, reference)
        return 0

    def pull(self, arguments: list[str]) -> int:
        """``docker pull``: of an image that was built here."""
        (name,) = options.names_parser("docker pull", 1, "-q", "--quiet").parse_args(arguments).names
        reference = reference_of(name).familiar
        image = self.find(str(reference))
        if image is None:
            raise EngineError(f"docker pull {name}: the process engine has images that were built here alone")
        self.storage.images.tag(image, reference)
        show(f"Status: Image is up to date for {reference}")
        return 0

    def images(self, arguments: list[str]) -> int:
        """``docker images``."""
        asked = options.images_parser("docker images").parse_args(arguments)
        rows = []
        for name, image_id in self.storage.images.names():
            reference = ImageReference.parse(name)
            repository = f"{reference.registry}/{reference.repository}" if reference.registry else reference.repository
            shown = image_id if asked.no_trunc else image_id.removeprefix("sha256:")[:12]
            if asked.repository in {None, repository, name}:
                rows.append((repository, reference.tag or "<none>", shown))
        if asked.quiet:
            for shown in dict.fromkeys(row[2] for row in rows):
                show(shown)
            return 0
        width = max([len(row[0]) for row in rows], default=10) + 3
        show(f"{'REPOSITORY':<{width}}{'TAG':<24}IMAGE ID")
        for repository, tag, shown in rows:
            show(f"{repository:<{width}}{tag:<24}{shown}")
        return 0

    def inspect(self, arguments: list[str]) -> int:
        """``docker inspect`` and ``docker image inspect``."""
        asked = options.inspect_parser("docker inspect").parse_args(arguments)
        show_documents([self.document(name) for name in asked.names], asked.format)
        return 0

    def run(self, arguments: list[str]) -> int:
        """``docker run``, in the foreground."""
        asked = options.run_parser("docker run").parse_args(arguments)
        image = self._image(asked.image)
        binds = [_volume(volume) for volume in asked.volumes]
        own = Path(tempfile.mkdtemp(dir=self.storage.images.scratch()))
        processes = Supervisor()
        try:
            opt_ml = next((bind.source for bind in binds if str(bind.target) == "/opt/ml"), own)
            container = start(
                processes.spawn,
                self.storage,
                self.control.view,
                image,
                RunSpec(
                    image=asked.image,
                    arguments=tuple(asked.arguments),
                    entrypoint=(asked.entrypoint,) if asked.entrypoint is not None else None,
                    environment=options.key_values(asked.variables, self.environment),
                    opt_ml=opt_ml,
                    on_line=show,
                ),
                binds=[bind for bind in binds if str(bind.target) != "/opt/ml"],
            )
            return container.wait()
        finally:
            processes.stop()
            shutil.rmtree(own.parent, ignore_errors=True)

    def remove_image(self, arguments: list[str]) -> int:
        """``docker rmi``: removes local names."""
        asked = options.names_parser("docker rmi", "+", "-f", "--force").parse_args(arguments)
        for name in asked.names:
            self._image(name)
            self.storage.images.untag(reference_of(name))
            show(f"Untagged: {reference_of(name).familiar}")
        return 0

    def info(self, _arguments: list[str]) -> int:
        """``docker info``."""
        show(f"Server: the local AWS\n Engine: {self.control.engine}\n Architecture: {platform.machine()}")
        return 0

    def document(self, name: str) -> dict[str, Any]:
        """What ``docker inspect`` tells of an image.

        Raises:
            EngineError: there is no such image here.
        """
        image = self._image(name)
        config: dict[str, Any] = json.loads(image.blobs()[0])
        return {
            "Id": image.id,
            "RepoTags": [name for name, image_id in self.storage.images.names() if image_id == image.id],
            "RepoDigests": self.storage.images.pushed_names(image),
            "Architecture": config["architecture"],
            "Os": config["os"],
            "Config": config["config"],
            "RootFS": {"Type": "layers", "Layers": config["rootfs"]["diff_ids"]},
        }

    def find(self, name: str) -> ProcessImage | None:
        """An image that a build made in process mode, by its local name or its name in the local ECR.

        Raises:
            EngineError: no image name, or one of the local ECR that is not there or was not built so.
        """
        return self._bases().image(name)

    def _builder(self, write: Any) -> Builder:
        return Builder(
            images=self.storage.images,
            bases=self._bases(),
            runner=Runner(
                environments=self.storage.environments,
                view=self.control.view,
                write=write,
                machine=self.environment,
            ),
            write=write,
        )

    def _bases(self) -> Bases:
        return Bases(
            images=self.storage.images,
            python=self.storage.environments.base,
            account=registries.account_of(self.environment),
            digest=lambda reference: registries.digest(reference, self.environment, self.control.endpoint_url),
        )

    def _push(self, image: ProcessImage, reference: ImageReference) -> None:
        show(f"The push refers to repository [{reference.registry}/{reference.repository}]")
        config, layers = image.blobs()
        digest = registries.push(reference, config, layers, self.environment, self.control.endpoint_url)
        self.storage.images.pushed(image, digest, reference)
        size = sum(len(content) for _, content in layers)
        show(f"{reference.tag}: digest: {digest} size: {size}")

    def _image(self, name: str) -> ProcessImage:
        image = self.find(name)
        if image is None:
            raise EngineError(f"No such image: {name}")
        return image


def _volume(text: str) -> Bind:
    source, _, rest = text.partition(":")
    target, _, mode = rest.partition(":")
    if not source.startswith("/") or not target.startswith("/") or mode not in {"", "ro", "rw"}:
        raise EngineError(f"--volume {text}: expected /folder:/folder[:ro]")
    if not Path(source).exists():
        raise EngineError(f"--volume {text}: {source} does not exist")
    return Bind(source=Path(source), target=Path(target), copy_on_write=mode == "ro" and Path(source).is_dir())
