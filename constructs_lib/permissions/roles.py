"""The statements of the roles that a workflow needs."""

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.imported import ImportedDefinition
from constructs_lib.definitions.pipeline import PipelineDefinition
from constructs_lib.definitions.steps.base import JobStep, TaskStep
from constructs_lib.definitions.steps.hand_written import StateStep
from constructs_lib.definitions.steps.model import ModelStep
from constructs_lib.definitions.workflow import WorkflowDefinition
from constructs_lib.permissions.derivation import Derivation
from constructs_lib.permissions.imported import imported_needs
from constructs_lib.permissions.statements import Statement, merged


def engine_statements(
    definition: WorkflowDefinition | ImportedDefinition, *, partition: str, region: str, account: str
) -> tuple[Statement, ...]:
    """What the role of the state machine needs: the calls of its states, and the roles that they hand over.

    Logging and tracing of the state machine itself are not part of the definition, and not of these statements.

    Args:
        definition: every step of it has its role; an imported one names them itself.
        partition: of AWS, as a text or a token.
        region: where it runs, as a text or a token.
        account: where it runs, as a text or a token.

    Raises:
        DefinitionError: steps have no role yet, or call what is not known; each is named.
    """
    derivation = Derivation(definition=definition, partition=partition, region=region, account=account)
    if isinstance(definition, ImportedDefinition):
        return merged(derivation.statements(imported_needs(definition)))
    problems = tuple(
        Problem(step=step.name, path="role", message="missing, expected the ARN of a role; with_roles gives it one")
        for step in definition.steps_without_role
    )
    if problems:
        raise DefinitionError(definition.name, problems)
    acting = [step for step in definition.all_steps if isinstance(step, TaskStep | StateStep)]
    needs = [need for step in acting for need in step.engine_needs]
    return merged(derivation.statements(needs))


def job_statements(
    step: JobStep,
    *,
    definition: WorkflowDefinition | PipelineDefinition,
    partition: str,
    region: str,
    account: str,
) -> tuple[Statement, ...]:
    """What the role of one step's job or model needs: its image, its data, its logs and metrics, its keys.

    Args:
        step: of the definition.
        definition: the workflow or pipeline; where other steps' outputs lie, and who captures a model's data, is
            looked up in it.
        partition: of AWS, as a text or a token.
        region: where it runs, as a text or a token.
        account: where it runs, as a text or a token.
    """
    derivation = Derivation(definition=definition, partition=partition, region=region, account=account)
    needs = [*step.job_needs]
    if isinstance(step, ModelStep):
        wanted = repr(step.model_name)
        tasks = [found for found in definition.all_steps if isinstance(found, TaskStep)]
        needs += [need for task in tasks for name, need in task.model_needs if repr(name) == wanted]
    return merged(derivation.statements(needs))
