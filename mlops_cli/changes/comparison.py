"""What becomes of workflows between two syntheses of the app, or by its deployment."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen
from botocore.exceptions import ClientError

from constructs_lib.rendering.pipeline_changes import StepChange, pipeline_changes
from constructs_lib.rendering.state_changes import StateChange, state_changes
from mlops_cli.changes.assembly import PIPELINE, Described, StackTemplate, workflows_of
from mlops_cli.changes.cached_runs import stale_steps
from mlops_cli.errors import CliError
from mlops_cli.target import Target

_NOTHING: Mapping[str, Any] = {}
_UNTOLD = "the template does not tell its definition, so its steps cannot be compared"


@frozen(kw_only=True)
class Comparison:
    """A workflow before and after.

    Attributes:
        names: what a person may call it, the best first.
        changes: what becomes of each step of a pipeline, or of each state of a state machine.
        reasons: why steps have no fresh run in the cache, by step.
        notes: what the comparison does not know.
    """

    names: Sequence[str]
    changes: Sequence[StepChange] | Sequence[StateChange]
    reasons: Mapping[str, str] = field(factory=dict)
    notes: Sequence[str] = ()


def between(before: Sequence[StackTemplate], after: Sequence[StackTemplate]) -> list[Comparison]:
    """Compares the workflows of two syntheses: late values are alike where they come from the same place."""
    old = {(found.stack, found.logical_id): found for template in before for found in workflows_of(template)}
    new = {(found.stack, found.logical_id): found for template in after for found in workflows_of(template)}
    found = []
    for place in dict.fromkeys([*new, *old]):
        was, will = old.get(place), new.get(place)
        known = will or old[place]
        before_it = _NOTHING if was is None else _document(was, {})
        after_it = _NOTHING if will is None else _document(will, {})
        notes = ["it is new"] * (was is None) + ["it is gone"] * (will is None)
        if before_it is None or after_it is None:
            found.append(Comparison(names=known.names, changes=(), notes=[*notes, _UNTOLD]))
        else:
            found.append(Comparison(names=known.names, changes=_changes(known, before_it, after_it), notes=notes))
    return found


def with_deployed(target: Target, after: Sequence[StackTemplate]) -> list[Comparison]:
    """Compares a synthesis with what is deployed, and with what the cache of pipelines holds."""
    found = []
    for template in after:
        described = list(workflows_of(template))
        old = _deployed_template(target, template) if described else None
        before = {} if old is None else {item.logical_id: item for item in workflows_of(old)}
        for workflow in described:
            was = before.get(workflow.logical_id)
            if old is None or was is None:
                found.append(_first(workflow))
            else:
                found.append(_deployed(target, (old, was), (template, workflow)))
    return found


def _first(workflow: Described) -> Comparison:
    document = _document(workflow, {})
    notes = ["it is not deployed yet"] if document is not None else ["it is not deployed yet", _UNTOLD]
    return Comparison(
        names=workflow.names,
        changes=() if document is None else _changes(workflow, _NOTHING, document),
        notes=notes,
    )


def _deployed(
    target: Target, before: tuple[StackTemplate, Described], after: tuple[StackTemplate, Described]
) -> Comparison:
    (old, was), (new, will) = before, after
    arn, text = _live(target, was)
    values = None if was.definition is None else was.definition.values_in(text)
    document = _document(will, values or {})
    if document is None:
        return Comparison(names=will.names, changes=(), notes=[_UNTOLD])
    notes = []
    if values is None and was.definition is not None:
        notes.append("what is deployed is not what its stack made: it was changed since")
    names = set() if will.definition is None else will.definition.names()
    if unknown := sorted(names - set(values or {})):
        notes.append(f"known only after the deployment, and counted as changed: {', '.join(unknown)}")
    if moving := sorted(name for name in names & set(values or {}) if _moves(old, new, name)):
        notes.append(f"taken as they are now, though what they come from changes: {', '.join(moving)}")
    running = json.loads(text)
    if will.kind != PIPELINE:
        return Comparison(names=will.names, changes=state_changes(running, document), notes=notes)
    kept = {step.step: step.cached_for for step in pipeline_changes(running, document) if step.change == "unchanged"}
    reasons = stale_steps(target, arn, kept)
    changes = pipeline_changes(running, document, stale=reasons)
    return Comparison(names=will.names, changes=changes, reasons=reasons, notes=notes)


def _changes(
    workflow: Described, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Sequence[StepChange] | Sequence[StateChange]:
    if workflow.kind == PIPELINE:
        return pipeline_changes(before, after)
    return state_changes(before, after)


def _document(workflow: Described, values: Mapping[str, str]) -> Mapping[str, Any] | None:
    if workflow.definition is None:
        return None
    document: Mapping[str, Any] = workflow.definition.filled(values)
    return document


def _moves(before: StackTemplate, after: StackTemplate, name: str) -> bool:
    """Whether the resource that a value is read of changes."""
    old, new = (side.body["Resources"].get(name.partition(".")[0]) for side in (before, after))
    return bool(old != new)


def _deployed_template(target: Target, after: StackTemplate) -> StackTemplate | None:
    """The template that a stack was made of, with the assets that did not change since; None where there is none."""
    stack = after.stack
    client = target.client("cloudformation")
    try:
        body = client.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    if isinstance(body, str):
        raise CliError(f"the template of the stack {stack} is no JSON: it was not made by the CDK")
    return StackTemplate(stack=stack, body=body, files=after.files)


def _live(target: Target, workflow: Described) -> tuple[str, str]:
    """ARN and definition of a deployed workflow."""
    resource = target.client("cloudformation").describe_stack_resource(
        StackName=workflow.stack, LogicalResourceId=workflow.logical_id
    )["StackResourceDetail"]
    physical_id = resource["PhysicalResourceId"]
    if workflow.kind == PIPELINE:
        told = target.client("sagemaker").describe_pipeline(PipelineName=physical_id)
        return told["PipelineArn"], told["PipelineDefinition"]
    told = target.client("stepfunctions").describe_state_machine(stateMachineArn=physical_id)
    return told["stateMachineArn"], told["definition"]
