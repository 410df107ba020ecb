"""Resource policies that EventBridge brings to IAM: those of its buses, and of log groups that it writes to."""

from attrs import define

from local_aws.eventbridge.records import Buses
from local_aws.iam.resource_policies import ResourcePolicy
from local_aws.moto_mends import log_policies


@define(eq=False)
class BusPolicies:
    """Offers the policies of event buses.

    Args:
        buses: the records.
    """

    buses: Buses

    def resource_policy(self, arn: str) -> ResourcePolicy | None:
        """The policy of a bus, None for another resource."""
        _, _, _, region, account, name = arn.split(":", 5)
        if not name.startswith("event-bus/"):
            return None
        bus = self.buses.find(account, region, arn)
        return None if bus is None else ResourcePolicy(account=account, document=bus.policy)


@define(eq=False)
class LogGroupPolicies:
    """Offers the policies that PutResourcePolicy of CloudWatch Logs made."""

    def resource_policy(self, arn: str) -> ResourcePolicy | None:
        """The policy of a log group's region."""
        _, _, _, region, account, _ = arn.split(":", 5)
        if not account or not region:
            return None
        document = log_policies.combined(log_policies.documents(account, region))
        return ResourcePolicy(account=account, document=document)
