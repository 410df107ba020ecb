"""A definition as a state machine in the Amazon States Language.

JSONPath with variables: a step's result is kept only where a later step reads it, and just the members that are read;
it does not replace the state's input. An execution's input is read from the context object.
"""

import json
from typing import Any

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.imported import ImportedDefinition
from constructs_lib.definitions.members import present
from constructs_lib.definitions.workflow import WorkflowDefinition
from constructs_lib.rendering.lines import LineRenderer


def render_states(definition: WorkflowDefinition | ImportedDefinition, *, partition: str = "aws") -> dict[str, Any]:
    """The state machine of a definition, as a dictionary for `json.dumps`; the same for the same definition.

    Args:
        definition: every step of it has its role; an imported one is given back as it is.
        partition: of AWS, as a text or a token. Default: the commercial one.

    Raises:
        DefinitionError: steps have no role yet; each is named.
    """
    if isinstance(definition, ImportedDefinition):
        document: dict[str, Any] = json.loads(json.dumps(definition.document, default=dict))
        return document
    problems = tuple(
        Problem(step=step.name, path="role", message="missing, expected the ARN of a role; with_roles gives it one")
        for step in definition.steps_without_role
    )
    if problems:
        raise DefinitionError(definition.name, problems)
    return states_document(definition, partition=partition)


def states_document(definition: WorkflowDefinition, *, partition: str = "aws") -> dict[str, Any]:
    """The state machine of a definition, roles or not; without them it can be drawn but not deployed."""
    machine = LineRenderer(definition.flow, partition).machine(definition.flow.line)
    document = {
        "Comment": definition.description,
        "QueryLanguage": "JSONPath",
        "StartAt": machine["StartAt"],
        "TimeoutSeconds": definition.timeout_seconds,
        "States": machine["States"],
    }
    return present(document)
