"""The composition of SageMaker Pipelines."""

import os

from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.pipelines.book import PipelineBook
from local_aws.sagemaker.pipelines.engine import Engine
from local_aws.sagemaker.pipelines.execution_operations import ExecutionOperations
from local_aws.sagemaker.pipelines.pipeline_operations import PipelineOperations
from local_aws.sagemaker.pipelines.settings import PipelineSettings
from local_aws.sagemaker.pipelines.stand_ins import VARIABLE, stand_ins_of
from local_aws.sagemaker.tags import TagStore


def register_pipelines(
    gateway: Gateway, platform: Platform, tags: TagStore, settings: PipelineSettings | None = None
) -> Engine:
    """Makes the engine and registers the operations.

    Args:
        gateway: the door.
        platform: the local AWS.
        tags: of SageMaker's resources.
        settings: of pipelines. Default: AWS's, with the stand-ins that the environment names.
    """
    if settings is None:
        settings = PipelineSettings(stand_ins=stand_ins_of(os.environ.get(VARIABLE)))
    book = PipelineBook()
    engine = Engine(platform, settings)
    gateway.register(PipelineOperations(platform, book, tags), ExecutionOperations(book, engine))
    return engine
