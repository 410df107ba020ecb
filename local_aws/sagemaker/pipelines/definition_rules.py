"""What a pipeline's definition must keep to; all faults are told together."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_aws.gateway.wire import get_service_model
from local_aws.sagemaker.pipelines.argument_rules import argument_faults
from local_aws.sagemaker.pipelines.caching import parse_duration
from local_aws.sagemaker.pipelines.conditions import condition_faults
from local_aws.sagemaker.pipelines.definition import VERSION, Definition, Step, documents, read, step_of
from local_aws.sagemaker.pipelines.definition_shapes import list_faults, member_faults
from local_aws.sagemaker.pipelines.lineage_rules import argument_faults as lineage_faults
from local_aws.sagemaker.pipelines.lineage_rules import property_faults
from local_aws.sagemaker.pipelines.mlflow import mlflow_faults
from local_aws.sagemaker.pipelines.parameters import Parameter, declared
from local_aws.sagemaker.pipelines.paths import Key, Part, shown
from local_aws.sagemaker.pipelines.references import (
    VARIABLES,
    Get,
    JsonGet,
    MalformedReferenceError,
    references,
)
from local_aws.sagemaker.pipelines.retries import policy_faults
from local_aws.sagemaker.pipelines.service_steps import SERVICE_STEPS
from local_aws.sagemaker.pipelines.step_types import STEP_TYPES, Members
from local_aws.sagemaker.resource_names import validation_error

_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_MOST_PARAMETERS = 200
_OUTPUT_TYPES = ("String", "Integer", "Float", "Boolean")
_EXPERIMENT = frozenset({"ExperimentName", "TrialName"})
_ABSENT_TYPES = ("Athena", "Cleanup", "ForEach", "HubContent", "Job")


def checked(text: str) -> Definition:
    """Reads and checks a definition.

    Raises:
        AwsError: ``ValidationException`` with every fault.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _refused([f"it is not JSON: {error}"]) from None
    if not isinstance(document, dict):
        raise _refused(["it is not a JSON object"])
    if faults := list(dict.fromkeys(_faults(document))):
        raise _refused(faults)
    return read(text)


def _refused(faults: list[str]) -> Exception:
    return validation_error(f"Unable to parse pipeline definition. {'; '.join(faults)}")


def _faults(document: dict[str, Any]) -> Iterator[str]:
    if document.get("Version") != VERSION:
        yield f"Version is {document.get('Version')!r}, expected '{VERSION}'"
    parameters, faults = declared(document.get("Parameters") or [])
    yield from faults
    if len(parameters) > _MOST_PARAMETERS:
        yield f"got {len(parameters)} parameters, expected at most {_MOST_PARAMETERS}"
    if not isinstance(document.get("Steps"), list) or not document["Steps"]:
        yield "Steps must be a list of at least one step"
        return
    yield from list_faults(document["Steps"], "Steps")
    found = list(documents(document["Steps"]))
    named = [step["Name"] for step, _ in found if isinstance(step.get("Name"), str)]
    yield from (f"Duplicate step name '{name}'" for name, count in Counter(named).items() if count > 1)
    steps: dict[str, Step] = {}
    for written, branch in found:
        faults = list(_shape_faults(written))
        if not faults:
            try:
                steps[written["Name"]] = step_of(written, branch)
            except MalformedReferenceError as error:
                faults = [f"step '{written['Name']}': {error}"]
        yield from faults
    experiment = document.get("PipelineExperimentConfig")
    if experiment is not None and (not isinstance(experiment, dict) or set(experiment) - _EXPERIMENT):
        yield f"PipelineExperimentConfig must be an object of {' and '.join(sorted(_EXPERIMENT))}"
    yield from _reference_faults(experiment, "PipelineExperimentConfig", steps, parameters)
    yield from mlflow_faults(document.get("MlflowConfig"))
    yield from _reference_faults(document.get("MlflowConfig"), "MlflowConfig", steps, parameters)
    for step in steps.values():
        yield from _dependency_faults(step, set(named))
        yield from _reference_faults(step.expressions(), f"step '{step.name}'", steps, parameters)
    try:
        order = {name: [need for need in step.needs if need in steps] for name, step in steps.items()}
        TopologicalSorter(order).prepare()
    except CycleError as error:
        yield f"Cyclic dependency between steps: {' -> '.join(reversed(error.args[1]))}"


def _shape_faults(step: dict[str, Any]) -> Iterator[str]:
    name, kind = step.get("Name"), step.get("Type")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"step name {name!r} does not match {_NAME.pattern}"
        return
    if kind in _ABSENT_TYPES:
        yield f"step '{name}': the local AWS does not offer steps of type {kind}"
        return
    if not isinstance(kind, str) or kind not in STEP_TYPES:
        yield f"step '{name}' has the unknown type {kind!r}"
        return
    members = Members.of(STEP_TYPES[kind])
    for member in sorted(members.required - set(step)):
        yield f"step '{name}' of type {kind} needs {member}"
    for member in sorted(set(step) - members.known) if members.known is not None else ():
        yield f"step '{name}' of type {kind}: unknown property '{member}'"
    if faults := list(member_faults(step)):
        yield from (f"step '{name}': {fault}" for fault in faults)
        return
    arguments = step.get("Arguments") or {}
    if kind == "Condition":
        yield from (f"step '{name}': {fault}" for fault in condition_faults(arguments.get("Conditions")))
        for member in sorted(set(arguments) - {"Conditions", "IfSteps", "ElseSteps"}):
            yield f"step '{name}' of type Condition: unknown property '{member}'"
    if kind == "Fail" and "ErrorMessage" not in arguments:
        yield f"step '{name}' of type Fail needs an ErrorMessage"
    if kind == "Lineage":
        yield from (f"step '{name}': {fault}" for fault in lineage_faults(arguments))
    if kind in SERVICE_STEPS:
        yield from (f"step '{name}': {fault}" for fault in argument_faults(SERVICE_STEPS[kind], arguments))
    yield from (f"step '{name}': {fault}" for fault in _option_faults(step))


def _option_faults(step: dict[str, Any]) -> Iterator[str]:
    cache = step.get("CacheConfig")
    if cache is not None:
        if not isinstance(cache, dict) or not isinstance(cache.get("Enabled"), bool):
            yield "CacheConfig needs Enabled, true or false"
        elif "ExpireAfter" in cache:
            try:
                parse_duration(cache["ExpireAfter"])
            except ValueError as error:
                yield f"CacheConfig.ExpireAfter: {error}"
    yield from policy_faults(step.get("RetryPolicies"))
    for entry in step.get("PropertyFiles") or ():
        if missing := [each for each in ("PropertyFileName", "OutputName", "FilePath") if each not in entry]:
            yield f"a property file without {', '.join(missing)}"
    for entry in step.get("OutputParameters") or ():
        if "OutputName" not in entry or entry.get("OutputType") not in _OUTPUT_TYPES:
            yield f"an output parameter needs OutputName and OutputType, one of {', '.join(_OUTPUT_TYPES)}"


def _dependency_faults(step: Step, names: set[str]) -> Iterator[str]:
    for name in step.document.get("DependsOn") or ():
        if name not in names:
            yield f"step '{step.name}' depends on the unknown step '{name}'"


def _reference_faults(
    value: Any, where: str, steps: Mapping[str, Step], parameters: Mapping[str, Parameter]
) -> Iterator[str]:
    try:
        found = list(references(value))
    except MalformedReferenceError as error:
        yield f"{where}: {error}"
        return
    for reference in found:
        if isinstance(reference, JsonGet):
            faults = _json_get_faults(reference, steps)
        elif reference.root == "Parameters":
            faults = iter(() if reference.name in parameters else (f"unknown parameter '{reference.name}'",))
        elif reference.root == "Execution":
            faults = iter(() if reference.name in VARIABLES else (f"unknown execution variable '{reference.name}'",))
        else:
            faults = _property_faults(reference, steps)
        yield from (f"{where}: {fault}" for fault in faults)


def _json_get_faults(reference: JsonGet, steps: Mapping[str, Step]) -> Iterator[str]:
    if reference.step is None:
        return
    if reference.step not in steps:
        yield f"Std:JsonGet refers to the unknown step '{reference.step}'"
        return
    step = steps[reference.step]
    files = step.property_files()
    if reference.property_file not in files:
        yield f"step '{step.name}' has no property file '{reference.property_file}'"
        return
    wanted = files[str(reference.property_file)]["OutputName"]
    if step.type == "Processing" and wanted not in _output_names(step):
        yield f"property file '{reference.property_file}': step '{step.name}' has no output '{wanted}'"


def _output_names(step: Step) -> list[Any]:
    config = step.request.get("ProcessingOutputConfig")
    outputs = config.get("Outputs") if isinstance(config, dict) else None
    entries = outputs if isinstance(outputs, list) else []
    return [each.get("OutputName") for each in entries if isinstance(each, dict)]


def _property_faults(reference: Get, steps: Mapping[str, Step]) -> Iterator[str]:
    if reference.name not in steps:
        yield f"unknown step '{reference.name}'"
        return
    step = steps[reference.name]
    if step.kind.stand_in:
        return
    whole = f"Steps.{step.name}.{shown(reference.path)}"
    if step.type == "Condition":
        if reference.path != ("Outcome",):
            yield f"{whole}: a step of type Condition has Outcome alone"
        return
    if step.kind.outputs:
        declared_names = [entry["OutputName"] for entry in step.document.get("OutputParameters") or ()]
        head, *rest = reference.path
        if head != "OutputParameters" or len(rest) != 1 or not isinstance(rest[0], Key):
            yield f"{whole}: a step of type {step.type} has OutputParameters['NAME'] alone"
        elif rest[0].name not in declared_names:
            yield f"{whole}: step '{step.name}' has no output parameter '{rest[0].name}'"
        return
    if step.type == "Lineage":
        yield from (f"{whole}: {fault}" for fault in property_faults(step.request, reference.path))
        return
    shapes = [get_service_model("sagemaker").operation_model(name).output_shape for name in step.kind.properties]
    if not any(shape is not None and _leads(shape, reference.path) for shape in shapes):
        yield f"{whole}: a step of type {step.type} has no such property"


def _leads(shape: Shape, path: tuple[Part, ...]) -> bool:
    for part in path:
        if isinstance(shape, StructureShape):
            name = part.name if isinstance(part, Key) else part
            if name not in shape.members:
                return False
            shape = shape.members[name]
        elif isinstance(shape, ListShape) and not isinstance(part, str):
            shape = shape.member
        elif isinstance(shape, MapShape) and not isinstance(part, int):
            shape = shape.value
        else:
            return False
    return True
