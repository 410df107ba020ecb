"""The operations on rules and their targets."""

import re
from typing import Any

from attrs import define

from local_aws.eventbridge.events import check_event
from local_aws.eventbridge.patterns import EventPattern
from local_aws.eventbridge.records import DEFAULT_BUS, Bus, Buses, Rule
from local_aws.eventbridge.schedules import parse_schedule
from local_aws.eventbridge.scheduling import RuleClock
from local_aws.eventbridge.targets import check_target
from local_aws.eventbridge.transformers import check_input
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.pages import page

_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_STATES = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
_RULES = 300
_TARGETS = 5


@define(eq=False)
class Rules(OperationGroup):
    """Rules.

    Args:
        buses: the records.
        clock: fires rules with a schedule.
    """

    service = "events"

    buses: Buses
    clock: RuleClock

    @operation("PutRule")
    def put_rule(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a rule, or replaces all of it but its targets and tags."""
        name, state = request["Name"], request.get("State") or "ENABLED"
        if not _NAME.fullmatch(name):
            raise _invalid(f"Rule name '{name}' must match [.\\-_A-Za-z0-9]+, at most 64 characters.")
        if state not in _STATES:
            raise _invalid(f"State '{state}' must be one of {', '.join(_STATES)}.")
        bus = self.buses.get(context, request.get("EventBusName"))
        expression, text = request.get("ScheduleExpression") or None, request.get("EventPattern") or None
        if expression is None and text is None:
            raise _invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
        if expression is not None and bus.name != DEFAULT_BUS:
            raise _invalid("ScheduleExpression is supported only on the default event bus.")
        schedule = None if expression is None else parse_schedule(expression)
        pattern = None if text is None else EventPattern.compile(text)
        with self.buses.lock:
            rule = bus.rules.get(name)
            if rule is None:
                if len(bus.rules) >= _RULES:
                    raise AwsError("LimitExceededException", f"The bus {bus.name} has {_RULES} rules already.")
                path = name if bus.name == DEFAULT_BUS else f"{bus.name}/{name}"
                account, region = bus.arn.split(":")[4], bus.arn.split(":")[3]
                arn = f"arn:aws:events:{region}:{account}:rule/{path}"
                rule = Rule(name=name, arn=arn, bus=bus.name, account=account, region=region)
                rule.tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
                rule.managed_by = context.principal.service
                bus.rules[name] = rule
            else:
                _check_managed(rule, context)
            rule.pattern, rule.schedule, rule.schedule_expression = pattern, schedule, expression
            rule.state = state
            rule.description = request.get("Description")
            rule.role_arn = request.get("RoleArn")
        self.clock.update(rule)
        return {"RuleArn": rule.arn}

    @operation("DescribeRule")
    def describe_rule(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """A rule."""
        bus = self.buses.get(context, request.get("EventBusName"))
        with self.buses.lock:
            return {**bus.rule(request["Name"]).describe(), "CreatedBy": context.account}

    @operation("ListRules")
    def list_rules(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The rules of a bus."""
        bus = self.buses.get(context, request.get("EventBusName"))
        prefix = request.get("NamePrefix") or ""
        with self.buses.lock:
            found = [rule.describe() for name, rule in sorted(bus.rules.items()) if name.startswith(prefix)]
        items, token = page(found, request.get("NextToken"), request.get("Limit"), 100, code="ValidationException")
        return {"Rules": items, "NextToken": token}

    @operation("DeleteRule")
    def delete_rule(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes a rule without targets; that it is gone already is no error."""
        bus = self.buses.get(context, request.get("EventBusName"))
        with self.buses.lock:
            rule = bus.rules.get(request["Name"])
            if rule is None:
                return
            _check_managed(rule, context, force=request.get("Force"))
            if rule.targets:
                raise _invalid("Rule can't be deleted since it has targets.")
            del bus.rules[rule.name]
        self.clock.forget(rule)

    @operation("EnableRule")
    def enable_rule(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Lets a rule work."""
        self._set_state(context, request, "ENABLED")

    @operation("DisableRule")
    def disable_rule(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Stops a rule."""
        self._set_state(context, request, "DISABLED")

    @operation("PutTargets")
    def put_targets(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Adds targets, or replaces those with the same id."""
        bus, rule = self._rule(context, request, "Rule")
        _check_managed(rule, context)
        targets = request["Targets"]
        for target in targets:
            if not _NAME.fullmatch(target["Id"]):
                raise _invalid(f"Target id '{target['Id']}' must match [.\\-_A-Za-z0-9]+, at most 64 characters.")
            check_target(target, rule)
            check_input(target)
        with self.buses.lock:
            merged = {**rule.targets, **{target["Id"]: dict(target) for target in targets}}
            if len(merged) > _TARGETS:
                raise AwsError(
                    "LimitExceededException",
                    f"The requested resource exceeds the maximum number allowed: rule {rule.name} of bus {bus.name} "
                    f"would have {len(merged)} targets where {_TARGETS} are allowed",
                )
            rule.targets = merged
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @operation("RemoveTargets")
    def remove_targets(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Removes targets; ids that the rule does not have are no error."""
        _, rule = self._rule(context, request, "Rule")
        _check_managed(rule, context, force=request.get("Force"))
        with self.buses.lock:
            rule.targets = {key: value for key, value in rule.targets.items() if key not in request["Ids"]}
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @operation("ListTargetsByRule")
    def list_targets_by_rule(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The targets of a rule."""
        _, rule = self._rule(context, request, "Rule")
        with self.buses.lock:
            found = [dict(target) for target in rule.targets.values()]
        items, token = page(found, request.get("NextToken"), request.get("Limit"), 100, code="ValidationException")
        return {"Targets": items, "NextToken": token}

    @operation("ListRuleNamesByTarget")
    def list_rule_names_by_target(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The rules of a bus that send to a target."""
        bus = self.buses.get(context, request.get("EventBusName"))
        wanted = request["TargetArn"]
        with self.buses.lock:
            found = [
                name
                for name, rule in sorted(bus.rules.items())
                if any(target["Arn"] == wanted for target in rule.targets.values())
            ]
        items, token = page(found, request.get("NextToken"), request.get("Limit"), 100, code="ValidationException")
        return {"RuleNames": items, "NextToken": token}

    @operation("TestEventPattern")
    def test_event_pattern(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Whether an event fits a pattern."""
        pattern = EventPattern.compile(request["EventPattern"])
        return {"Result": pattern.matches(check_event(request["Event"]))}

    def _rule(self, context: RequestContext, request: dict[str, Any], member: str) -> tuple[Bus, Rule]:
        bus = self.buses.get(context, request.get("EventBusName"))
        with self.buses.lock:
            return bus, bus.rule(request[member])

    def _set_state(self, context: RequestContext, request: dict[str, Any], state: str) -> None:
        _, rule = self._rule(context, request, "Name")
        _check_managed(rule, context)
        rule.state = state
        self.clock.update(rule)


def _check_managed(rule: Rule, context: RequestContext, *, force: bool | None = False) -> None:
    """A rule that a service made is changed by that service alone, and deleted by others with Force."""
    if rule.managed_by is not None and context.principal.service != rule.managed_by and not force:
        raise AwsError(
            "ManagedRuleException", f"Rule {rule.name} is managed by {rule.managed_by}: use that service, or Force."
        )


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
