"""The programs that a build finds on its PATH besides the system's: aws, python, pip, docker."""

import os
from pathlib import Path

from local_aws.containers import programs
from local_aws.containers.docker_command.install import install as install_docker
from local_aws.containers.process.engine import Storage
from local_aws.platform import Platform

_AWS = "import runpy; runpy.run_module('awscli', run_name='__main__', alter_sys=True)"
# made when first asked for: most builds need no Python of their own, and none may change the local AWS's
_PYTHON = """#!/bin/sh
environment="$HOME/python"
[ -x "$environment/bin/{name}" ] || {make} "$environment" || exit 1
exec "$environment/bin/{name}" "$@"
"""
_MAKE = (
    "import pathlib; from local_aws.containers.process.environments import Environments; "
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
    programs.write(fresh / "aws", f'#!/bin/sh\nexec {programs.python_words(_AWS)} "$@"\n')
    make = programs.python_words(_MAKE.format(environments=str(environments.folder)))
    for name in ("python", "python3", "pip", "pip3"):
        programs.write(fresh / name, _PYTHON.format(name=name, make=make))
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
