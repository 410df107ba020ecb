"""A template with its parameters: what a stack should be, checked as a whole before anything is made."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from attrs import define, field, frozen

from local_aws.cloudformation import dynamic
from local_aws.cloudformation.conditions import Conditions
from local_aws.cloudformation.documents import load_document
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.graph import Reference, check_cycles, condition_names, references
from local_aws.cloudformation.intrinsics import (
    NoResources,
    OutputReader,
    Pending,
    Resolver,
    ResourceValues,
    text_of,
)
from local_aws.cloudformation.parameters import ParameterValue, definition_problems, resolve_parameters
from local_aws.cloudformation.resources.provider import Provider
from local_aws.cloudformation.resources.registry import find_provider
from local_aws.cloudformation.template import ResourceDefinition, Template, parse_template
from local_aws.cloudformation.transforms import expand

PSEUDO_NAMES = frozenset(
    {
        "AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId",
        "AWS::StackName", "AWS::URLSuffix",
    }
)  # fmt: skip


class PendingValues:
    """Resources of which nothing exists yet."""

    def ref(self, logical_id: str) -> Any:
        """Known later."""
        return Pending(logical_id)

    def attribute(self, logical_id: str, name: str) -> Any:
        """Known later."""
        return Pending(logical_id, name)


@frozen(kw_only=True)
class Surroundings:
    """What a template is evaluated in.

    Attributes:
        pseudo: pseudo parameters of the stack.
        client_of: clients with the stack's credentials.
        exported: value of an export; raises ValidationError where there is none.
        stack_output: value of another stack's output; raises ValidationError where there is none.
        export_owner: the stack that has an export of this name, or None.
    """

    pseudo: Mapping[str, Any]
    client_of: Callable[[str], Any]
    exported: Callable[[str], str]
    stack_output: OutputReader
    export_owner: Callable[[str], str | None]

    def zones(self, region: str) -> list[str]:
        """The availability zones of a region."""
        answer = self.client_of("ec2").describe_availability_zones(
            Filters=[{"Name": "region-name", "Values": [region]}]
        )
        return sorted(zone["ZoneName"] for zone in answer["AvailabilityZones"])


@define(kw_only=True, eq=False)
class Evaluation:
    """What a stack should be.

    Attributes:
        template: its template.
        parameters: its parameters' values.
        tags: the stack's tags.
        resources: the definitions whose condition holds.
        dependencies: logical id to the logical ids that must be there first.
        imports: names of the exports that the template reads.
    """

    template: Template
    parameters: Mapping[str, ParameterValue]
    tags: Mapping[str, str]
    surroundings: Surroundings
    conditions: Conditions
    resources: dict[str, ResourceDefinition] = field(factory=dict)
    dependencies: dict[str, frozenset[str]] = field(factory=dict)
    imports: set[str] = field(factory=set)

    def resolver(self, resources: ResourceValues) -> Resolver:
        """A resolver over this evaluation's parameters and conditions and the given resources."""
        return _resolver(self.template, self.parameters, self.surroundings, self._exported, resources)(
            self.conditions.holds
        )

    def _exported(self, name: str) -> str:
        value = self.surroundings.exported(name)
        self.imports.add(name)
        return value

    def properties(self, definition: ResourceDefinition, values: ResourceValues) -> dict[str, Any]:
        """A resource's properties, resolved, with the stack's tags among its own."""
        resolved: dict[str, Any] = self.resolver(values).resolve(dict(definition.properties))
        provider = find_provider(definition.type)
        if self.tags and provider is not None and "Tags" in provider.schema.properties:
            resolved["Tags"] = _merge_tags(self.tags, resolved.get("Tags"), as_map=provider.tags_as_map)
        return resolved

    def outputs(self, values: ResourceValues) -> Iterator[dict[str, Any]]:
        """The outputs whose condition holds: OutputKey, OutputValue, Description, ExportName."""
        resolver = self.resolver(values)
        for name, output in self.template.outputs.items():
            if "Condition" in output and not self.conditions.holds(str(output["Condition"])):
                continue
            value = resolver.resolve(output["Value"])
            if isinstance(value, dict | list):
                raise ValidationError(f"Template format error: Output {name} is malformed: Value must be a string")
            answer = {"OutputKey": name, "OutputValue": value if isinstance(value, Pending) else text_of(value)}
            if "Description" in output:
                answer["Description"] = str(output["Description"])
            if "Export" in output:
                answer["ExportName"] = text_of(self.resolver(NoResources()).resolve(output["Export"]["Name"]))
            yield answer


def _merge_tags(stack_tags: Mapping[str, str], own: Any, *, as_map: bool) -> Any:
    if as_map:
        return {**stack_tags, **(own or {})}
    own_tags = own or []
    keys = {tag.get("Key") for tag in own_tags if isinstance(tag, dict)}
    return [*own_tags, *({"Key": key, "Value": value} for key, value in stack_tags.items() if key not in keys)]


def _resolver(
    template: Template,
    parameters: Mapping[str, ParameterValue],
    surroundings: Surroundings,
    exported: Callable[[str], str],
    resources: ResourceValues,
) -> Callable[[Callable[[str], bool]], Resolver]:
    def make(holds: Callable[[str], bool]) -> Resolver:
        return Resolver(
            mappings=template.mappings,
            parameters={name: parameter.value for name, parameter in parameters.items()},
            pseudo=surroundings.pseudo,
            condition=holds,
            resources=resources,
            exported=exported,
            stack_output=surroundings.stack_output,
            zones=surroundings.zones,
            dynamic=lambda text: dynamic.resolve_plain(text, surroundings.client_of),
            extended=template.extended,
        )

    return make


def evaluate(
    body: str,
    given: list[dict[str, Any]],
    *,
    previous: Mapping[str, ParameterValue],
    tags: Mapping[str, str],
    surroundings: Surroundings,
) -> Evaluation:
    """Reads a template with the parameters of a request, and checks all that can be known beforehand.

    Args:
        body: the template's text.
        given: the request's Parameters.
        previous: the stack's parameters before.
        tags: the stack's tags.
        surroundings: account, region, clients and exports.

    Raises:
        ValidationError: everything that is wrong, together.
    """
    document = load_document(body)
    definitions = document.get("Parameters")
    parameters = resolve_parameters(
        _parameter_definitions(definitions),
        given,
        previous,
        lambda name: dynamic.read_parameter(name, surroundings.client_of),
    )
    expanded = expand(document, {name: parameter.value for name, parameter in parameters.items()})
    template = parse_template(body, expanded)
    make = _resolver(template, parameters, surroundings, surroundings.exported, NoResources())
    evaluation = Evaluation(
        template=template,
        parameters=parameters,
        tags=tags,
        surroundings=surroundings,
        conditions=Conditions(template.conditions, make),
    )
    problems = list(_problems(evaluation))
    if problems:
        raise ValidationError.of(problems)
    return evaluation


def _parameter_definitions(section: Any) -> dict[str, dict[str, Any]]:
    """The Parameters section so far as it is well-formed; its structure is reported with the template's."""
    if not isinstance(section, dict):
        return {}
    return {str(name): entry for name, entry in section.items() if isinstance(entry, dict)}


def read_template(body: str) -> Template:
    """A template without parameter values, for summaries and validation.

    Raises:
        ValidationError: its structure, parameters or references are wrong.
    """
    document = load_document(body)
    defaults = {
        name: entry.get("Default", "") for name, entry in _parameter_definitions(document.get("Parameters")).items()
    }
    template = parse_template(body, expand(document, defaults))
    problems = [*definition_problems(template.parameters), *_reference_problems(template)]
    if problems:
        raise ValidationError.of(problems)
    return template


def _problems(evaluation: Evaluation) -> Iterator[str]:
    template, conditions = evaluation.template, evaluation.conditions
    structural = list(_reference_problems(template))
    yield from structural
    faults: list[str] = []
    for name in template.conditions:
        _collect(faults, partial(conditions.holds, name))
    if not faults:
        _collect(faults, lambda: faults.extend(conditions.rule_problems(template.rules)))
    yield from faults
    if structural or faults:
        return
    evaluation.resources.update(
        {
            logical_id: definition
            for logical_id, definition in template.resources.items()
            if definition.condition is None or conditions.holds(definition.condition)
        }
    )
    yield from _dependency_problems(evaluation)
    yield from _value_problems(evaluation)


def _collect(faults: list[str], check: Callable[[], Any]) -> None:
    try:
        check()
    except ValidationError as error:
        faults.append(error.message)


def _reference_problems(template: Template) -> Iterator[str]:
    known = {*template.parameters, *template.resources, *PSEUDO_NAMES}
    types = {definition.type for definition in template.resources.values()}
    unknown_types = sorted(name for name in types if find_provider(name) is None)
    if unknown_types:
        listed = ", ".join(unknown_types)
        yield f"Template format error: Unrecognized resource types: [{listed}] (the local AWS does not offer them)"
    faults: list[str] = []
    for block, nodes in (
        ("Resources", {name: item.properties for name, item in template.resources.items()}),
        ("Outputs", template.outputs),
    ):
        found: list[Reference] = []
        for node in nodes.values():
            _collect(faults, partial(_add_references, found, node))
            faults.extend(_condition_problems(template, block, node))
        missing = [item.name for item in found if item.attribute is None and item.name not in known]
        if block == "Resources":
            missing += [
                name
                for definition in template.resources.values()
                for name in definition.depends_on
                if name not in template.resources
            ]
        if missing:
            yield _unresolved(missing, block)
        for item in dict.fromkeys(found):
            yield from _attribute_problems(template, item)
    holders = {name: definition.condition for name, definition in template.resources.items()}
    holders |= {name: output.get("Condition") for name, output in template.outputs.items()}
    for name, condition in holders.items():
        if condition is not None and condition not in template.conditions:
            faults.append(f"Template format error: Unresolved condition dependency {condition} of {name}")
    yield from faults


def _add_references(found: list[Reference], node: Any) -> None:
    found.extend(references(node))


def _unresolved(names: list[str], block: str) -> str:
    listed = ", ".join(dict.fromkeys(names))
    return f"Template format error: Unresolved resource dependencies [{listed}] in the {block} block of the template"


def _condition_problems(template: Template, block: str, node: Any) -> Iterator[str]:
    for name in condition_names(node):
        if name not in template.conditions:
            yield f"Template format error: Unresolved condition dependency {name} in the {block} block of the template"


def _attribute_problems(template: Template, item: Reference) -> Iterator[str]:
    if item.attribute is None:
        return
    if item.name not in template.resources:
        yield f"Template error: instance of Fn::GetAtt references undefined resource {item.name}"
        return
    provider = find_provider(template.resources[item.name].type)
    if provider is not None and item.attribute and not provider.has_attribute(item.attribute):
        yield f"Template error: resource {item.name} does not support attribute type {item.attribute} in Fn::GetAtt"


def _dependency_problems(evaluation: Evaluation) -> Iterator[str]:
    template, holds = evaluation.template, evaluation.conditions.holds
    absent = set(template.resources) - set(evaluation.resources)
    for block, nodes in (
        ("Resources", {name: item.properties for name, item in evaluation.resources.items()}),
        ("Outputs", {key: item for key, item in template.outputs.items() if _applies(evaluation, item)}),
    ):
        missing: list[str] = []
        for name, node in nodes.items():
            found = {item.name for item in references(node, holds)}
            missing += sorted(found & absent)
            if block == "Resources":
                needs = {*found, *evaluation.resources[name].depends_on} & set(evaluation.resources)
                evaluation.dependencies[name] = frozenset(needs)
        if missing:
            yield _unresolved(missing, block)
    try:
        check_cycles(evaluation.dependencies)
    except ValidationError as error:
        yield error.message


def _applies(evaluation: Evaluation, output: Mapping[str, Any]) -> bool:
    return "Condition" not in output or evaluation.conditions.holds(str(output["Condition"]))


def _value_problems(evaluation: Evaluation) -> Iterator[str]:
    values = PendingValues()
    for logical_id, definition in evaluation.resources.items():
        provider = find_provider(definition.type)
        if provider is None:
            continue
        try:
            yield from resource_problems(logical_id, provider, evaluation.properties(definition, values))
        except ValidationError as error:
            yield f"Resource {logical_id} ({definition.type}): {error.message}"
    exports: dict[str, str] = {}
    own_id = evaluation.surroundings.pseudo.get("AWS::StackId")
    try:
        for output in evaluation.outputs(values):
            name = output.get("ExportName")
            if name is None:
                continue
            owner = evaluation.surroundings.export_owner(name)
            if owner not in {None, own_id}:
                yield f"Export with name {name} is already exported by stack {str(owner).split('/')[1]}."
            if name in exports:
                yield f"Duplicate Export names. Outputs {exports[name]} and {output['OutputKey']} both export {name}"
            exports[name] = output["OutputKey"]
    except ValidationError as error:
        yield error.message


def resource_problems(logical_id: str, provider: Provider, properties: Mapping[str, Any]) -> Iterator[str]:
    """A provider's complaints, each naming the resource."""
    for text in provider.problems(properties):
        yield f"Resource {logical_id} ({provider.type}): {text}"
