"""The programs that a build finds on its PATH besides the system's: aws, python, pip, docker."""

import os
import shlex
import sys
from pathlib import Path

from local_aws.containers.docker_command.install import install as install_docker
from local_aws.containers.process.engine import Storage
from local_aws.platform import Platform

_AWS = """#!/bin/sh
exec {python} -I -m awscli "$@"
"""
# made when first asked for: most builds need no Python of their own, and none may change the local AWS's
_PYTHON = """#!/bin/sh
environment="$HOME/python"
[ -x "$environment/bin/{name}" ] || {python} -I -c {code} "$environment" || exit 1
exec "$environment/bin/{name}" "$@"
"""
_MAKE = (
    "import pathlib, sys; sys.path.insert(0, {root!r}); "
    "from local_aws.containers.process.environments import Environments; "
    "Environments(pathlib.Path({environments!r})).copy_to(pathlib.Path(sys.argv[1]))"
)
_SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def install(platform: Platform) -> Path:
    """The folder of these programs; made when first asked for."""
    folder = platform.state_dir / "codebuild" / "bin"
    if folder.is_dir():
        return folder
    fresh = folder.with_name(f"bin-{os.urandom(4).hex()}")
    fresh.mkdir(parents=True)
    environments = Storage.of(platform.state_dir, platform.cache_dir).environments
    python = shlex.quote(sys.executable)
    code = _MAKE.format(root=str(Path(__file__).parents[2]), environments=str(environments.folder))
    programs = {"aws": _AWS.format(python=python)}
    for name in ("python", "python3", "pip", "pip3"):
        programs[name] = _PYTHON.format(name=name, python=python, code=shlex.quote(code))
    for name, text in programs.items():
        (fresh / name).write_text(text)
        (fresh / name).chmod(0o755)
    try:
        fresh.rename(folder)
    except OSError:  # another build made it first
        if not folder.is_dir():
            raise
    return folder


def search_path(platform: Platform, home: Path) -> str:
    """PATH of a build: its own Python once it is made, these programs, the system's, and this machine's.

    Raises:
        EngineError: the container engine that is asked for does not work.
    """
    folders = [home / "python" / "bin", install(platform), install_docker(platform)]
    return ":".join([*map(str, folders), _SYSTEM, os.environ.get("PATH", "")]).rstrip(":")
