"""Puts the ``docker`` of builds into a folder of its own, from where a build's PATH finds it."""

from pathlib import Path

from local_aws.containers import programs
from local_aws.containers.command_line_engine import CommandLineEngine
from local_aws.containers.docker_command.control import Control
from local_aws.containers.engine import ContainerEngine, choose_engine
from local_aws.containers.pair import EnginePair
from local_aws.containers.process.engine import ProcessEngine
from local_aws.platform import Platform


def install(platform: Platform) -> Path:
    """The folder with ``docker`` for builds of this local AWS; made when first asked for.

    Raises:
        EngineError: no container engine works here.
    """
    engine = choose_engine(platform)
    folder = platform.state_dir / "docker" / "bin"
    program = folder / "docker"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        control = folder.parent / "control.json"
        control_of(engine, platform).write(control)
        code = f"from local_aws.containers.docker_command.main import main; main({str(control)!r})"
        programs.write(program, f'#!/bin/sh\nexec {programs.python_words(code)} "$@"\n')
    return folder


def control_of(engine: ContainerEngine, platform: Platform) -> Control:
    """What the ``docker`` of builds must know where this engine was chosen."""
    containers = engine.containers if isinstance(engine, EnginePair) else engine
    processes = engine.processes if isinstance(engine, EnginePair) else engine
    return Control(
        engine=engine.name,
        program=containers.program if isinstance(containers, CommandLineEngine) else "",
        settings=containers.settings if isinstance(containers, CommandLineEngine) else {},
        standby=processes.name if isinstance(engine, EnginePair) else "",
        view=processes.view if isinstance(processes, ProcessEngine) else None,
        state_dir=platform.state_dir,
        cache_dir=platform.cache_dir,
        endpoint_url=platform.endpoint_url,
    )
