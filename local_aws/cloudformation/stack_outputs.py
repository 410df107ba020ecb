"""Outputs of other stacks, for Fn::GetStackOutput: read as DescribeStacks tells them, with the stack's own rights."""

from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

from local_aws.cloudformation.errors import ValidationError
from local_aws.platform import Credentials, Platform


@frozen(kw_only=True)
class StackOutputs:
    """Reads outputs that no stack has to export.

    Args:
        platform: the local AWS.
        region: of the stack that asks.
        credentials: those with which its resources are made.
    """

    platform: Platform
    region: str
    credentials: Credentials

    def read(self, stack: str, output: str, *, region: str | None = None, role_arn: str | None = None) -> str:
        """The value of an output.

        Args:
            stack: name of the other stack.
            output: logical id of its output.
            region: of that stack. Default: the one of the stack that asks.
            role_arn: a role that may describe it. Default: the stack's own rights.

        Raises:
            ValidationError: there is no such stack or output, or it may not be read.
        """
        try:
            found = self._client(region, role_arn).describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            raise ValidationError(
                f"Template error: Fn::GetStackOutput cannot read stack {stack}: "
                f"{error.response['Error'].get('Message', '')}"
            ) from error
        for item in found.get("Outputs", []):
            if item["OutputKey"] == output:
                return str(item["OutputValue"])
        raise ValidationError(f"Template error: Fn::GetStackOutput: stack {stack} has no output named {output}")

    def _client(self, region: str | None, role_arn: str | None) -> Any:
        credentials = self.credentials
        if role_arn is not None:
            sts = self.platform.client("sts", region=self.region, credentials=credentials)
            keys = sts.assume_role(RoleArn=role_arn, RoleSessionName="AWSCloudFormation")["Credentials"]
            credentials = Credentials(
                access_key_id=keys["AccessKeyId"],
                secret_access_key=keys["SecretAccessKey"],
                session_token=keys["SessionToken"],
            )
        return self.platform.client("cloudformation", region=region or self.region, credentials=credentials)
