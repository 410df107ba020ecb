"""What EventBridge remembers: buses with their rules and targets."""

import json
import threading
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from local_aws.eventbridge.patterns import EventPattern
from local_aws.eventbridge.schedules import Schedule
from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError

DEFAULT_BUS = "default"


@define(kw_only=True, eq=False)
class Rule:
    """A rule on a bus.

    Attributes:
        name: unique on its bus.
        arn: of the rule.
        bus: its bus's name.
        account: that owns it.
        region: of the bus.
        pattern: which events it takes; None for a rule that only has a schedule.
        schedule: when it fires by itself.
        schedule_expression: the text of that.
        enabled: whether it does anything.
        state: as the client set it.
        description: free text.
        role_arn: role for targets without their own.
        managed_by: the AWS service that made it, which alone may change it.
        created_by: account that made it.
        targets: by id, the members as they were put.
        tags: of the rule.
    """

    name: str
    arn: str
    bus: str
    account: str
    region: str
    pattern: EventPattern | None = None
    schedule: Schedule | None = None
    schedule_expression: str | None = None
    state: str = "ENABLED"
    description: str | None = None
    role_arn: str | None = None
    managed_by: str | None = None
    targets: dict[str, dict[str, Any]] = field(factory=dict)
    tags: dict[str, str] = field(factory=dict)

    @property
    def enabled(self) -> bool:
        """Whether it does anything."""
        return self.state != "DISABLED"

    def describe(self) -> dict[str, Any]:
        """The members of a Rule."""
        members = {
            "Name": self.name,
            "Arn": self.arn,
            "EventBusName": self.bus,
            "State": self.state,
            "EventPattern": None if self.pattern is None else self.pattern.text,
            "ScheduleExpression": self.schedule_expression,
            "Description": self.description,
            "RoleArn": self.role_arn,
            "ManagedBy": self.managed_by,
        }
        return {member: value for member, value in members.items() if value is not None}


@define(kw_only=True, eq=False)
class Bus:
    """An event bus.

    Attributes:
        name: ``default`` or one's own.
        arn: of the bus.
        settings: Description, KmsKeyIdentifier, DeadLetterConfig, LogConfig, as given.
        statements: of its policy, by id.
        rules: by name.
        tags: of the bus.
        created: when.
        modified: last change.
    """

    name: str
    arn: str
    settings: dict[str, Any] = field(factory=dict)
    statements: dict[str, dict[str, Any]] = field(factory=dict)
    rules: dict[str, Rule] = field(factory=dict)
    tags: dict[str, str] = field(factory=dict)
    created: datetime = field(factory=lambda: datetime.now(UTC))
    modified: datetime = field(factory=lambda: datetime.now(UTC))

    @property
    def policy(self) -> str | None:
        """The text of its policy."""
        if not self.statements:
            return None
        return json.dumps({"Version": "2012-10-17", "Statement": list(self.statements.values())})

    def describe(self) -> dict[str, Any]:
        """The members of an EventBus."""
        answer: dict[str, Any] = {
            "Name": self.name,
            "Arn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }
        if "Description" in self.settings:
            answer["Description"] = self.settings["Description"]
        if self.policy is not None:
            answer["Policy"] = self.policy
        return answer

    def rule(self, name: str) -> Rule:
        """A rule by name.

        Raises:
            AwsError: ``ResourceNotFoundException``.
        """
        if name not in self.rules:
            raise AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {self.name}.")
        return self.rules[name]


@define(eq=False)
class Buses:
    """The buses of all accounts and regions. `lock` guards every read and change; it is never held across a call."""

    regions: RegionalState[dict[str, Bus]] = field(factory=lambda: RegionalState(dict))
    lock: threading.RLock = field(factory=threading.RLock)

    def of(self, account: str, region: str) -> dict[str, Bus]:
        """The buses of a region; the default bus always exists."""
        with self.lock:
            buses = self.regions.of(account, region)
            if DEFAULT_BUS not in buses:
                arn = f"arn:aws:events:{region}:{account}:event-bus/{DEFAULT_BUS}"
                buses[DEFAULT_BUS] = Bus(name=DEFAULT_BUS, arn=arn)
            return buses

    def find(self, account: str, region: str, name_or_arn: str | None) -> Bus | None:
        """A bus by name or ARN, None where there is none."""
        name = name_or_arn or DEFAULT_BUS
        if name.startswith("arn:"):
            parts = name.split(":", 5)
            region, account, name = parts[3], parts[4], parts[5].removeprefix("event-bus/")
        return self.of(account, region).get(name)

    def get(self, context: RequestContext, name_or_arn: str | None) -> Bus:
        """A bus by name or ARN.

        Raises:
            AwsError: ``ResourceNotFoundException``.
        """
        bus = self.find(context.account, context.region, name_or_arn)
        if bus is None:
            raise AwsError("ResourceNotFoundException", f"Event bus {name_or_arn} does not exist.")
        return bus

    def all_rules(self) -> list[Rule]:
        """Every rule there is."""
        with self.lock:
            return [rule for _, buses in self.regions for bus in buses.values() for rule in bus.rules.values()]
