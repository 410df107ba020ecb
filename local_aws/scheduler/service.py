"""Puts the parts of EventBridge Scheduler together and registers them."""

from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.scheduler.invocations import Invocations
from local_aws.scheduler.operations import SchedulerOperations
from local_aws.timers import Timers


def register_scheduler(gateway: Gateway, platform: Platform) -> None:
    """Adds EventBridge Scheduler to a gateway."""
    timers = Timers(platform.workers)
    operations = SchedulerOperations(platform, Invocations(platform=platform, timers=timers))
    gateway.register(operations)
    platform.time.governs(operations.alarms)
    platform.on_stop(timers.stop)
    platform.on_stop(operations.alarms.stop)
