"""The list of the services that the local AWS carries out itself; all others are moto's."""

from local_aws.cloudformation.registration import register_cloudformation
from local_aws.codebuild.service import register_codebuild
from local_aws.eventbridge.service import register_eventbridge
from local_aws.functions.service import register_lambda
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.service import register_sagemaker
from local_aws.scheduler.service import register_scheduler
from local_aws.stepfunctions.service import register_stepfunctions


def register_services(gateway: Gateway, platform: Platform) -> None:
    """Makes every service and registers it with the gateway."""
    register_sagemaker(gateway, platform)
    register_lambda(gateway, platform)
    register_codebuild(gateway, platform)
    register_eventbridge(gateway, platform)
    register_scheduler(gateway, platform)
    register_cloudformation(gateway, platform)
    register_stepfunctions(gateway, platform)
