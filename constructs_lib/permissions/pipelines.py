"""The statements of the role of a SageMaker pipeline."""

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.imported_pipeline import ImportedPipeline
from constructs_lib.definitions.pipeline import PipelineDefinition
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.permissions.derivation import Derivation
from constructs_lib.permissions.imported_pipelines import imported_pipeline_needs
from constructs_lib.permissions.statements import Statement, merged


def pipeline_statements(
    definition: PipelineDefinition | ImportedPipeline, *, partition: str, region: str, account: str
) -> tuple[Statement, ...]:
    """What the role of a pipeline needs: the calls of its steps, and the roles that they hand over.

    Args:
        definition: every step of it has its role; an imported one names them itself.
        partition: of AWS, as a text or a token.
        region: where it runs, as a text or a token.
        account: where it runs, as a text or a token.

    Raises:
        DefinitionError: steps have no role yet, or do what is not known; each is named.
    """
    derivation = Derivation(definition=definition, partition=partition, region=region, account=account)
    if isinstance(definition, ImportedPipeline):
        return merged(derivation.statements(imported_pipeline_needs(definition)))
    problems = tuple(
        Problem(step=step.name, path="role", message="missing, expected the ARN of a role; with_roles gives it one")
        for step in definition.steps_without_role
    )
    if problems:
        raise DefinitionError(definition.name, problems, of="pipeline")
    prefix = definition.use_custom_job_prefix
    tasks = [step for step in definition.all_steps if isinstance(step, TaskStep)]
    needs = [need for step in tasks for need in step.pipeline_needs(custom_prefix=prefix)]
    return merged(derivation.statements(needs))
