"""Which other accounts may use a model package group, and what for."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen
from aws_cdk import Token

READ_VERSIONS = ("sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages")
"""What reading the versions of a group takes."""

_ACCOUNT = re.compile(r"\d{12}")


@frozen(kw_only=True)
class AccountAccess:
    """What another account may do with a group and its versions; it must let its own roles do so, too.

    Reading includes making models of versions. The account needs rights on the image and on the model data besides: a
    registry knows where these are, and does not hold them.

    Attributes:
        account: of 12 digits.
        register: whether it may add versions. Default: it may not.
        approve: whether it may approve and reject versions. Default: it may not.
    """

    account: str
    register: bool = False
    approve: bool = False

    def problems(self) -> list[str]:
        """What is wrong with the values, each with what was got and what was expected."""
        if _ACCOUNT.fullmatch(self.account) or Token.is_unresolved(self.account):
            return []
        return [f"account: got {self.account!r}, expected 12 digits"]

    def statements(self, *, partition: str, group_arn: str, versions_arn: str) -> Iterator[dict[str, Any]]:
        """The statements of the group's policy.

        Args:
            partition: of the account's ARN.
            group_arn: of the group.
            versions_arn: of all of its versions.
        """
        of_group = ["sagemaker:DescribeModelPackageGroup"]
        of_versions = [*READ_VERSIONS, "sagemaker:CreateModel"]
        if self.register:
            of_group.append("sagemaker:CreateModelPackage")
            of_versions.append("sagemaker:CreateModelPackage")
        if self.approve:
            of_versions.append("sagemaker:UpdateModelPackage")
        principal = {"AWS": f"arn:{partition}:iam::{self.account}:root"}
        for actions, resource in ((of_group, group_arn), (of_versions, versions_arn)):
            yield {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": resource}


def sharing_policy(
    accounts: Sequence[AccountAccess], *, partition: str, group_arn: str, versions_arn: str
) -> dict[str, Any] | None:
    """The policy of a group; None where it is shared with nobody."""
    statements = [
        statement
        for access in accounts
        for statement in access.statements(partition=partition, group_arn=group_arn, versions_arn=versions_arn)
    ]
    return {"Version": "2012-10-17", "Statement": statements} if statements else None
