"""The composition of SageMaker: its operations, its runtime, and what must end with the server."""

from collections.abc import Callable
from functools import partial

from local_aws.containers.engine import ContainerEngine, choose_engine
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.tags import TagOperations, TagStore
from local_aws.sagemaker.training.operations import TrainingOperations
from local_aws.sagemaker.training.runner import TrainingRunner, TrainingSettings


def register_sagemaker(
    gateway: Gateway,
    platform: Platform,
    *,
    engine: Callable[[], ContainerEngine] | None = None,
    training: TrainingSettings | None = None,
) -> None:
    """Makes the service and registers it.

    Args:
        gateway: the door.
        platform: the local AWS.
        engine: gives the container engine. Default: this machine's, chosen when the first job or endpoint needs it.
        training: how training jobs run. Default: as on AWS.
    """
    tags = TagStore()
    engine = engine or partial(choose_engine, platform)
    runner = TrainingRunner(platform, engine, training or TrainingSettings())
    platform.on_stop(runner.stop)
    gateway.register(TagOperations(tags), TrainingOperations(platform, runner, tags))
