"""Puts the ``docker`` of builds into a folder of its own, from where a build's PATH finds it."""

from pathlib import Path

from local_aws.containers import programs
from local_aws.containers.docker_command.control import Control
from local_aws.containers.engine import ContainerEngine, choose_engine
from local_aws.platform import Platform


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
        code = f"from local_aws.containers.docker_command.main import main; main({str(control)!r})"
        programs.write(program, f'#!/bin/sh\nexec {programs.python_words(code)} "$@"\n')
    return folder
