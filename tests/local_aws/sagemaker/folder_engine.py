"""A container engine for tests: an image is a folder with `train` and `serve` in it."""

import os
import stat
import sys
from pathlib import Path

from attrs import define, field

from local_aws.containers import ports
from local_aws.containers.engine import EngineError, ImageNotFoundError, RunSpec
from local_aws.platform import Platform
from local_aws.processes import ManagedProcess


@define(eq=False)
class FolderContainer:
    process: ManagedProcess
    port: int | None

    def poll(self) -> int | None:
        code = self.process.poll()
        return None if code is None else _as_container(code)

    def wait(self, timeout: float | None = None) -> int:
        return _as_container(self.process.wait(timeout))

    def terminate(self, grace_seconds: float = 5.0) -> int:
        return _as_container(self.process.terminate(grace_seconds))


@define(eq=False)
class FolderEngine:
    platform: Platform
    root: Path
    name: str = "folder"
    description: str = "folder: for tests"
    started: list[FolderContainer] = field(factory=list)
    specs: list[RunSpec] = field(factory=list)

    def image(self, name: str, **programs: str) -> str:
        """Makes an image of Python programs and gives its name."""
        folder = self.root / name
        folder.mkdir()
        for program, source in programs.items():
            path = folder / program
            path.write_text(f"#!{sys.executable} -S\n{source}")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{name}:latest"

    def run(self, spec: RunSpec) -> FolderContainer:
        folder = self.root / spec.image.split("/")[-1].partition(":")[0]
        if not folder.is_dir():
            raise ImageNotFoundError(f"image {spec.image!r} was not found")
        self.specs.append(spec)
        # an image's own entrypoint is its program `run`, where it has one
        own = ("run",) if (folder / "run").exists() else ()
        words = [*(spec.entrypoint or own), *spec.arguments]
        command = [word.replace("/opt/ml/", f"{spec.opt_ml}/") for word in words]
        port = ports.free_port() if spec.serve else None
        environment = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "SAGEMAKER_BASE_DIR": str(spec.opt_ml),
            **spec.environment,
        }
        if port is not None:
            environment["SAGEMAKER_BIND_TO_PORT"] = str(port)
        try:
            process = self.platform.processes.spawn(
                ["/usr/bin/env", *command], environment=environment, cwd=folder, on_line=spec.on_line
            )
        except OSError as error:
            raise EngineError(str(error)) from error
        container = FolderContainer(process, port)
        self.started.append(container)
        return container


def _as_container(code: int) -> int:
    return 128 - code if code < 0 else code
