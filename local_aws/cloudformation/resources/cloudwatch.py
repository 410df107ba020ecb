"""Amazon CloudWatch: alarms and dashboards."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, request, shape_problems, without


def _change_tags(scope: ResourceScope, arn: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    client = scope.client("cloudwatch")
    added, removed = tag_changes(old, new)
    if removed:
        client.untag_resource(ResourceARN=arn, TagKeys=removed)
    if added:
        client.tag_resource(ResourceARN=arn, Tags=tag_list(added))


class _AlarmProvider(Provider):
    """What metric and composite alarms share: one Put, one name."""

    operation: str

    def _put(self, scope: ResourceScope, name: str, properties: dict[str, Any]) -> None:
        arguments = without(properties, "Tags") | {"AlarmName": name}
        method = {"PutMetricAlarm": "put_metric_alarm", "PutCompositeAlarm": "put_composite_alarm"}[self.operation]
        getattr(scope.client("cloudwatch"), method)(**request("cloudwatch", self.operation, arguments))

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: what the service itself would not take."""
        yield from super().problems(properties)
        known = {name: value for name, value in properties.items() if name in self.schema.properties}
        yield from shape_problems("cloudwatch", self.operation, without(known, "Tags"))

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Puts the alarm; one of that name must not exist."""
        client = scope.client("cloudwatch")
        name = str(properties.get("AlarmName") or scope.name(255))
        found = client.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        if found["MetricAlarms"] or found["CompositeAlarms"]:
            raise ResourceError(f"Resource of type '{self.type}' with identifier '{name}' already exists.")
        self._put(scope, name, properties)
        scope.created(name)
        if tags := tag_list(tags_of(properties)):
            client.tag_resource(ResourceARN=scope.arn("cloudwatch", f"alarm:{name}"), Tags=tags)
        return name

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the alarm anew."""
        self._put(scope, physical_id, new)
        _change_tags(scope, scope.arn("cloudwatch", f"alarm:{physical_id}"), old, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the alarm."""
        del properties
        scope.client("cloudwatch").delete_alarms(AlarmNames=[physical_id])

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del properties
        return {"Arn": scope.arn("cloudwatch", f"alarm:{physical_id}")}


class AlarmProvider(_AlarmProvider):
    """An alarm on a metric."""

    type = "AWS::CloudWatch::Alarm"
    operation = "PutMetricAlarm"
    schema = Schema.of(
        "ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator DatapointsToAlarm Dimensions "
        "EvaluateLowSampleCountPercentile EvaluationPeriods ExtendedStatistic InsufficientDataActions MetricName "
        "Metrics Namespace OKActions Period Statistic Tags Threshold ThresholdMetricId TreatMissingData Unit",
        create_only="AlarmName",
        attributes="Arn",
        name="AlarmName",
    )


class CompositeAlarmProvider(_AlarmProvider):
    """An alarm on other alarms."""

    type = "AWS::CloudWatch::CompositeAlarm"
    operation = "PutCompositeAlarm"
    schema = Schema.of(
        "ActionsEnabled ActionsSuppressor ActionsSuppressorExtensionPeriod ActionsSuppressorWaitPeriod AlarmActions "
        "AlarmDescription AlarmName AlarmRule InsufficientDataActions OKActions Tags",
        required="AlarmRule",
        create_only="AlarmName",
        attributes="Arn",
        name="AlarmName",
    )


class DashboardProvider(Provider):
    """A dashboard."""

    type = "AWS::CloudWatch::Dashboard"
    schema = Schema.of(
        "DashboardBody DashboardName Tags", required="DashboardBody", create_only="DashboardName", name="DashboardName"
    )

    def _put(self, scope: ResourceScope, name: str, properties: dict[str, Any], **more: Any) -> None:
        scope.client("cloudwatch").put_dashboard(
            DashboardName=name, DashboardBody=json_text(properties["DashboardBody"]), **more
        )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Puts the dashboard."""
        name = str(properties.get("DashboardName") or scope.name(255))
        self._put(scope, name, properties, Tags=tag_list(tags_of(properties)))
        return scope.created(name)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the dashboard anew."""
        self._put(scope, physical_id, new)
        _change_tags(scope, scope.arn("cloudwatch", f"dashboard/{physical_id}", region=""), old, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the dashboard."""
        del properties
        scope.client("cloudwatch").delete_dashboards(DashboardNames=[physical_id])


PROVIDERS = (AlarmProvider(), CompositeAlarmProvider(), DashboardProvider())
