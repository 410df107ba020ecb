"""Puts the parts of EventBridge together and registers them."""

from attrs import frozen

from local_aws.eventbridge.buses import EventBuses
from local_aws.eventbridge.deliveries import Deliveries
from local_aws.eventbridge.events import Events
from local_aws.eventbridge.policies import BusPolicies, LogGroupPolicies
from local_aws.eventbridge.records import Buses
from local_aws.eventbridge.router import Router
from local_aws.eventbridge.rules import Rules
from local_aws.eventbridge.scheduling import RuleClock
from local_aws.eventbridge.targets import Targets
from local_aws.gateway.app import Gateway
from local_aws.iam.authority import IamAuthority
from local_aws.platform import Platform
from local_aws.timers import Timers


@frozen(kw_only=True)
class EventBridgeService:
    """EventBridge's parts, for those who need more than its API.

    Attributes:
        buses: buses, rules and targets.
        router: brings events to rules.
        clock: fires rules with a schedule.
    """

    buses: Buses
    router: Router
    clock: RuleClock


def register_eventbridge(gateway: Gateway, platform: Platform) -> EventBridgeService:
    """Adds EventBridge to a gateway, and receives the events of the other services."""
    buses = Buses()
    timers = Timers(platform.workers)
    targets = Targets(
        platform=platform,
        buses=buses,
        authority=gateway.authority,
        forward=lambda bus, event: router.route(bus, event, from_bus=True),
    )
    deliveries = Deliveries(platform=platform, timers=timers, send=targets.send)
    router = Router(buses, deliveries)
    clock = RuleClock(router.send, platform.time.now)
    platform.time.governs(clock.alarms)
    events = Events(buses, router)
    gateway.register(EventBuses(buses), Rules(buses, clock), events)
    if isinstance(gateway.authority, IamAuthority):
        gateway.authority.keep_policies("events", BusPolicies(buses))
        gateway.authority.keep_policies("logs", LogGroupPolicies())
    platform.on_event(events.of_service)
    platform.on_stop(timers.stop)
    platform.on_stop(clock.stop)
    return EventBridgeService(buses=buses, router=router, clock=clock)
