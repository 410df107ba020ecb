"""A template as records: sections and resource definitions, with the structural checks of AWS."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from local_aws.cloudformation.errors import ValidationError

MAX_RESOURCES = 500
MAX_OUTPUTS = 200
MAX_PARAMETERS = 200

_SECTIONS = {
    "AWSTemplateFormatVersion", "Conditions", "Description", "Hooks", "Mappings", "Metadata", "Outputs", "Parameters",
    "Resources", "Rules", "Transform", "Globals",
}  # fmt: skip
_RESOURCE_KEYS = {
    "Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Description", "Metadata", "Properties", "Type",
    "UpdatePolicy", "UpdateReplacePolicy", "Version",
}  # fmt: skip
_OUTPUT_KEYS = {"Condition", "Description", "Export", "Value"}
_DELETION_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")
_REPLACE_POLICIES = ("Delete", "Retain", "Snapshot")
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]+\Z")


@frozen(kw_only=True)
class ResourceDefinition:
    """One entry of a template's Resources.

    Attributes:
        deletion_policy: what becomes of it when it leaves the stack: Delete, Retain or RetainExceptOnCreate.
        update_replace_policy: what becomes of the old one when it is replaced: Delete or Retain.
    """

    logical_id: str
    type: str
    properties: Mapping[str, Any] = field(factory=dict)
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: Mapping[str, Any] | None = None


@frozen(kw_only=True)
class Template:
    """A template whose structure was checked; values in it are not resolved yet.

    Attributes:
        body: the text as it was given (``GetTemplate`` returns it).
        document: the whole document, after transforms.
        transforms: the names under Transform.
    """

    body: str
    document: Mapping[str, Any]
    transforms: tuple[str, ...] = ()
    description: str | None = None
    parameters: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    mappings: Mapping[str, Any] = field(factory=dict)
    conditions: Mapping[str, Any] = field(factory=dict)
    rules: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    resources: Mapping[str, ResourceDefinition] = field(factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(factory=dict)

    @property
    def extended(self) -> bool:
        """Whether the language extensions are on."""
        return "AWS::LanguageExtensions" in self.transforms


def parse_template(body: str, document: Mapping[str, Any]) -> Template:
    """A document as a template.

    Args:
        body: its text.
        document: the loaded text, transforms carried out.

    Raises:
        ValidationError: every fault of the structure, together.
    """
    problems: list[str] = []
    unknown = sorted(str(key) for key in document if key not in _SECTIONS)
    if unknown:
        problems.append(f"Invalid template property or properties [{', '.join(unknown)}]")
    if document.get("Hooks") or document.get("Globals"):
        problems.append("the local AWS does not offer the sections Hooks and Globals; they work on AWS only")
    version = document.get("AWSTemplateFormatVersion", "2010-09-09")
    if version != "2010-09-09":
        problems.append(f"Template format error: {version} is not a supported value for AWSTemplateFormatVersion.")
    sections = {
        name: _section(document, name, problems)
        for name in ("Parameters", "Mappings", "Conditions", "Rules", "Resources", "Outputs")
    }
    if not sections["Resources"]:
        problems.append("Template format error: At least one Resources member must be defined.")
    for name, limit in (("Resources", MAX_RESOURCES), ("Outputs", MAX_OUTPUTS), ("Parameters", MAX_PARAMETERS)):
        if len(sections[name]) > limit:
            problems.append(
                f"Template format error: Number of {name.lower()}, {len(sections[name])}, "
                f"is greater than maximum allowed, {limit}"
            )
    for name in ("Parameters", "Rules", "Outputs"):
        for key, entry in sections[name].items():
            if not isinstance(entry, dict):
                problems.append(f"Template format error: [/{name}/{key}] is not an object")
    problems.extend(_output_problems(sections["Outputs"]))
    resources = dict(_resources(sections["Resources"], problems))
    description = document.get("Description")
    if description is not None and not isinstance(description, str):
        problems.append("Template format error: Description must be a string.")
    if problems:
        raise ValidationError.of(problems)
    return Template(
        body=body,
        document=document,
        transforms=transforms_of(document),
        description=description,
        parameters=sections["Parameters"],
        mappings=sections["Mappings"],
        conditions=sections["Conditions"],
        rules=sections["Rules"],
        resources=resources,
        outputs=sections["Outputs"],
    )


def transforms_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the macros that a document asks for at its top."""
    transform = document.get("Transform", [])
    entries = transform if isinstance(transform, list) else [transform]
    return tuple(str(entry.get("Name")) if isinstance(entry, dict) else str(entry) for entry in entries)


def _section(document: Mapping[str, Any], name: str, problems: list[str]) -> dict[str, Any]:
    section = document.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        problems.append(f"Template format error: {name} must be an object.")
        return {}
    return section


def _output_problems(outputs: Mapping[str, Any]) -> Iterator[str]:
    for name, output in outputs.items():
        if not isinstance(output, dict):
            continue
        if not _LOGICAL_ID.match(str(name)):
            yield f"Template format error: Output name {name} is non alphanumeric."
        if "Value" not in output or output["Value"] is None:
            yield f"Template format error: Every Outputs member must contain a Value object: {name}"
        for key in sorted(set(output) - _OUTPUT_KEYS):
            yield f"Template format error: Output {name} is malformed: Invalid property {key}"
        export = output.get("Export")
        if export is not None and (not isinstance(export, dict) or "Name" not in export):
            yield f"Template format error: Output {name} is malformed: Export must contain a Name"


def _resources(section: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[str, ResourceDefinition]]:
    for logical_id, entry in section.items():
        if not isinstance(logical_id, str) or not _LOGICAL_ID.match(logical_id):
            problems.append(f"Template format error: Resource name {logical_id} is non alphanumeric.")
            continue
        if not isinstance(entry, dict):
            problems.append(f"Template format error: [/Resources/{logical_id}] resource definition is malformed")
            continue
        faults = list(_resource_problems(logical_id, entry))
        problems.extend(faults)
        if not faults:
            depends_on = entry.get("DependsOn", [])
            yield (
                logical_id,
                ResourceDefinition(
                    logical_id=logical_id,
                    type=entry["Type"],
                    properties=entry.get("Properties") or {},
                    depends_on=tuple(depends_on) if isinstance(depends_on, list) else (depends_on,),
                    condition=entry.get("Condition"),
                    deletion_policy=entry.get("DeletionPolicy", "Delete"),
                    update_replace_policy=entry.get("UpdateReplacePolicy", "Delete"),
                    metadata=entry.get("Metadata"),
                ),
            )


def _resource_problems(logical_id: str, entry: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(entry.get("Type"), str):
        yield f"Template format error: [/Resources/{logical_id}] Every Resources object must contain a Type member."
    for key in sorted(str(key) for key in entry if key not in _RESOURCE_KEYS):
        yield f"Invalid template resource property '{key}'"
    if not isinstance(entry.get("Properties") or {}, dict):
        yield f"Template format error: [/Resources/{logical_id}/Properties] must be an object"
    depends_on = entry.get("DependsOn", [])
    names = depends_on if isinstance(depends_on, list) else [depends_on]
    if not all(isinstance(name, str) for name in names):
        yield f"Template format error: [/Resources/{logical_id}/DependsOn] must be a string or a list of strings"
    if not isinstance(entry.get("Condition", ""), str):
        yield f"Template format error: [/Resources/{logical_id}/Condition] must be the name of a condition"
    for key in ("CreationPolicy", "UpdatePolicy"):
        if entry.get(key):
            yield f"[/Resources/{logical_id}] the local AWS does not offer {key}; it works on AWS only"
    for key, allowed in (("DeletionPolicy", _DELETION_POLICIES), ("UpdateReplacePolicy", _REPLACE_POLICIES)):
        policy = entry.get(key)
        if policy is None:
            continue
        if policy not in allowed:
            yield f"Template error: Unrecognized {key} {policy} for resource {logical_id}"
        elif policy == "Snapshot":
            yield f"[/Resources/{logical_id}] the local AWS does not offer {key} Snapshot; it works on AWS only"
