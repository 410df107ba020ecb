"""Entry of the ``docker`` that a build finds on its PATH."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from local_aws.containers.docker_command import options
from local_aws.containers.docker_command.control import Control
from local_aws.containers.docker_command.engine_client import EngineClient
from local_aws.containers.docker_command.engine_program import UnreachableImageError
from local_aws.containers.docker_command.paired_client import PairedClient
from local_aws.containers.docker_command.process_client import ProcessClient
from local_aws.containers.docker_command.registries import Logins
from local_aws.containers.engine import ENGINE_VARIABLE, EngineError
from local_aws.containers.process.runs import RunFailedError

NO_DAEMON_VARIABLE = "LOCAL_AWS_DOCKER"
"""``absent`` in builds without privileged mode: on AWS they have no docker daemon."""

_NO_OTHER_ENGINE = (
    "local AWS: {variable}={engine} allows no other engine: a local AWS that was started without it, or with "
    "{variable}=process, builds such images in process mode\n"
)
_VERSION = "Docker version 28.2.2, build local-aws"


def main(control_file: str) -> NoReturn:
    """Carries out the command line and exits."""
    sys.exit(call(Control.read(control_file), sys.argv[1:], dict(os.environ)))


def call(control: Control, arguments: list[str], environment: dict[str, str]) -> int:
    """Carries out one command line and gives its exit code."""
    if arguments[:1] in (["--version"], ["-v"]):
        sys.stdout.write(_VERSION + "\n")
        return 0
    try:
        return _dispatch(control, arguments, environment)
    except options.UsageError as error:
        sys.stderr.write(f"docker: {error}\n")
        return options.UNSUPPORTED_CODE
    except RunFailedError as error:
        sys.stderr.write(f"{error}\n")
        return error.code
    except EngineError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        if isinstance(error, UnreachableImageError):
            sys.stderr.write(_NO_OTHER_ENGINE.format(variable=ENGINE_VARIABLE, engine=control.engine))
        return 1


def _dispatch(control: Control, arguments: list[str], environment: dict[str, str]) -> int:
    client = _client(control, environment)
    commands: dict[tuple[str, ...], Callable[[list[str]], int]] = {
        ("login",): lambda rest: _login(rest, environment),
        ("logout",): lambda rest: _logout(rest, environment),
        ("build",): client.build,
        ("image", "build"): client.build,
        ("builder", "build"): client.build,
        ("buildx", "build"): client.build,
        ("tag",): client.tag,
        ("image", "tag"): client.tag,
        ("push",): client.push,
        ("image", "push"): client.push,
        ("pull",): client.pull,
        ("image", "pull"): client.pull,
        ("images",): client.images,
        ("image", "ls"): client.images,
        ("inspect",): client.inspect,
        ("image", "inspect"): client.inspect,
        ("run",): client.run,
        ("container", "run"): client.run,
        ("rmi",): client.remove_image,
        ("image", "rm"): client.remove_image,
        ("info",): client.info,
        ("version",): client.info,
    }
    for length in (2, 1):
        command = commands.get(tuple(arguments[:length]))
        if command is not None:
            if environment.get(NO_DAEMON_VARIABLE) == "absent" and arguments[0] not in {"login", "logout"}:
                raise EngineError(
                    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running? "
                    "(The build project's privileged mode is off: on AWS it has no docker)"
                )
            return command(arguments[length:])
    known = ", ".join(sorted(" ".join(words) for words in commands))
    sys.stderr.write(
        f"docker: {' '.join(arguments) or 'no command'}: the docker of the local AWS's builds does not have this; "
        f"it has: {known}\n"
    )
    return options.UNSUPPORTED_CODE


def _client(control: Control, environment: dict[str, str]) -> EngineClient | PairedClient | ProcessClient:
    if not control.program:
        return ProcessClient(control, environment)
    return PairedClient.of(control, environment) if control.standby else EngineClient(control, environment)


def _login(arguments: list[str], environment: dict[str, str]) -> int:
    asked = options.login_parser("docker login").parse_args(arguments)
    password = sys.stdin.read().strip() if asked.password_stdin else asked.password or ""
    registry = asked.registry.removeprefix("https://").rstrip("/")
    Logins(environment).add(registry, asked.username, password)
    sys.stdout.write("Login Succeeded\n")
    return 0


def _logout(arguments: list[str], environment: dict[str, str]) -> int:
    (registry,) = options.names_parser("docker logout", 1).parse_args(arguments).names
    Logins(environment).remove(registry)
    sys.stdout.write(f"Removing login credentials for {registry}\n")
    return 0
