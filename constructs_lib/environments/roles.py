"""Roles that allow what is listed and no more; what cannot be narrowed carries its reason."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen
from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct


@frozen(kw_only=True)
class Allow:
    """One statement of a role.

    Attributes:
        actions: such as ``s3:GetObject``; never a wildcard.
        resources: ARNs, with tokens or without.
        reason: why a resource has to be a wildcard. Default: none of them is one.
        conditions: the statement's conditions. Default: none.
    """

    actions: Sequence[str]
    resources: Sequence[str]
    reason: str | None = None
    conditions: Mapping[str, Mapping[str, Any]] = field(factory=dict)


def service_role(
    scope: Construct, construct_id: str, *, service: str, description: str, statements: Sequence[Allow]
) -> iam.Role:
    """A role that one AWS service takes on.

    Args:
        scope: where it is defined.
        construct_id: its name there.
        service: who takes it on, such as ``sagemaker.amazonaws.com``.
        description: what it is for, as IAM's pages show it.
        statements: all that it allows, complete as soon as the role is there.
    """
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal(service),
        description=description,
        inline_policies={
            "Permissions": iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        actions=list(statement.actions),
                        resources=list(statement.resources),
                        conditions=dict(statement.conditions) or None,
                    )
                    for statement in statements
                ]
            )
        },
    )
    acknowledge_wildcards(role, statements)
    return role


def acknowledge_wildcards(role: iam.IRole, statements: Sequence[Allow]) -> None:
    """Tells cdk-nag the reason of each wildcard resource: on this role, for this very finding."""
    stack = Stack.of(role)
    reasons: dict[str, str] = {}
    for statement in statements:
        if statement.reason is None:
            continue
        for resource in stack.resolve(list(statement.resources)):
            finding = _as_finding(resource)
            if "*" in finding:
                # one resource in several statements is one finding
                known = reasons.get(finding)
                reasons[finding] = statement.reason if known is None else f"{known}; {statement.reason}"
    if reasons:
        Validations.of(role).acknowledge(
            *(
                Acknowledgment(id=f"AwsSolutions-IAM5[Resource::{finding}]", reason=reason)
                for finding, reason in reasons.items()
            )
        )


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
