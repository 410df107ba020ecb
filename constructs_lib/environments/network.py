"""Where in a VPC containers run."""

from collections.abc import Sequence

from attrs import frozen
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from constructs_lib.permissions import Statement, network_statements


@frozen(kw_only=True)
class Network:
    """The part of a VPC that containers run in; what they reach besides it is the VPC's affair.

    Attributes:
        vpc: the VPC.
        subnets: some of its subnets; 1 to 16. Default: the private ones, as the VPC selects them.
        security_groups: what reaches the containers, and what they reach; at most 5. Default: a new one that lets
            everything out and nothing in.
    """

    vpc: ec2.IVpc
    subnets: Sequence[ec2.ISubnet] = ()
    security_groups: Sequence[ec2.ISecurityGroup] = ()


@frozen(kw_only=True)
class Placement:
    """A network's ids, as requests and statements take them.

    Attributes:
        vpc_id: of the VPC.
        subnet_ids: of its subnets.
        security_group_ids: of the security groups.
    """

    vpc_id: str
    subnet_ids: Sequence[str]
    security_group_ids: Sequence[str]

    def statements(self, scope: Construct) -> tuple[Statement, ...]:
        """What a role needs for network interfaces there, in the account and region of `scope`."""
        stack = Stack.of(scope)
        return network_statements(
            self.subnet_ids,
            self.security_group_ids,
            partition=stack.partition,
            region=stack.region,
            account=stack.account,
        )


def place(scope: Construct, network: Network | None) -> Placement | None:
    """Finds a network's ids, and defines the security group if none is brought along; None without a network."""
    if network is None:
        return None
    groups = network.security_groups or [
        ec2.SecurityGroup(scope, "SecurityGroup", vpc=network.vpc, description=f"containers of {scope.node.path}")
    ]
    subnets = network.subnets or network.vpc.select_subnets().subnets
    return Placement(
        vpc_id=network.vpc.vpc_id,
        subnet_ids=[subnet.subnet_id for subnet in subnets],
        security_group_ids=[group.security_group_id for group in groups],
    )
