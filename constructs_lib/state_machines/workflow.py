"""A workflow deployed as a state machine, with the roles that its definition needs."""

from collections.abc import Mapping

from aws_cdk import Annotations, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from constructs_lib.definitions import ImportedDefinition, WorkflowDefinition
from constructs_lib.environments.roles import further_policy, service_role
from constructs_lib.monitoring.alarms import IAlarmTopic, alarm_on_any
from constructs_lib.permissions import engine_statements, map_statements
from constructs_lib.rendering import json_text, render_states
from constructs_lib.state_machines.base import IStepFunctionsWorkflow, WorkflowBase
from constructs_lib.state_machines.job_roles import define_job_roles
from constructs_lib.state_machines.observation import OBSERVATION, TRACED, history_log_group, whole_history

_INPUT_SCHEMA = "ExecutionInputSchema"
"""Metadata of the state machine in the template, where whoever starts executions finds what their input must be."""


class _ImportedWorkflow(WorkflowBase):
    """A state machine that exists."""

    def __init__(self, scope: Construct, construct_id: str, *, state_machine_arn: str) -> None:
        super().__init__(scope, construct_id)
        self.state_machine_arn = state_machine_arn


class StepFunctionsWorkflow(WorkflowBase):
    """A workflow as a state machine: what runs, with which rights, and who hears of failures.

    Created are the state machine with its role, a role for each step that has none, a log group that gets the whole
    history of each execution, and alarms on executions that fail or run out of time. The roles allow what the steps'
    arguments need and no more. The metadata ``ExecutionInputSchema`` of the state machine tells, as a JSON Schema, what
    the input of an execution must be. Executions cost by state transition; jobs and endpoints cost what they use.

    Examples:
        >>> from aws_cdk import App, Stack
        >>> from constructs_lib.definitions import LambdaStep
        >>> hello = LambdaStep(name="Hello", function_arn="arn:aws:lambda:eu-west-1:111122223333:function:hello")
        >>> definition = WorkflowDefinition(name="greeting", steps=[hello])
        >>> workflow = StepFunctionsWorkflow(Stack(App(), "Training"), "Greeting", definition=definition)
        >>> workflow.state_machine_arn.startswith("${Token")
        True
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        definition: WorkflowDefinition | ImportedDefinition,
        alarm_topic: IAlarmTopic | None = None,
        encryption_key: kms.IKey | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        role: iam.IRole | None = None,
    ) -> None:
        """Defines the state machine.

        Args:
            scope: where the workflow is defined.
            construct_id: its name there.
            definition: what runs. Steps that bring no role get one each; the jobs of an imported definition name
                their own.
            alarm_topic: where failures are announced. Default: the alarms are seen in CloudWatch only.
            encryption_key: encrypts the logs; CloudWatch Logs must be allowed to use it, as with `EncryptionKey`.
                Default: CloudWatch Logs encrypts them by a key of its own.
            log_retention: how long logs are kept. Default: a month.
            removal_policy: what happens to the logs when they leave the stack. Default: they stay.
            role: what the state machine runs with; for a distributed Map, it must be allowed to start executions of
                the state machine. Default: a new role that may do what the definition does.

        Raises:
            TypeError: the definition is none of a workflow.
        """
        super().__init__(scope, construct_id)
        self._check(definition)
        stack = Stack.of(self)
        self.job_roles: Mapping[str, iam.Role] = {}
        """The roles made here, by the step's name."""
        self.definition = definition
        """The workflow, with all roles."""
        for note in definition.notes if isinstance(definition, ImportedDefinition) else ():
            Annotations.of(self).add_warning_v2("mlops:openChoice", str(note))
        if isinstance(definition, WorkflowDefinition):
            self.job_roles = define_job_roles(self, definition)
            self.definition = definition.with_roles({name: made.role_arn for name, made in self.job_roles.items()})
        self.log_group = history_log_group(
            self, "Logs", encryption_key=encryption_key, retention=log_retention, removal_policy=removal_policy
        )
        """Gets the history of each execution."""
        self.role: iam.IRole = self._define_role() if role is None else role
        """What the state machine runs with."""
        self.state_machine = stepfunctions.CfnStateMachine(
            self,
            "Resource",
            role_arn=self.role.role_arn,
            # the whole definition crosses to the CDK as one value
            definition_string=json_text(
                render_states(self.definition, partition=stack.partition), embed=stack.to_json_string
            ),
            logging_configuration=whole_history(self.log_group),
            tracing_configuration=TRACED,
        )
        """The state machine."""
        self.state_machine_arn = self.state_machine.ref
        self.state_machine.add_metadata(_INPUT_SCHEMA, self.definition.execution_input_schema())
        if role is not None:
            # Step Functions tries the role's permissions at once, and a role's policies may be resources of their own
            self.state_machine.node.add_dependency(role)
        if role is None:
            self._allow_maps()
        name = definition.name
        self.failed_alarm = alarm_on_any(
            self,
            "FailedAlarm",
            self.metric_executions_failed(),
            description=f"an execution of {name} failed",
            topic=alarm_topic,
        )
        """Goes off when an execution fails."""
        self.timed_out_alarm = alarm_on_any(
            self,
            "TimedOutAlarm",
            self.metric_executions_timed_out(),
            description=f"an execution of {name} ran out of time",
            topic=alarm_topic,
        )
        """Goes off when an execution runs out of time."""

    def _allow_maps(self) -> None:
        """Lets the state machine start the executions of its distributed Maps: it must be there before its policy."""
        stack = Stack.of(self)
        statements = map_statements(
            self.definition,
            state_machine_name=self.state_machine.attr_name,
            partition=stack.partition,
            region=stack.region,
            account=stack.account,
        )
        if statements:
            further_policy(self, "MapPolicy", role=self.role, statements=statements)

    @staticmethod
    def from_state_machine_arn(scope: Construct, construct_id: str, state_machine_arn: str) -> IStepFunctionsWorkflow:
        """Takes a state machine that exists, by its ARN."""
        return _ImportedWorkflow(scope, construct_id, state_machine_arn=state_machine_arn)

    def _check(self, definition: object) -> None:
        if not isinstance(definition, WorkflowDefinition | ImportedDefinition):
            got = type(definition).__name__
            raise TypeError(
                f"{self.node.path}: definition: got a {got}, expected a WorkflowDefinition, or an imported one"
            )

    def _define_role(self) -> iam.Role:
        stack = Stack.of(self)
        calls = engine_statements(
            self.definition, partition=stack.partition, region=stack.region, account=stack.account
        )
        return service_role(
            self,
            "Role",
            service="states.amazonaws.com",
            description=f"runs {self.definition.name}",
            statements=[*calls, *OBSERVATION],
        )
