"""What an update would do to each resource, worked out without doing it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field

from local_aws.cloudformation.evaluation import Evaluation
from local_aws.cloudformation.intrinsics import Pending, has_pending
from local_aws.cloudformation.resources.provider import Provider, changed_properties
from local_aws.cloudformation.resources.registry import find_provider
from local_aws.cloudformation.stacks import Stack, StackResource
from local_aws.cloudformation.template import ResourceDefinition

_GONE = {"CREATE_FAILED", "DELETE_COMPLETE", "DELETE_SKIPPED"}


@define(eq=False)
class PlannedValues:
    """Ref and Fn::GetAtt as they will be: of new and replaced resources nothing is known yet."""

    resources: Mapping[str, StackResource]
    unknown: set[str] = field(factory=set)

    def ref(self, logical_id: str) -> Any:
        """The physical id, where it stays."""
        if logical_id in self.unknown or logical_id not in self.resources:
            return Pending(logical_id)
        return self.resources[logical_id].physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        """The attribute, where its resource stays."""
        if logical_id in self.unknown or logical_id not in self.resources:
            return Pending(logical_id, name)
        return self.resources[logical_id].attributes.get(name, Pending(logical_id, name))


def plan(stack: Stack, evaluation: Evaluation) -> list[dict[str, Any]]:
    """The changes, as DescribeChangeSet shows them, in the order of the template.

    Args:
        stack: as it is.
        evaluation: as it should be.
    """
    existing = {name: item for name, item in stack.resources.items() if item.status not in _GONE}
    values = PlannedValues(existing)
    changes: dict[str, dict[str, Any]] = {}
    for logical_id in _in_order(evaluation.dependencies):
        definition = evaluation.resources[logical_id]
        provider = find_provider(definition.type)
        if provider is None:
            continue
        properties = evaluation.properties(definition, values)
        resource = existing.get(logical_id)
        if resource is None:
            values.unknown.add(logical_id)
            changes[logical_id] = {
                "Action": "Add",
                "LogicalResourceId": logical_id,
                "ResourceType": definition.type,
                "Scope": [],
                "Details": [],
                "AfterContext": _context(properties),
            }
            continue
        change = _modification(provider, resource, definition, properties)
        if change is not None:
            if change["Replacement"] != "False":
                values.unknown.add(logical_id)
            changes[logical_id] = change
    ordered = [changes[name] for name in evaluation.resources if name in changes]
    ordered += [_removal(item) for name, item in existing.items() if name not in evaluation.resources]
    return [{"Type": "Resource", "ResourceChange": change} for change in ordered]


def _in_order(dependencies: Mapping[str, frozenset[str]]) -> Iterator[str]:
    done: set[str] = set()
    left = dict(dependencies)
    while left:
        for name in [name for name, needs in left.items() if needs <= done]:
            yield name
            done.add(name)
            del left[name]


def _context(properties: Mapping[str, Any]) -> str:
    return json.dumps({"Properties": properties}, default=str)


def _modification(
    provider: Provider, resource: StackResource, definition: ResourceDefinition, properties: dict[str, Any]
) -> dict[str, Any] | None:
    changed = sorted(changed_properties(resource.properties, properties))
    if resource.status == "UPDATE_FAILED" and not changed:
        changed = sorted(properties)
    scope = ["Properties"] if changed else []
    if (definition.metadata or {}) != (resource.definition.metadata or {}):
        scope.append("Metadata")
    if definition.deletion_policy != resource.definition.deletion_policy:
        scope.append("DeletionPolicy")
    if definition.update_replace_policy != resource.definition.update_replace_policy:
        scope.append("UpdateReplacePolicy")
    if not scope:
        return None
    needs = _replacement(provider, resource, properties, changed)
    change: dict[str, Any] = {
        "Action": "Modify",
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type,
        "Replacement": needs,
        "Scope": scope,
        "Details": [_detail(provider, resource, definition, properties, name) for name in changed],
        "BeforeContext": _context(resource.properties),
        "AfterContext": _context(properties),
    }
    for attribute in scope:
        if attribute != "Properties":
            change["Details"].append(
                {
                    "Target": {"Attribute": attribute, "RequiresRecreation": "Never"},
                    "Evaluation": "Static",
                    "ChangeSource": "DirectModification",
                }
            )
    if needs != "False":
        retain = definition.update_replace_policy == "Retain"
        change["PolicyAction"] = "ReplaceAndRetain" if retain else "ReplaceAndDelete"
    return change


def _replacement(provider: Provider, resource: StackResource, properties: dict[str, Any], changed: list[str]) -> str:
    if not changed or not provider.replaces(resource.properties, properties, changed):
        return "False"
    known = [name for name in changed if not has_pending(properties.get(name))]
    return "True" if provider.replaces(resource.properties, properties, known) else "Conditional"


def _detail(
    provider: Provider,
    resource: StackResource,
    definition: ResourceDefinition,
    properties: Mapping[str, Any],
    name: str,
) -> dict[str, Any]:
    pending = has_pending(properties.get(name))
    recreate = "Never"
    if provider.replaces(resource.properties, properties, [name]):
        recreate = "Conditionally" if pending else "Always"
    source = "DirectModification"
    if definition.properties.get(name) == resource.definition.properties.get(name):
        source = "ResourceReference" if pending else "ParameterReference"
    target = {
        "Attribute": "Properties",
        "Name": name,
        "Path": f"/Properties/{name}",
        "RequiresRecreation": recreate,
        "AttributeChangeType": _change_kind(resource.properties, properties, name),
    }
    for key, value in (("BeforeValue", resource.properties.get(name)), ("AfterValue", properties.get(name))):
        if value is not None:
            target[key] = value if isinstance(value, str) else json.dumps(value, default=str)
    return {"Target": target, "Evaluation": "Dynamic" if pending else "Static", "ChangeSource": source}


def _change_kind(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> str:
    if name not in old:
        return "Add"
    return "Modify" if name in new else "Remove"


def _removal(resource: StackResource) -> dict[str, Any]:
    return {
        "Action": "Remove",
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type,
        "Scope": [],
        "Details": [],
        "PolicyAction": "Delete" if resource.definition.deletion_policy == "Delete" else "Retain",
        "BeforeContext": _context(resource.properties),
    }


def differs(stack: Stack, evaluation: Evaluation, changes: list[dict[str, Any]]) -> bool:
    """Whether there is anything to update: resources, outputs, tags or failed work of before."""
    if changes or dict(stack.tags) != dict(evaluation.tags) or stack.status in {"CREATE_FAILED", "UPDATE_FAILED"}:
        return True
    outputs = list(evaluation.outputs(PlannedValues(stack.resources)))
    return outputs != stack.outputs
