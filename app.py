"""The app: every environment of `cdk.json`, or with ``-c env=NAME`` that one, checked by cdk-nag."""

import sys

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from constructs_lib.environments.settings import SettingsError, read_environments
from stacks.containers import ContainersStack
from stacks.serving import ServingStack
from stacks.training import TrainingStack


def define(app: App) -> None:
    """Puts the selected environments into the app.

    Raises:
        SettingsError: the settings in `cdk.json` are not valid, or the selected environment is not in them.
    """
    for settings in read_environments(
        app.node.try_get_context("environments"),
        project=app.node.try_get_context("project"),
        selected=app.node.try_get_context("env"),
    ):
        environment = Construct(app, settings.name)
        containers = ContainersStack(environment, "containers", settings=settings)
        training = TrainingStack(environment, "training", settings=settings, containers=containers)
        ServingStack(environment, "serving", settings=settings, containers=containers, training=training)
        for name, value in settings.tags.items():
            Tags.of(environment).add(name, value)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


if __name__ == "__main__":
    the_app = App()
    try:
        define(the_app)
    except SettingsError as error:
        sys.exit(str(error))
    the_app.synth()
