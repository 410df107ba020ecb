"""What rules and schedules call in tests, known by name alone, and what a template says of a rule's targets."""

from typing import Any

from attrs import frozen

from constructs_lib.definitions import ImportedPipeline, PipelineDefinition, WorkflowDefinition
from tests.constructs_lib.synthesis import Template, only

PATTERN = {"source": ["aws.sagemaker"]}
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:work"


@frozen(kw_only=True)
class Machine:
    """A workflow somewhere else."""

    state_machine_arn: str = "arn:aws:states:eu-west-1:111122223333:stateMachine:work"
    definition: WorkflowDefinition | None = None


@frozen(kw_only=True)
class Pipeline:
    """A pipeline somewhere else."""

    pipeline_arn: str = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/work"
    definition: PipelineDefinition | ImportedPipeline | None = None


def targets_of(template: Template) -> list[dict[str, Any]]:
    """The targets of the only rule there is."""
    found: list[dict[str, Any]] = only(template, "AWS::Events::Rule")["Targets"]
    return found
