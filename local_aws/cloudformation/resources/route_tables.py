"""Route tables of VPCs: their routes and subnets."""

from typing import Any

from local_aws.cloudformation.resources.networks import NetworkProvider, add_tags
from local_aws.cloudformation.resources.provider import ResourceScope, Schema
from local_aws.cloudformation.resources.shapes import only, request

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


class RouteTableProvider(NetworkProvider):
    """A route table; Ref is its id."""

    type = "AWS::EC2::RouteTable"
    operation = "CreateRouteTable"
    schema = Schema.of("Tags VpcId", required="VpcId", create_only="VpcId", attributes="RouteTableId")

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the table."""
        made = scope.client("ec2").create_route_table(**self.request(properties))
        table = scope.created(made["RouteTable"]["RouteTableId"])
        add_tags(scope, table, properties)
        return table

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the table."""
        del properties
        scope.client("ec2").delete_route_table(RouteTableId=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Its id."""
        del scope, properties
        return {"RouteTableId": physical_id}


class RouteProvider(NetworkProvider):
    """A route; Ref joins its table and destination."""

    type = "AWS::EC2::Route"
    operation = "CreateRoute"
    own_calls = frozenset[str]()
    schema = Schema.of(
        "DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId EgressOnlyInternetGatewayId GatewayId "
        "InstanceId NatGatewayId NetworkInterfaceId RouteTableId TransitGatewayId VpcPeeringConnectionId",
        required="RouteTableId",
        create_only="DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId RouteTableId",
        attributes="CidrBlock",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Adds the route."""
        scope.client("ec2").create_route(**self.request(properties))
        return scope.created(f"{properties['RouteTableId']}|{self._destination(properties)}")

    def _destination(self, properties: dict[str, Any]) -> str:
        return str(next(iter(only(properties, *_DESTINATIONS).values())))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Leads the route elsewhere."""
        del physical_id, old
        scope.client("ec2").replace_route(**request("ec2", "ReplaceRoute", new))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Takes the route out."""
        del physical_id
        scope.client("ec2").delete_route(**only(properties, "RouteTableId", *_DESTINATIONS))

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Where it leads to."""
        del scope, physical_id
        return {"CidrBlock": self._destination(properties)}


class SubnetAssociationProvider(NetworkProvider):
    """The route table of a subnet; Ref is the association's id."""

    type = "AWS::EC2::SubnetRouteTableAssociation"
    operation = "AssociateRouteTable"
    own_calls = frozenset[str]()
    schema = Schema.of(
        "RouteTableId SubnetId",
        required="RouteTableId SubnetId",
        create_only="RouteTableId SubnetId",
        attributes="Id",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Gives the subnet the table."""
        made = scope.client("ec2").associate_route_table(**self.request(properties))
        return scope.created(str(made["AssociationId"]))

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Gives the subnet the VPC's main table back."""
        del properties
        scope.client("ec2").disassociate_route_table(AssociationId=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Its id."""
        del scope, properties
        return {"Id": physical_id}


PROVIDERS = (RouteTableProvider(), RouteProvider(), SubnetAssociationProvider())
