"""Roles that allow what is listed and no more; what cannot be narrowed carries its reason."""

from collections.abc import Mapping, Sequence
from typing import Any

import jsii
from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct, IValidation

from constructs_lib.permissions import Statement


def service_role(
    scope: Construct,
    construct_id: str,
    *,
    service: str,
    description: str,
    statements: Sequence[Statement],
    conditions: Mapping[str, Mapping[str, str]] | None = None,
) -> iam.Role:
    """A role that one AWS service takes on.

    Args:
        scope: where it is defined.
        construct_id: its name there.
        service: who takes it on, such as ``sagemaker.amazonaws.com``.
        description: what it is for, as IAM's pages show it.
        statements: all that it allows, complete as soon as the role is there.
        conditions: under which the service takes it on, by operator and key. Default: none.
    """
    document = {"Version": "2012-10-17", "Statement": [statement.to_dict() for statement in statements]}
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal(service, conditions=conditions),
        description=description,
        # the statements cross to the CDK together; IAM refuses a policy without any
        inline_policies={"Permissions": iam.PolicyDocument.from_json(document)} if statements else None,
    )
    role.node.add_validation(_WildcardReasons(role, statements))
    return role


def further_policy(
    scope: Construct, construct_id: str, *, role: iam.IRole, statements: Sequence[Statement]
) -> iam.Policy:
    """A policy of a role that is made later than the role, of what is there only after it.

    Args:
        scope: where it is defined.
        construct_id: its name there.
        role: that it allows something.
        statements: what it allows.
    """
    document = {"Version": "2012-10-17", "Statement": [statement.to_dict() for statement in statements]}
    policy = iam.Policy(scope, construct_id, roles=[role], document=iam.PolicyDocument.from_json(document))
    policy.node.add_validation(_WildcardReasons(policy, statements))
    return policy


@jsii.implements(IValidation)
class _WildcardReasons:
    """Tells cdk-nag the reason of each wildcard resource of a role or policy: there, for this very finding.

    It does so among the validations, since a finding holds a resource's text as the template will have it: the name of
    an export, where another stack defines it.
    """

    def __init__(self, owner: Construct, statements: Sequence[Statement]) -> None:
        self._owner = owner
        self._statements = statements

    def validate(self) -> list[str]:
        """Acknowledges the findings; there is nothing to complain about."""
        wild = [(resource, str(statement.reason)) for statement in self._statements for resource in statement.wildcards]
        resolved = Stack.of(self._owner).resolve([resource for resource, _ in wild])
        reasons: dict[str, list[str]] = {}
        for resource, (_, reason) in zip(resolved, wild, strict=True):
            reasons.setdefault(_as_finding(resource), []).append(reason)
        if reasons:
            Validations.of(self._owner).acknowledge(
                *(
                    Acknowledgment(id=f"AwsSolutions-IAM5[Resource::{finding}]", reason="; ".join(dict.fromkeys(found)))
                    for finding, found in reasons.items()
                )
            )
        return []


def _as_finding(resource: Any) -> str:
    """A resolved ARN as cdk-nag writes it: ``<BucketA1B2.Arn>/prefix/*``."""
    if isinstance(resource, str):
        return resource.replace("${", "<").replace("}", ">")
    ((function, value),) = resource.items()
    if function == "Fn::Join":
        return str(value[0]).join(map(_as_finding, value[1]))
    if function == "Fn::GetAtt":
        return f"<{value[0]}.{value[1]}>"
    if function == "Ref":
        return f"<{value}>"
    return _as_finding(value)
