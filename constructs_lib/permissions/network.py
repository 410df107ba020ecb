"""The statements by which a service puts a job's network interfaces into a VPC."""

from collections.abc import Iterable

from constructs_lib.permissions.statements import Statement

_INTERFACES = "network interfaces get their ids when the job starts"


def network_statements(
    subnets: Iterable[str], security_groups: Iterable[str], *, partition: str, region: str, account: str
) -> tuple[Statement, ...]:
    """What the role of a job in a VPC needs.

    Args:
        subnets: their ids.
        security_groups: their ids.
        partition: of AWS, as a text or a token.
        region: where it runs, as a text or a token.
        account: where it runs, as a text or a token.
    """
    place = f"arn:{partition}:ec2:{region}:{account}"
    interfaces = f"{place}:network-interface/*"
    named = [
        *(f"{place}:subnet/{subnet}" for subnet in subnets),
        *(f"{place}:security-group/{group}" for group in security_groups),
    ]
    managed = ["CreateNetworkInterfacePermission", "DeleteNetworkInterface", "DeleteNetworkInterfacePermission"]
    seen = ["DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"]
    return (
        Statement(actions=["ec2:CreateNetworkInterface"], resources=[interfaces, *named], reason=_INTERFACES),
        Statement(actions=[f"ec2:{action}" for action in managed], resources=[interfaces], reason=_INTERFACES),
        Statement(
            actions=[f"ec2:Describe{what}" for what in seen],
            resources=["*"],
            reason="the ec2:Describe actions take no resource",
        ),
    )
