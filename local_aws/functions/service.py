"""Puts the parts of Lambda together and registers them."""

from attrs import frozen

from local_aws.functions.aliases import Aliases
from local_aws.functions.asynchronous import AsyncQueue
from local_aws.functions.code_downloads import CodeDownloads
from local_aws.functions.event_sources import EventSourceMappings
from local_aws.functions.function_metrics import FunctionMetrics
from local_aws.functions.function_policies import FunctionPolicies
from local_aws.functions.functions import Functions
from local_aws.functions.invocation import Invocations
from local_aws.functions.invocation_settings import InvocationSettings
from local_aws.functions.layers import Layers
from local_aws.functions.packages import PackageStore
from local_aws.functions.permissions import Permissions
from local_aws.functions.pool import EnvironmentPool
from local_aws.functions.records import Registry
from local_aws.functions.runner import Runner
from local_aws.functions.topic_subscriptions import TopicSubscriptions
from local_aws.gateway.app import Gateway
from local_aws.iam.authority import IamAuthority
from local_aws.platform import Platform
from local_aws.timers import Timers


@frozen(kw_only=True)
class LambdaService:
    """Lambda's parts, for those who need more than its API.

    Attributes:
        registry: functions and layers.
        runner: carries out invocations.
        permissions: the functions' resource policies.
    """

    registry: Registry
    runner: Runner
    permissions: Permissions


def register_lambda(gateway: Gateway, platform: Platform) -> LambdaService:
    """Adds Lambda to a gateway."""
    registry = Registry()
    timers = Timers(platform.workers)
    platform.on_stop(timers.stop)
    pool = EnvironmentPool(platform)
    packages = PackageStore(platform)
    runner = Runner(registry, pool, FunctionMetrics(platform, timers))
    queue = AsyncQueue(platform=platform, timers=timers, runner=runner)
    permissions = Permissions(registry)
    gateway.register(
        Functions(platform=platform, registry=registry, packages=packages, pool=pool),
        Aliases(registry),
        Invocations(runner, queue),
        InvocationSettings(registry),
        Layers(platform, registry, packages),
        permissions,
        EventSourceMappings(platform=platform, registry=registry, runner=runner),
    )
    if isinstance(gateway.authority, IamAuthority):
        gateway.authority.keep_policies("lambda", FunctionPolicies(permissions))
    TopicSubscriptions(platform=platform, timers=timers).start()
    gateway.route("GET", CodeDownloads.PATH, CodeDownloads(packages))
    return LambdaService(registry=registry, runner=runner, permissions=permissions)
