"""The docker of builds, called as a build calls it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from attrs import define, evolve

from local_aws.containers.docker_command.control import Control
from local_aws.containers.docker_command.install import install
from local_aws.containers.process.runs import machine_settings
from local_aws.server import LocalAws


@define
class Docker:
    """Calls `docker` with an environment of a build's kind."""

    program: str
    environment: dict[str, str]

    @classmethod
    def of(cls, aws: LocalAws, home: Path, *, private: bool = True) -> "Docker":
        """The docker of a local AWS; `private` is False for the engine without private mounts."""
        program = install(aws.platform) / "docker"
        if not private:
            control = Control.read(str(program.parents[1] / "control.json"))
            own = home / "control.json"
            evolve(control, view=None, engine="process-basedir").write(own)
            text = program.read_text().replace(str(program.parents[1] / "control.json"), str(own))
            program = home / "docker"
            program.write_text(text)
            program.chmod(0o755)
        settings = Path.home() / ".config/pip/pip.conf"
        if settings.is_file():
            (home / ".config/pip").mkdir(parents=True)
            shutil.copyfile(settings, home / ".config/pip/pip.conf")
        environment = {
            **machine_settings(os.environ),
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "CODEBUILD_BUILD_ID": str(home),
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_ENDPOINT_URL": aws.platform.endpoint_url,
        }
        return cls(str(program), environment)

    def __call__(self, *arguments: str, code: int = 0, stdin: str = "", cwd: Path | None = None) -> str:
        """What it prints; fails where it does not end with `code`."""
        done = subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def build(self, folder: Path, files: dict[str, str], *arguments: str, code: int = 0) -> str:
        """Builds a context of these files as the image ``image``."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self("build", "-t", "image", *arguments, str(folder), code=code)

    def config(self, image: str = "image") -> dict[str, object]:
        """The image's configuration."""
        found: dict[str, object] = json.loads(self("inspect", "--format", "{{json .Config}}", image))
        return found
