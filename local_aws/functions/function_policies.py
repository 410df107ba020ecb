"""Functions' resource policies, as IAM asks for them."""

import json

from attrs import define

from local_aws.functions.names import FunctionName
from local_aws.functions.permissions import Permissions
from local_aws.gateway.errors import AwsError
from local_aws.iam.resource_policies import ResourcePolicy


@define(eq=False)
class FunctionPolicies:
    """Offers the policies of functions to IAM.

    Args:
        permissions: the policies.
    """

    permissions: Permissions

    def resource_policy(self, arn: str) -> ResourcePolicy | None:
        """The policy of a function's ARN, None where there is none."""
        name = FunctionName.of_arn(arn)
        if name is None:
            return None
        try:
            document = self.permissions.policy_of(name)
        except AwsError:
            return None
        return ResourcePolicy(account=name.account, document=None if document is None else json.dumps(document))
