"""Puts the ``docker`` of builds into a folder of its own, from where a build's PATH finds it."""

import shlex
import sys
from pathlib import Path

from local_aws.containers.docker_command.control import Control
from local_aws.containers.engine import ContainerEngine, choose_engine
from local_aws.platform import Platform

_PROGRAM = """#!/bin/sh
exec {python} -I -c {code} "$@"
"""
_CODE = (
    "import sys; sys.path.insert(0, {root!r}); "
    "from local_aws.containers.docker_command.main import main; main({control!r})"
)


def install(platform: Platform) -> Path:
    """The folder with ``docker`` for builds of this local AWS; made when first asked for.

    Raises:
        EngineError: no container engine works here.
    """
    engine: ContainerEngine = choose_engine(platform)
    folder = platform.state_dir / "docker" / "bin"
    program = folder / "docker"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        control = folder.parent / "control.json"
        Control(
            engine=engine.name,
            program=getattr(engine, "program", ""),
            settings=dict(getattr(engine, "settings", {})),
            view=getattr(engine, "view", None),
            state_dir=platform.state_dir,
            cache_dir=platform.cache_dir,
            endpoint_url=platform.endpoint_url,
        ).write(control)
        root = Path(__file__).parents[3]
        code = _CODE.format(root=str(root), control=str(control))
        fresh = folder / ".docker"
        fresh.write_text(_PROGRAM.format(python=shlex.quote(sys.executable), code=shlex.quote(code)))
        fresh.chmod(0o755)
        fresh.rename(program)
    return folder
