"""A SageMaker pipeline, deployed with the roles that its definition needs."""

import re
from collections.abc import Mapping

from aws_cdk import Annotations, ArnFormat, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from constructs_lib.definitions import ImportedPipeline, PipelineDefinition
from constructs_lib.environments.roles import service_role
from constructs_lib.environments.storage import IStorage
from constructs_lib.monitoring.alarms import IAlarmTopic, alarm_on_any
from constructs_lib.permissions import pipeline_statements
from constructs_lib.pipelines.base import ISageMakerPipeline, PipelineBase
from constructs_lib.pipelines.documents import document_property, nested_conditions
from constructs_lib.rendering import json_text, render_pipeline
from constructs_lib.state_machines.job_roles import define_job_roles

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}")


class _ExistingPipeline(PipelineBase):
    """A pipeline that exists."""

    def __init__(self, scope: Construct, construct_id: str, *, pipeline_arn: str, pipeline_name: str) -> None:
        super().__init__(scope, construct_id)
        self.pipeline_arn = pipeline_arn
        self.pipeline_name = pipeline_name


class SageMakerPipeline(PipelineBase):
    """A pipeline of SageMaker: what runs, with which rights, and who hears of failures.

    Created are the pipeline with its role, a role for each step that has none, and an alarm on executions that fail.
    The roles allow what the steps' arguments need and no more. The pipeline itself costs nothing; jobs cost what they
    use. SageMaker keeps the executions until the pipeline leaves the stack; what jobs wrote stays.

    Examples:
        >>> from aws_cdk import App, Stack
        >>> from constructs_lib.definitions import FailStep
        >>> definition = PipelineDefinition(name="nightly", steps=[FailStep(name="Stop", cause="nothing to do")])
        >>> pipeline = SageMakerPipeline(Stack(App(), "Training"), "Nightly", definition=definition)
        >>> pipeline.pipeline_name.startswith("${Token")
        True
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        definition: PipelineDefinition | ImportedPipeline,
        alarm_topic: IAlarmTopic | None = None,
        document_storage: IStorage | None = None,
        max_parallel_steps: int | None = None,
        pipeline_name: str | None = None,
        role: iam.IRole | None = None,
    ) -> None:
        """Defines the pipeline.

        Args:
            scope: where the pipeline is defined.
            construct_id: its name there.
            definition: what runs. Steps that bring no role get one each; the jobs of an imported pipeline name their
                own.
            alarm_topic: where failures are announced. Default: the alarm is seen in CloudWatch only.
            document_storage: keeps a document of more than 524,288 characters that has values which are known only at
                deployment; whoever deploys must be able to read of it. Default: such a document is refused.
            max_parallel_steps: steps of an execution that run at once; at least 1. Default: all that can.
            pipeline_name: of the pipeline in the account, which CloudFormation cannot make up. Default: the
                definition's.
            role: what the pipeline runs with. Default: a new role that may do what the definition does.

        Raises:
            TypeError: the definition is none of a pipeline.
            ValueError: `max_parallel_steps` is less than 1, the service takes no such name, or the document is too
                large.
            DefinitionError: steps of an imported pipeline do what is not known, and no role is given.
        """
        super().__init__(scope, construct_id)
        self._check(definition, max_parallel_steps, pipeline_name)
        stack = Stack.of(self)
        self.job_roles: Mapping[str, iam.Role] = {}
        """The roles made here, by the step's name."""
        self.definition = definition
        """The pipeline, with all roles."""
        if isinstance(definition, PipelineDefinition):
            self.job_roles = define_job_roles(self, definition)
            self.definition = definition.with_roles({name: made.role_arn for name, made in self.job_roles.items()})
        self.role: iam.IRole = self._define_role() if role is None else role
        """What the pipeline runs with."""
        document = render_pipeline(self.definition)
        for note in nested_conditions(document):
            Annotations.of(self).add_warning_v2("mlops:nestedCondition", note)
        # the whole document crosses to the CDK as one value
        text = json_text(document, embed=stack.to_json_string)
        self.pipeline = sagemaker.CfnPipeline(
            self,
            "Resource",
            pipeline_name=definition.name if pipeline_name is None else pipeline_name,
            pipeline_description=definition.description if isinstance(definition, PipelineDefinition) else None,
            pipeline_definition=document_property(self, "Document", text, storage=document_storage),
            # the CDK takes this as any object, and writes it as it is
            parallelism_configuration=None
            if max_parallel_steps is None
            else {"MaxParallelExecutionSteps": max_parallel_steps},
            role_arn=self.role.role_arn,
        )
        """The pipeline."""
        self.pipeline_name = self.pipeline.ref
        self.pipeline_arn = stack.format_arn(service="sagemaker", resource="pipeline", resource_name=self.pipeline.ref)
        self.failed_alarm = alarm_on_any(
            self,
            "FailedAlarm",
            self.metric_execution_failed(),
            description=f"an execution of {definition.name} failed",
            topic=alarm_topic,
        )
        """Goes off when an execution fails."""

    @staticmethod
    def from_pipeline_arn(scope: Construct, construct_id: str, pipeline_arn: str) -> ISageMakerPipeline:
        """Takes a pipeline that exists, by its ARN."""
        name = Stack.of(scope).split_arn(pipeline_arn, ArnFormat.SLASH_RESOURCE_NAME).resource_name
        return _ExistingPipeline(scope, construct_id, pipeline_arn=pipeline_arn, pipeline_name=str(name))

    @staticmethod
    def from_pipeline_name(scope: Construct, construct_id: str, pipeline_name: str) -> ISageMakerPipeline:
        """Takes a pipeline that exists in the account and region of the stack, by its name."""
        arn = Stack.of(scope).format_arn(service="sagemaker", resource="pipeline", resource_name=pipeline_name)
        return _ExistingPipeline(scope, construct_id, pipeline_arn=arn, pipeline_name=pipeline_name)

    def _check(self, definition: object, max_parallel_steps: int | None, pipeline_name: str | None) -> None:
        if not isinstance(definition, PipelineDefinition | ImportedPipeline):
            got = type(definition).__name__
            raise TypeError(
                f"{self.node.path}: definition: got a {got}, expected a PipelineDefinition, or an imported one"
            )
        problems = []
        if max_parallel_steps is not None and not Token.is_unresolved(max_parallel_steps) and max_parallel_steps < 1:
            problems.append(f"max_parallel_steps: got {max_parallel_steps}, expected at least 1")
        if pipeline_name is not None and not Token.is_unresolved(pipeline_name) and not _NAME.fullmatch(pipeline_name):
            problems.append(
                f"pipeline_name: got {pipeline_name!r}, expected 1 to 256 letters, digits and inner hyphens"
            )
        if problems:
            raise ValueError("\n".join(f"{self.node.path}: {problem}" for problem in problems))

    def _define_role(self) -> iam.Role:
        stack = Stack.of(self)
        return service_role(
            self,
            "Role",
            service="sagemaker.amazonaws.com",
            description=f"runs the pipeline {self.definition.name}",
            statements=pipeline_statements(
                self.definition, partition=stack.partition, region=stack.region, account=stack.account
            ),
        )
