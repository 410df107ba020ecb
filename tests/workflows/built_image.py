"""The image of `housing-ray` as docker or podman builds it."""

import subprocess
import tempfile

import pytest

from local_aws.containers.command_line_engine import CommandLineEngine
from local_aws.containers.docker_command.install import control_of
from local_aws.containers.docker_command.main import call
from tests.workflows.housing_ray import CONTAINER, REGION


def push_built_image(engine: CommandLineEngine) -> str:
    """Builds the image of the workflow, and pushes it; gives its URI.

    Its base image is on this machine, or comes from the network. It is removed with the local AWS.
    """
    ecr = engine.platform.client("ecr", region=REGION)
    name: str = ecr.create_repository(repositoryName="ray")["repository"]["repositoryUri"] + ":latest"
    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        environment = {"HOME": home, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
        for variable, value in environment.items():
            patch.setenv(variable, value)
        for words in (
            ["login", "-u", "AWS", "-p", "secret", name.partition("/")[0]],
            ["build", "--tag", name, str(CONTAINER)],
            ["push", name],
        ):
            assert call(control_of(engine, engine.platform), words, environment) == 0

    def remove() -> None:
        subprocess.run([engine.program, "rmi", name], env=engine.settings, check=True, capture_output=True)

    engine.platform.on_stop(remove)
    return name
