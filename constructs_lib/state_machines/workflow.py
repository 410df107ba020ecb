"""A workflow deployed as a state machine, with the roles that its definition needs."""

from collections.abc import Mapping
from typing import Protocol

from attrs import frozen
from aws_cdk import Fn, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from constructs_lib.definitions import ImportedDefinition, WorkflowDefinition
from constructs_lib.environments.roles import service_role
from constructs_lib.monitoring.alarms import IAlarmTopic, alarm_on_any
from constructs_lib.permissions import Statement, engine_statements
from constructs_lib.rendering import json_text, render_states
from constructs_lib.state_machines.job_roles import define_job_roles

_OBSERVATION = (
    Statement(
        actions=[
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ],
        resources=["*"],
        reason="the log delivery of Step Functions takes no resource",
    ),
    Statement(
        actions=[
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ],
        resources=["*"],
        reason="X-Ray takes no resource",
    ),
)
_INPUT_SCHEMA = "ExecutionInputSchema"
"""Metadata of the state machine in the template, where whoever starts executions finds what their input must be."""

_FAILURES = ["ABORTED", "FAILED", "TIMED_OUT"]


class WorkflowGrants:
    """Permissions on a workflow."""

    def __init__(self, state_machine_arn: str) -> None:
        self._state_machine_arn = state_machine_arn

    def start_execution(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` start executions."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["states:StartExecution"], resource_arns=[self._state_machine_arn]
        )


class IStepFunctionsWorkflow(Protocol):
    """A workflow: made by `StepFunctionsWorkflow`, or brought along by `from_state_machine_arn`."""

    @property
    def state_machine_arn(self) -> str:
        """The state machine's ARN."""

    @property
    def grants(self) -> WorkflowGrants:
        """Permissions on it."""


@frozen
class _ImportedWorkflow:
    state_machine_arn: str

    @property
    def grants(self) -> WorkflowGrants:
        return WorkflowGrants(self.state_machine_arn)


class StepFunctionsWorkflow(Construct):
    """A workflow as a state machine: what runs, with which rights, and who hears of failures.

    Created are the state machine with its role, a role for each step that has none, a log group that gets the whole
    history of each execution, and alarms on executions that fail or run out of time. The roles allow what the steps'
    arguments need and no more. The metadata ``ExecutionInputSchema`` of the state machine tells, as a JSON Schema, what
    the input of an execution must be. Executions cost by state transition; jobs and endpoints cost what they use.

    Example:
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
            role: what the state machine runs with. Default: a new role that may do what the definition does.
        """
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        self.job_roles: Mapping[str, iam.Role] = {}
        """The roles made here, by the step's name."""
        self.definition = definition
        """The workflow, with all roles."""
        if isinstance(definition, WorkflowDefinition):
            self.job_roles = define_job_roles(self, definition)
            self.definition = definition.with_roles({name: made.role_arn for name, made in self.job_roles.items()})
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=self._log_group_name(),
            encryption_key=encryption_key,
            retention=log_retention,
            removal_policy=removal_policy,
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
            logging_configuration=stepfunctions.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=True,
                destinations=[
                    stepfunctions.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=stepfunctions.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=self.log_group.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=stepfunctions.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        """The state machine."""
        self.state_machine.add_metadata(_INPUT_SCHEMA, self.definition.execution_input_schema())
        if role is not None:
            # Step Functions tries the role's permissions at once, and a role's policies may be resources of their own
            self.state_machine.node.add_dependency(role)
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

    @staticmethod
    def from_state_machine_arn(scope: Construct, construct_id: str, state_machine_arn: str) -> IStepFunctionsWorkflow:
        """Takes a state machine that exists, by its ARN."""
        Construct(scope, construct_id)  # the import has a place in the tree, so its id cannot be taken twice
        return _ImportedWorkflow(state_machine_arn)

    @property
    def state_machine_arn(self) -> str:
        """The state machine's ARN."""
        return self.state_machine.ref

    @property
    def grants(self) -> WorkflowGrants:
        """Permissions on it."""
        return WorkflowGrants(self.state_machine_arn)

    def on_succeeded(self, construct_id: str, target: events.IRuleTarget) -> events.Rule:
        """Calls `target` when an execution has succeeded."""
        return self._on(construct_id, target, ["SUCCEEDED"])

    def on_failed(self, construct_id: str, target: events.IRuleTarget) -> events.Rule:
        """Calls `target` when an execution has failed, was aborted or ran out of time."""
        return self._on(construct_id, target, _FAILURES)

    def metric_executions_started(self) -> cloudwatch.Metric:
        """Executions started; use the sum."""
        return self._metric("ExecutionsStarted", "Sum")

    def metric_executions_succeeded(self) -> cloudwatch.Metric:
        """Executions that succeeded; use the sum."""
        return self._metric("ExecutionsSucceeded", "Sum")

    def metric_executions_failed(self) -> cloudwatch.Metric:
        """Executions that failed; use the sum."""
        return self._metric("ExecutionsFailed", "Sum")

    def metric_executions_timed_out(self) -> cloudwatch.Metric:
        """Executions that ran out of time; use the sum."""
        return self._metric("ExecutionsTimedOut", "Sum")

    def metric_executions_aborted(self) -> cloudwatch.Metric:
        """Executions that were stopped; use the sum."""
        return self._metric("ExecutionsAborted", "Sum")

    def metric_execution_time(self) -> cloudwatch.Metric:
        """Milliseconds from start to end of an execution, on average."""
        return self._metric("ExecutionTime", "Average")

    def _metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/States",
            metric_name=name,
            dimensions_map={"StateMachineArn": self.state_machine_arn},
            statistic=statistic,
        )

    def _on(self, construct_id: str, target: events.IRuleTarget, statuses: list[str]) -> events.Rule:
        return events.Rule(
            self,
            construct_id,
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [self.state_machine_arn], "status": statuses},
            ),
            targets=[target],
        )

    def _log_group_name(self) -> str:
        # under this prefix all workflows share one resource policy of CloudWatch Logs, whose size is limited; the
        # stack's own id keeps the name free where the logs of a deleted stack have stayed
        stack = Stack.of(self)
        made = Fn.select(0, Fn.split("-", Fn.select(2, Fn.split("/", stack.stack_id))))
        return f"/aws/vendedlogs/states/{stack.stack_name}-{self.node.addr[-8:]}-{made}"

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
            statements=[*calls, *_OBSERVATION],
        )
