"""What a synthesized app says of its workflows."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from mlops_cli.changes.late_text import LateText
from mlops_cli.deployment import workflow_of_output
from mlops_cli.errors import BAD_INPUT, CliError

PIPELINE, STATE_MACHINE = "AWS::SageMaker::Pipeline", "AWS::StepFunctions::StateMachine"


@frozen(kw_only=True)
class StackTemplate:
    """A template.

    Attributes:
        stack: name of its stack.
        body: what it says.
        files: where assets lie, by their keys in S3.
    """

    stack: str
    body: Mapping[str, Any]
    files: Mapping[str, Path]


@frozen(kw_only=True)
class Described:
    """A workflow as a template describes it.

    Attributes:
        stack: name of its stack.
        logical_id: of the state machine or the pipeline there.
        kind: its resource type.
        names: what a person may call it, the best first.
        definition: its document; None where the template does not tell it.
    """

    stack: str
    logical_id: str
    kind: str
    names: tuple[str, ...]
    definition: LateText | None


def read_assembly(folder: Path) -> list[StackTemplate]:
    """The templates of a cloud assembly, and of those inside of it.

    Raises:
        CliError: the folder is no cloud assembly.
    """
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise CliError(f"{folder} is no cloud assembly: it has no manifest.json", exit_code=BAD_INPUT)
    found: list[StackTemplate] = []
    for name, artifact in json.loads(manifest.read_text(encoding="utf-8")).get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            found += read_assembly(folder / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            body = json.loads((folder / properties["templateFile"]).read_text(encoding="utf-8"))
            stack = properties.get("stackName", name)
            found.append(StackTemplate(stack=stack, body=body, files=_files(folder, f"{name}.assets.json")))
    return found


def workflows_of(template: StackTemplate) -> Iterator[Described]:
    """The state machines and pipelines of a template."""
    resources: Mapping[str, Any] = template.body.get("Resources", {})
    for logical_id, resource in resources.items():
        if resource.get("Type") in (PIPELINE, STATE_MACHINE):
            properties = resource.get("Properties", {})
            own = properties.get("PipelineName", properties.get("StateMachineName"))
            names = [*_output_names(template.body, logical_id), *([own] if isinstance(own, str) else []), logical_id]
            yield Described(
                stack=template.stack,
                logical_id=logical_id,
                kind=resource["Type"],
                names=tuple(dict.fromkeys(names)),
                definition=_definition(template, properties),
            )


def _output_names(body: Mapping[str, Any], logical_id: str) -> Iterator[str]:
    """The workflow's name, as the stack's outputs tell it to the other commands."""
    for key, output in body.get("Outputs", {}).items():
        name = workflow_of_output(key)
        if name is not None and re.search(rf'"{logical_id}"', json.dumps(output["Value"])):
            yield name


def _definition(template: StackTemplate, properties: Mapping[str, Any]) -> LateText | None:
    given = properties.get("PipelineDefinition", properties)
    for member in ("PipelineDefinitionBody", "DefinitionString"):
        if member in given:
            return LateText.of(given[member])
    location = given.get("PipelineDefinitionS3Location", given.get("DefinitionS3Location", {}))
    match location.get("Key"):
        case str(key) if key in template.files:
            return LateText.of(template.files[key].read_text(encoding="utf-8"))
        case {"Fn::GetAtt": [str(logical_id), "Key"]}:
            return _late_document(template, template.body["Resources"][logical_id]["Properties"])
    return None


def _late_document(template: StackTemplate, properties: Mapping[str, Any]) -> LateText | None:
    """The document that a function fills in at deployment (`constructs_lib.pipelines.late_document`)."""
    source = template.files.get(str(properties.get("SourceKey")))
    if source is None:
        return None
    values = properties["Values"]
    pieces = re.split("\x01[tj](\\d+)\x01", source.read_text(encoding="utf-8"))
    return LateText.of(
        {"Fn::Join": ["", [values[int(found)] if odd % 2 else found for odd, found in enumerate(pieces)]]}
    )


def _files(folder: Path, manifest: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    if (folder / manifest).is_file():
        for asset in json.loads((folder / manifest).read_text(encoding="utf-8")).get("files", {}).values():
            for destination in asset["destinations"].values():
                found[destination["objectKey"]] = folder / asset["source"]["path"]
    return found
