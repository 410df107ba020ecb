"""Brings events to the rules of a bus, and from there to the targets."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import define

from local_aws.eventbridge.deliveries import Deliveries, Delivery
from local_aws.eventbridge.records import Bus, Buses, Rule
from local_aws.eventbridge.transformers import Origin


@define(eq=False)
class Router:
    """Matches events; sending is left to workers, so that whoever emits an event never waits.

    Args:
        buses: the records.
        deliveries: send to targets.
    """

    buses: Buses
    deliveries: Deliveries

    def route(self, bus: Bus, event: Mapping[str, Any], *, from_bus: bool = False) -> None:
        """Starts a delivery to each target of each rule that wants an event.

        Args:
            bus: where the event arrived.
            event: the whole event.
            from_bus: another bus forwarded it; it is not forwarded again.
        """
        with self.buses.lock:
            wanted = [rule for rule in bus.rules.values() if rule.enabled and rule.pattern is not None]
        for rule in wanted:
            if rule.pattern is not None and rule.pattern.matches(event):
                self.send(rule, event, from_bus=from_bus)

    def send(self, rule: Rule, event: Mapping[str, Any], *, from_bus: bool = False) -> None:
        """Starts a delivery to each target of a rule."""
        origin = Origin(
            rule_arn=rule.arn,
            rule_name=rule.name,
            ingestion_time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        with self.buses.lock:
            targets = [dict(target) for target in rule.targets.values()]
        for target in targets:
            self.deliveries.start(Delivery(rule=rule, target=target, event=event, origin=origin, from_bus=from_bus))
