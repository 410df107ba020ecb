"""Puts CloudFormation behind the gateway."""

from local_aws.cloudformation.callbacks import ROUTE, Callbacks
from local_aws.cloudformation.operations.change_sets import ChangeSetOperations
from local_aws.cloudformation.operations.resources import StackResourceOperations
from local_aws.cloudformation.operations.stacks import StackOperations
from local_aws.cloudformation.operations.templates import TemplateOperations
from local_aws.cloudformation.service import StackService
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform


def register_cloudformation(gateway: Gateway, platform: Platform) -> None:
    """Registers the operations and the URLs on which custom resources answer."""
    callbacks = Callbacks(platform.endpoint_url)
    service = StackService(platform, callbacks)
    gateway.register(
        StackOperations(service),
        StackResourceOperations(service),
        ChangeSetOperations(service),
        TemplateOperations(service),
    )
    gateway.route("PUT", ROUTE, callbacks.serve)

    def stop() -> None:
        callbacks.stopping.set()
        for _, state in service.states:
            for stack in state.all():
                stack.cancel.set()

    platform.on_stop(stop)
