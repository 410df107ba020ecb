"""Where the process engine keeps its images: a folder of files and a configuration for each."""

import hashlib
import json
import platform
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import asdict, evolve, field, frozen

from local_aws.containers.references import ImageReference

DEFAULT_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
FILES_TYPE = "application/vnd.local-aws.files.v1+json"
ENVIRONMENT_TYPE = "application/vnd.local-aws.environment.v1+json"


@frozen(kw_only=True)
class ImageConfig:
    """What an image says of how it is run: the fields of a docker image's configuration that a process can honour.

    Attributes:
        environment: variables.
        working_dir: folder in which the program starts.
        entrypoint: program and first arguments, or None.
        command: arguments that a run replaces, or None.
        user: recorded; a process keeps the server's user.
        exposed_ports: such as ``8080/tcp``.
        labels: key and value.
        volumes: recorded.
        stop_signal: recorded, such as ``SIGTERM``.
        shell: program that runs commands in shell form.
        healthcheck: recorded; nothing asks it.
    """

    environment: Mapping[str, str] = field(factory=lambda: {"PATH": DEFAULT_PATH})
    working_dir: str = "/"
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    user: str = ""
    exposed_ports: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(factory=dict)
    volumes: tuple[str, ...] = ()
    stop_signal: str | None = None
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    healthcheck: Mapping[str, Any] | None = None

    def arguments(self, entrypoint: tuple[str, ...] | None, arguments: tuple[str, ...]) -> tuple[str, ...]:
        """Program and arguments of a run, by docker's rules: a new entrypoint drops the image's command."""
        if entrypoint is not None:
            return entrypoint + arguments
        return (self.entrypoint or ()) + (arguments or self.command or ())


@frozen(kw_only=True)
class ProcessImage:
    """An image of the process engine.

    Attributes:
        id: ``sha256:…`` of its configuration, as docker has it.
        files: folder whose content stands at the container's root, on top of this machine's files.
        files_digest: content of `files`.
        environment_key: name of the Python environment below the cache folder, or None without Python.
        config: how it is run.
    """

    id: str
    files: Path
    files_digest: str
    environment_key: str | None
    config: ImageConfig

    def blobs(self) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
        """The configuration and the layers of the image, as they go to a registry: media type and content each."""
        layers = [(FILES_TYPE, _json({"files": self.files_digest}))]
        if self.environment_key is not None:
            layers.append((ENVIRONMENT_TYPE, _json({"environment": self.environment_key})))
        return config_document(self.config, self.files_digest, self.environment_key), tuple(layers)


def config_document(config: ImageConfig, files_digest: str, environment_key: str | None) -> bytes:
    """The image's configuration as OCI writes it; its digest is the image's id."""
    given: dict[str, Any] = {
        "Env": [f"{name}={value}" for name, value in config.environment.items()],
        "WorkingDir": config.working_dir,
        "Entrypoint": config.entrypoint,
        "Cmd": config.command,
        "User": config.user,
        "ExposedPorts": {port: {} for port in config.exposed_ports} or None,
        "Labels": dict(config.labels) or None,
        "Volumes": {volume: {} for volume in config.volumes} or None,
        "StopSignal": config.stop_signal,
        "Shell": config.shell if config.shell != ("/bin/sh", "-c") else None,
        "Healthcheck": config.healthcheck,
    }
    return _json(
        {
            "architecture": architecture(),
            "os": platform.system().lower(),
            "config": {name: value for name, value in given.items() if value not in (None, "")},
            "rootfs": {
                "type": "layers",
                "diff_ids": [files_digest] + ([f"sha256:{digest_hex(environment_key)}"] if environment_key else []),
            },
        }
    )


@frozen
class ImageStore:
    """The images of one local AWS, shared by its engine and the builds that run beside it.

    Args:
        folder: where they are kept; changes are atomic renames, so no lock is needed between processes.
        owner: whose local names are seen: each build has its own, as each has its own docker on AWS.
    """

    folder: Path
    owner: str = ""

    def scratch(self) -> Path:
        """A new folder beside the images, from which `add` moves files without copying them."""
        (self.folder / "scratch").mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=self.folder / "scratch"))

    def add(self, files: Path, config: ImageConfig, environment_key: str | None) -> ProcessImage:
        """Keeps an image; `files` (below `scratch`) is moved. The same content gives the same image."""
        files_digest = folder_digest(files)
        document = config_document(config, files_digest, environment_key)
        image_id = "sha256:" + hashlib.sha256(document).hexdigest()
        kept = self.folder / "files" / files_digest.removeprefix("sha256:")
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            files.rename(kept)
        except OSError:
            if not kept.is_dir():
                raise
            shutil.rmtree(files)  # another build made the same files first
        image = ProcessImage(
            id=image_id, files=kept, files_digest=files_digest, environment_key=environment_key, config=config
        )
        self._write("ids", image_id, {**asdict(image), "files": str(kept)})
        return image

    def tag(self, image: ProcessImage, reference: ImageReference) -> None:
        """Gives an image a local name."""
        self._write(self._names, str(reference.familiar), {"id": image.id, "name": str(reference.familiar)})

    def untag(self, reference: ImageReference) -> None:
        """Takes a local name away."""
        self._path(self._names, str(reference.familiar)).unlink(missing_ok=True)

    def pushed(self, image: ProcessImage, digest: str, reference: ImageReference) -> None:
        """Remembers the digest under which a registry knows an image."""
        self._write("digests", digest, {"id": image.id})
        name = str(evolve(reference, tag=None, digest=digest))
        self._write("pushes", name, {"id": image.id, "name": name})

    def pushed_names(self, image: ProcessImage) -> list[str]:
        """The names by digest under which an image was pushed, in order."""
        return sorted(entry["name"] for entry in self._entries("pushes") if entry["id"] == image.id)

    def pushed_count(self) -> int:
        """How many images a registry knows."""
        return len({entry["id"] for entry in self._entries("digests")})

    def find(self, name: str) -> ProcessImage | None:
        """The image of a local name, an id, or an id's first characters; None where there is none."""
        if (known := self._read("ids", name)) is not None:
            return _image(known)
        try:
            named = self._read(self._names, str(ImageReference.parse(name).familiar))
        except ValueError:
            named = None
        if named is not None:
            return self.find(named["id"])
        short = name.removeprefix("sha256:")
        if len(short) >= 4 and all(character in "0123456789abcdef" for character in short):
            for entry in self._entries("ids"):
                if entry["id"].removeprefix("sha256:").startswith(short):
                    return _image(entry)
        return None

    def by_digest(self, digest: str) -> ProcessImage | None:
        """The image that was pushed under a digest."""
        known = self._read("digests", digest)
        return self.find(known["id"]) if known is not None else None

    def names(self) -> list[tuple[str, str]]:
        """Local names and the ids they stand for, in order of name."""
        return sorted((entry["name"], entry["id"]) for entry in self._entries(self._names))

    @property
    def _names(self) -> str:
        return "names-" + digest_hex(self.owner)[:16]

    def _entries(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted((self.folder / kind).glob("*.json"))]

    def _path(self, kind: str, key: str) -> Path:
        return self.folder / kind / (digest_hex(key) + ".json")

    def _read(self, kind: str, key: str) -> dict[str, Any] | None:
        path = self._path(kind, key)
        found: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
        return found

    def _write(self, kind: str, key: str, document: dict[str, Any]) -> None:
        path = self._path(kind, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False) as fresh:
            json.dump(document, fresh)
        Path(fresh.name).rename(path)


def folder_digest(folder: Path) -> str:
    """``sha256:…`` over names, kinds, permission bits and content below a folder; times do not count."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).parts):
        name = str(path.relative_to(folder))
        status = path.lstat()
        if path.is_symlink():
            digest.update(f"link {name}\0{path.readlink()}\0".encode())
        elif path.is_dir():
            digest.update(f"dir {name}\0{status.st_mode & 0o7777:o}\0".encode())
        elif path.is_file():
            digest.update(f"file {name}\0{status.st_mode & 0o7777:o}\0{status.st_size}\0".encode())
            with path.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
        else:
            digest.update(f"special {name}\0{status.st_mode:o}\0".encode())
    return "sha256:" + digest.hexdigest()


def architecture() -> str:
    """This machine's, as images name it."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def digest_hex(text: str) -> str:
    """Hexadecimal SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _image(document: dict[str, Any]) -> ProcessImage:
    config = document["config"]
    for name in ("entrypoint", "command"):
        config[name] = None if config[name] is None else tuple(config[name])
    for name in ("exposed_ports", "volumes", "shell"):
        config[name] = tuple(config[name])
    return ProcessImage(**{**document, "files": Path(document["files"]), "config": ImageConfig(**config)})


def _json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
