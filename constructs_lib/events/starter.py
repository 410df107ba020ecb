"""Starts a workflow once for each thing that happens, however often EventBridge tells of it."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from constructs_lib.environments.roles import service_role
from constructs_lib.events.delivery import send_statements
from constructs_lib.permissions import Statement
from constructs_lib.state_machines.observation import OBSERVATION, TRACED, history_log_group, whole_history

_EXISTS = "StepFunctions.ExecutionAlreadyExistsException"


class OnceOnlyStarter(Construct):
    """An Express state machine that starts a workflow under a name made from the event.

    Step Functions keeps the name of a Standard execution for 90 days, and starts no second one of that name: an event
    that comes twice finds its execution there, and nothing is done. What cannot be started is tried again three
    times, then sent to the dead-letter queue. Each event costs a millionth of a US dollar and a line in the logs.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        state_machine_arn: str,
        dead_letter_queue: sqs.IQueue,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        """Defines the state machine.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            state_machine_arn: of the workflow, whose executions are Standard ones.
            dead_letter_queue: keeps what could not be started.
            encryption_key: encrypts the logs. Default: CloudWatch Logs encrypts them by a key of its own.
        """
        super().__init__(scope, construct_id)
        log_group = history_log_group(
            self,
            "Logs",
            encryption_key=encryption_key,
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = service_role(
            self,
            "Role",
            service="states.amazonaws.com",
            description="starts a workflow once for each event",
            statements=[
                Statement(actions=["states:StartExecution"], resources=[state_machine_arn]),
                *send_statements(dead_letter_queue),
                *OBSERVATION,
            ],
        )
        self.state_machine = stepfunctions.CfnStateMachine(
            self,
            "Resource",
            state_machine_type="EXPRESS",
            role_arn=role.role_arn,
            definition_string=Stack.of(self).to_json_string(self._definition(state_machine_arn, dead_letter_queue)),
            logging_configuration=whole_history(log_group),
            tracing_configuration=TRACED,
        )
        """The state machine; its input has the members `Key` (a text that tells events apart) and `Input`."""

    def _definition(self, state_machine_arn: str, dead_letter_queue: sqs.IQueue) -> dict[str, object]:
        integration = f"arn:{Stack.of(self).partition}:states:::"
        return {
            "Comment": "Starts a workflow once for each event",
            "StartAt": "Start",
            "States": {
                "Start": {
                    "Type": "Task",
                    "Resource": f"{integration}states:startExecution",
                    "Parameters": {
                        "StateMachineArn": state_machine_arn,
                        # no secret: 40 characters, so that names of jobs can be made of it
                        "Name.$": "States.Hash($.Key, 'SHA-1')",
                        "Input.$": "$.Input",
                    },
                    "Retry": [
                        {"ErrorEquals": [_EXISTS], "MaxAttempts": 0},
                        {
                            "ErrorEquals": ["States.ALL"],
                            "IntervalSeconds": 1,
                            "MaxAttempts": 3,
                            "BackoffRate": 2,
                            "JitterStrategy": "FULL",
                        },
                    ],
                    "Catch": [
                        {"ErrorEquals": [_EXISTS], "Next": "Started before"},
                        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": "Keep"},
                    ],
                    "End": True,
                },
                "Started before": {"Type": "Succeed"},
                "Keep": {
                    "Type": "Task",
                    "Resource": f"{integration}sqs:sendMessage",
                    "Parameters": {"QueueUrl": dead_letter_queue.queue_url, "MessageBody.$": "$"},
                    "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3}],
                    "ResultPath": "$.Kept",
                    "Next": "Not started",
                },
                "Not started": {
                    "Type": "Fail",
                    "ErrorPath": "$.Error.Error",
                    "CausePath": "$.Error.Cause",
                },
            },
        }
