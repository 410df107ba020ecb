"""The groups' resource policies, as IAM asks for them."""

from attrs import define

from local_aws.iam.resource_policies import ResourcePolicy
from local_aws.sagemaker.registry.records import RegistryRecords


@define(eq=False)
class GroupPolicies:
    """Offers the policies of model package groups to IAM, for the groups and for their versions.

    Args:
        records: groups and model packages.
    """

    records: RegistryRecords

    def resource_policy(self, arn: str) -> ResourcePolicy | None:
        """The policy that rules an ARN; None where no group does, or the group has none."""
        owner, document = self.records.policy(arn) or ("", None)
        return None if document is None else ResourcePolicy(account=owner, document=document)
