"""The statements of the roles that a workflow needs."""

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.imported import ImportedDefinition, is_distributed
from constructs_lib.definitions.pipeline import PipelineDefinition
from constructs_lib.definitions.steps.base import JobStep, Step, TaskStep
from constructs_lib.definitions.steps.branches import DistributedMapStep
from constructs_lib.definitions.steps.hand_written import StateStep
from constructs_lib.definitions.steps.model import ModelStep
from constructs_lib.definitions.workflow import WorkflowDefinition
from constructs_lib.permissions.derivation import Derivation
from constructs_lib.permissions.imported import imported_labels, imported_needs
from constructs_lib.permissions.statements import Statement, merged


def engine_statements(
    definition: WorkflowDefinition | ImportedDefinition, *, partition: str, region: str, account: str
) -> tuple[Statement, ...]:
    """What the role of the state machine needs: the calls of its states, and the roles that they hand over.

    Logging and tracing of the state machine itself are not part of the definition, and not of these statements; what
    its distributed Maps need is told by `map_statements`.

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
    acting = [step for step in definition.all_steps if isinstance(step, TaskStep | StateStep | DistributedMapStep)]
    needs = [need for step in acting for need in step.engine_needs]
    return merged(derivation.statements(needs))


def map_statements(
    definition: WorkflowDefinition | ImportedDefinition,
    *,
    state_machine_name: str,
    partition: str,
    region: str,
    account: str,
) -> tuple[Statement, ...]:
    """What the role of the state machine needs for the executions that its distributed Maps start; none without them.

    They are executions of the state machine itself, so these statements can only be made once it has its name.

    Args:
        definition: the workflow.
        state_machine_name: as a text or a token.
        partition: of AWS, as a text or a token.
        region: where it runs, as a text or a token.
        account: where it runs, as a text or a token.
    """
    if isinstance(definition, ImportedDefinition):
        labels = imported_labels(definition)
    else:
        labels = tuple(label for step in definition.all_steps if (label := _label(step)) is not None)
    if not labels:
        return ()
    place = f"arn:{partition}:states:{region}:{account}"
    executions = f"{place}:execution:{state_machine_name}"
    watching = ["states:DescribeExecution", "states:StopExecution"]
    reason = "executions get their names when they start"
    return (
        Statement(actions=["states:StartExecution"], resources=[f"{place}:stateMachine:{state_machine_name}"]),
        Statement(actions=watching, resources=[f"{executions}:*"], reason=reason),
        Statement(
            actions=sorted([*watching, "states:RedriveExecution"]),
            resources=[f"{executions}/{label}:*" for label in labels],
            reason=reason,
        ),
    )


def _label(step: Step) -> str | None:
    """The label of a distributed Map; ``*`` where Step Functions gives it one, None where the step is none."""
    if isinstance(step, DistributedMapStep):
        return step.label
    if isinstance(step, StateStep) and is_distributed(step.state):
        return str(step.state.get("Label", "*"))
    return None


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
