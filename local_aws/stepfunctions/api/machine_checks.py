"""What AWS checks of a state machine's role and log group when it is made or changed."""

from typing import Any

from attrs import define
from botocore.exceptions import ClientError

from local_aws.gateway.app import Authority
from local_aws.gateway.context import Principal, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.platform import Platform
from local_aws.stepfunctions.language.errors import PERMISSIONS, StatesError
from local_aws.stepfunctions.language.resources import parse_resource
from local_aws.stepfunctions.running.executions import Revision
from local_aws.stepfunctions.tasks.integrations import integration_of
from local_aws.stepfunctions.tasks.roles import RoleSessions, RoleUse

_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
_MANAGED_BY = {"events:managedby": "states.amazonaws.com"}


@define(eq=False)
class MachineChecks:
    """Checks a revision before it is taken.

    Args:
        platform: the local AWS.
        authority: says what a role may do.
        roles: assumes it.
    """

    platform: Platform
    authority: Authority
    roles: RoleSessions

    def check(self, context: RequestContext, revision: Revision, raw: dict[str, Any]) -> None:
        """Checks role and log group.

        Raises:
            AwsError: ``AccessDeniedException`` where the service may not assume the role, or the role may not keep
                the EventBridge rule that a ``.sync`` task needs, or not deliver logs;
                ``InvalidLoggingConfiguration`` where the log group is not there.
        """
        principal = self._principal(revision, context.region)
        for rule in sorted(_managed_rules(raw)):
            arn = f"arn:aws:events:{context.region}:{context.account}:rule/{rule}"
            for action in _RULE_ACTIONS:
                self._require(
                    principal, action, arn, f"'{revision.role_arn}' is not authorized to create managed-rule."
                )
        if revision.logging["level"] != "OFF":
            self._check_logging(revision, principal)

    def _principal(self, revision: Revision, region: str) -> Principal:
        try:
            credentials = self.roles.credentials(RoleUse(execution=revision.role_arn, region=region))
        except StatesError:
            raise AwsError(
                "AccessDeniedException",
                "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to "
                "assume the provided role.",
                status=400,
            ) from None
        return self.authority.principal(credentials.access_key_id)

    def _check_logging(self, revision: Revision, principal: Principal) -> None:
        destination = revision.logging["destinations"][0]
        arn = destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
        parts = arn.split(":")
        if len(parts) < 7 or parts[2] != "logs" or not arn.endswith(":*"):
            raise AwsError(
                "InvalidLoggingConfiguration",
                f"Invalid Logging Configuration: Log Destination must be the ARN of a log group that ends with ':*', "
                f"got '{arn}'.",
            )
        self._require(
            principal,
            "logs:CreateLogDelivery",
            "*",
            "The state machine IAM Role is not authorized to access the Log Destination",
        )
        logs = self.platform.client("logs", region=parts[3])
        try:
            groups = logs.describe_log_groups(logGroupNamePrefix=parts[6])["logGroups"]
        except ClientError:
            groups = []
        if not any(group["logGroupName"] == parts[6] for group in groups):
            raise AwsError("InvalidLoggingConfiguration", "Invalid Logging Configuration: Log Destination not found.")

    def _require(self, principal: Principal, action: str, resource: str, refusal: str) -> None:
        try:
            self.authority.require(principal, action, resource, _MANAGED_BY if action.startswith("events:") else None)
        except AwsError:
            raise AwsError("AccessDeniedException", refusal, status=400) from None

    def require_start(self, revision: Revision) -> None:
        """Checks that a role may start executions of its own state machine, as a distributed Map does.

        Raises:
            StatesError: ``States.Permissions``.
        """
        role = RoleUse(execution=revision.role_arn, region=revision.region)
        principal = self.authority.principal(self.roles.credentials(role).access_key_id)
        try:
            # the executions of a Map inside of a Map are the same state machine's
            self.authority.require(principal, "states:StartExecution", revision.arn.partition("/")[0])
        except AwsError as error:
            raise StatesError(PERMISSIONS, error.message) from None


def _managed_rules(machine: dict[str, Any]) -> set[str]:
    """The EventBridge rules that the ``.sync`` tasks of a definition need."""
    rules: set[str] = set()
    for state in machine["States"].values():
        resource = parse_resource(state.get("Resource", ""))
        row = integration_of(resource) if resource is not None and resource.waits_for_job else None
        if row is not None and row.sync is not None:
            rules.add(row.sync.rule)
        inner = [*state.get("Branches", ()), *(state[key] for key in ("ItemProcessor", "Iterator") if key in state)]
        for each in inner:
            rules |= _managed_rules(each)
    return rules
