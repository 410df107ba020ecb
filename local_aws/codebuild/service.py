"""CodeBuild as a service of the local AWS."""

from local_aws.codebuild.builds import BuildOperations
from local_aws.codebuild.projects import ProjectOperations
from local_aws.codebuild.state import CodeBuildState
from local_aws.gateway.app import Gateway
from local_aws.gateway.context import RegionalState
from local_aws.platform import Platform


def register_codebuild(gateway: Gateway, platform: Platform) -> None:
    """Makes the service and registers it."""
    states = RegionalState(CodeBuildState)
    gateway.register(ProjectOperations(platform, states), BuildOperations(platform, states))
