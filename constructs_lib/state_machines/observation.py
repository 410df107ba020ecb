"""How each state machine is observed: its whole history in a log group, its calls traced."""

from aws_cdk import Fn, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from constructs_lib.permissions import Statement

OBSERVATION = (
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
"""What the role of a state machine needs for it."""


def history_log_group(
    scope: Construct,
    construct_id: str,
    *,
    encryption_key: kms.IKey | None = None,
    retention: logs.RetentionDays,
    removal_policy: RemovalPolicy,
) -> logs.LogGroup:
    """The log group of the state machine of `scope`."""
    # under this prefix all workflows share one resource policy of CloudWatch Logs, whose size is limited; the
    # stack's own id keeps the name free where the logs of a deleted stack have stayed
    stack = Stack.of(scope)
    made = Fn.select(0, Fn.split("-", Fn.select(2, Fn.split("/", stack.stack_id))))
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=f"/aws/vendedlogs/states/{stack.stack_name}-{scope.node.addr[-8:]}-{made}",
        encryption_key=encryption_key,
        retention=retention,
        removal_policy=removal_policy,
    )


def whole_history(log_group: logs.ILogGroup) -> stepfunctions.CfnStateMachine.LoggingConfigurationProperty:
    """Logging of all that happens, with its data."""
    return stepfunctions.CfnStateMachine.LoggingConfigurationProperty(
        level="ALL",
        include_execution_data=True,
        destinations=[
            stepfunctions.CfnStateMachine.LogDestinationProperty(
                cloud_watch_logs_log_group=stepfunctions.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                    log_group_arn=log_group.log_group_arn
                )
            )
        ],
    )


TRACED = stepfunctions.CfnStateMachine.TracingConfigurationProperty(enabled=True)
"""Tracing by X-Ray."""
