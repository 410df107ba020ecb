"""Amazon EC2's networks: VPCs, subnets, gateways, routes and endpoints. Records alone: nothing is ever connected."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources import route_tables, security_groups
from local_aws.cloudformation.resources.networks import NetworkProvider, add_tags, change_tags
from local_aws.cloudformation.resources.provider import Provider, ResourceScope, Schema, changed_properties
from local_aws.cloudformation.resources.shapes import json_text, only, truth


class VpcProvider(NetworkProvider):
    """A VPC; Ref is its id."""

    type = "AWS::EC2::VPC"
    operation = "CreateVpc"
    own_calls = frozenset({"EnableDnsHostnames", "EnableDnsSupport", "Tags"})
    schema = Schema.of(
        "CidrBlock EnableDnsHostnames EnableDnsSupport InstanceTenancy Tags",
        create_only="CidrBlock",
        attributes="CidrBlockAssociations DefaultNetworkAcl DefaultSecurityGroup Ipv6CidrBlocks VpcId",
    )

    def has_attribute(self, name: str) -> bool:
        """Adds: the block, which Fn::GetAtt gives although it is a property."""
        return name == "CidrBlock" or super().has_attribute(name)

    def replaces(self, old: Mapping[str, Any], new: Mapping[str, Any], changed: Any) -> bool:
        """Adds: dedicated hardware, which a VPC cannot get later."""
        names = set(changed)
        return super().replaces(old, new, names) or (
            "InstanceTenancy" in names and new.get("InstanceTenancy") == "dedicated"
        )

    def _set_names(self, scope: ResourceScope, vpc: str, properties: Mapping[str, Any]) -> None:
        client = scope.client("ec2")
        for name, default in (("EnableDnsSupport", True), ("EnableDnsHostnames", False)):
            client.modify_vpc_attribute(VpcId=vpc, **{name: {"Value": truth(properties.get(name, default))}})

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the VPC with its DNS settings."""
        made = scope.client("ec2").create_vpc(**self.request(properties))
        vpc = scope.created(made["Vpc"]["VpcId"])
        self._set_names(scope, vpc, properties)
        add_tags(scope, vpc, properties)
        return vpc

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes the DNS settings and the tags."""
        self._set_names(scope, physical_id, new)
        return super().update(scope, physical_id, old, new)

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the VPC."""
        del properties
        scope.client("ec2").delete_vpc(VpcId=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Its blocks, and what EC2 made with it."""
        del properties
        client, within = scope.client("ec2"), [{"Name": "vpc-id", "Values": [physical_id]}]
        vpc = client.describe_vpcs(VpcIds=[physical_id])["Vpcs"][0]
        groups = client.describe_security_groups(Filters=[*within, {"Name": "group-name", "Values": ["default"]}])
        lists = client.describe_network_acls(Filters=[*within, {"Name": "default", "Values": ["true"]}])
        return {
            "VpcId": physical_id,
            "CidrBlock": vpc["CidrBlock"],
            "CidrBlockAssociations": [item["AssociationId"] for item in vpc.get("CidrBlockAssociationSet", [])],
            "Ipv6CidrBlocks": [item["Ipv6CidrBlock"] for item in vpc.get("Ipv6CidrBlockAssociationSet", [])],
            "DefaultSecurityGroup": groups["SecurityGroups"][0]["GroupId"],
            "DefaultNetworkAcl": lists["NetworkAcls"][0]["NetworkAclId"],
        }


class SubnetProvider(NetworkProvider):
    """A subnet; Ref is its id."""

    type = "AWS::EC2::Subnet"
    operation = "CreateSubnet"
    own_calls = frozenset({"MapPublicIpOnLaunch", "Tags"})
    schema = Schema.of(
        "AvailabilityZone AvailabilityZoneId CidrBlock MapPublicIpOnLaunch Tags VpcId",
        required="VpcId",
        create_only="AvailabilityZone AvailabilityZoneId CidrBlock VpcId",
        attributes="NetworkAclAssociationId SubnetId",
    )

    def has_attribute(self, name: str) -> bool:
        """Adds: properties that Fn::GetAtt gives too."""
        return name in {"AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "VpcId"} or super().has_attribute(name)

    def _set_addresses(self, scope: ResourceScope, subnet: str, properties: Mapping[str, Any]) -> None:
        public = truth(properties.get("MapPublicIpOnLaunch", False))
        scope.client("ec2").modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": public})

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the subnet."""
        made = scope.client("ec2").create_subnet(**self.request(properties))
        subnet = scope.created(made["Subnet"]["SubnetId"])
        self._set_addresses(scope, subnet, properties)
        add_tags(scope, subnet, properties)
        return subnet

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes who gets a public address, and the tags."""
        self._set_addresses(scope, physical_id, new)
        return super().update(scope, physical_id, old, new)

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the subnet."""
        del properties
        scope.client("ec2").delete_subnet(SubnetId=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Where it lies."""
        del properties
        client = scope.client("ec2")
        subnet = client.describe_subnets(SubnetIds=[physical_id])["Subnets"][0]
        of_subnet = [{"Name": "association.subnet-id", "Values": [physical_id]}]
        lists = client.describe_network_acls(Filters=of_subnet)["NetworkAcls"]
        associations = [item for found in lists for item in found["Associations"] if item["SubnetId"] == physical_id]
        return {
            "SubnetId": physical_id,
            "NetworkAclAssociationId": associations[0]["NetworkAclAssociationId"],
            **only(subnet, "AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "VpcId"),
        }


class InternetGatewayProvider(NetworkProvider):
    """An internet gateway; Ref is its id."""

    type = "AWS::EC2::InternetGateway"
    operation = "CreateInternetGateway"
    schema = Schema.of("Tags", attributes="InternetGatewayId")

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the gateway."""
        made = scope.client("ec2").create_internet_gateway()
        gateway = scope.created(made["InternetGateway"]["InternetGatewayId"])
        add_tags(scope, gateway, properties)
        return gateway

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the gateway."""
        del properties
        scope.client("ec2").delete_internet_gateway(InternetGatewayId=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Its id."""
        del scope, properties
        return {"InternetGatewayId": physical_id}


class GatewayAttachmentProvider(Provider):
    """An internet gateway at a VPC; Ref joins the kind and the VPC."""

    type = "AWS::EC2::VPCGatewayAttachment"
    schema = Schema.of("InternetGatewayId VpcId", required="VpcId", create_only="VpcId", attributes="AttachmentType")

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: no gateway."""
        yield from super().problems(properties)
        if "InternetGatewayId" not in properties:
            yield "Property InternetGatewayId cannot be empty: the local AWS has no other gateways to attach"

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Attaches the gateway."""
        arguments = {name: str(properties[name]) for name in ("InternetGatewayId", "VpcId")}
        scope.client("ec2").attach_internet_gateway(**arguments)
        return scope.created(f"IGW|{properties['VpcId']}")

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Attaches another gateway in its place."""
        self.delete(scope, physical_id, old)
        self.create(scope, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Detaches the gateway."""
        del physical_id
        arguments = {name: str(properties[name]) for name in ("InternetGatewayId", "VpcId")}
        scope.client("ec2").detach_internet_gateway(**arguments)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """What is attached."""
        del scope, physical_id, properties
        return {"AttachmentType": "IGW"}


class AddressProvider(NetworkProvider):
    """A public address; Ref is the address."""

    type = "AWS::EC2::EIP"
    operation = "AllocateAddress"
    schema = Schema.of("Domain Tags", attributes="AllocationId PublicIp")

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Allocates an address."""
        made = scope.client("ec2").allocate_address(**({"Domain": "vpc"} | self.request(properties)))
        scope.kept["AllocationId"] = made["AllocationId"]
        scope.created(made["PublicIp"])
        add_tags(scope, made["AllocationId"], properties)
        return str(made["PublicIp"])

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes the tags."""
        del physical_id
        change_tags(scope, scope.kept["AllocationId"], old, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Gives the address back."""
        del physical_id, properties
        scope.client("ec2").release_address(AllocationId=scope.kept["AllocationId"])

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Its ids."""
        del properties
        return {"AllocationId": scope.kept["AllocationId"], "PublicIp": physical_id}


class NatGatewayProvider(NetworkProvider):
    """A NAT gateway; Ref is its id."""

    type = "AWS::EC2::NatGateway"
    operation = "CreateNatGateway"
    schema = Schema.of(
        "AllocationId ConnectivityType PrivateIpAddress SubnetId Tags",
        create_only="AllocationId ConnectivityType PrivateIpAddress SubnetId",
        attributes="NatGatewayId",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the gateway and waits until it is there."""
        made = scope.client("ec2").create_nat_gateway(**self.request(properties))
        gateway = scope.created(made["NatGateway"]["NatGatewayId"])
        add_tags(scope, gateway, properties)
        while (state := self._state(scope, gateway)) == "pending":
            scope.pause(0.1)
        if state != "available":
            raise ResourceError(f"The NAT gateway {gateway} is {state}")
        return gateway

    def _state(self, scope: ResourceScope, gateway: str) -> str | None:
        found = scope.client("ec2").describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"]
        return str(found[0]["State"]) if found else None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the gateway and waits until its address is free."""
        del properties
        scope.client("ec2").delete_nat_gateway(NatGatewayId=physical_id)
        while self._state(scope, physical_id) not in {None, "deleted"}:
            scope.pause(0.1)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Its id."""
        del scope, properties
        return {"NatGatewayId": physical_id}


class EndpointProvider(NetworkProvider):
    """A VPC's endpoint for a service of AWS; Ref is its id."""

    type = "AWS::EC2::VPCEndpoint"
    operation = "CreateVpcEndpoint"
    own_calls = frozenset({"PolicyDocument", "Tags"})
    schema = Schema.of(
        "PolicyDocument PrivateDnsEnabled RouteTableIds SecurityGroupIds ServiceName SubnetIds Tags VpcEndpointType "
        "VpcId",
        required="VpcId",
        create_only="ServiceName VpcEndpointType VpcId",
        attributes="CreationTimestamp DnsEntries Id NetworkInterfaceIds",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the endpoint."""
        arguments = self.request(properties)
        if "PolicyDocument" in properties:
            arguments["PolicyDocument"] = json_text(properties["PolicyDocument"])
        made = scope.client("ec2").create_vpc_endpoint(**arguments)
        endpoint = scope.created(made["VpcEndpoint"]["VpcEndpointId"])
        add_tags(scope, endpoint, properties)
        return endpoint

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes policy, places and tags."""
        changed = changed_properties(old, new) - {"Tags"}
        arguments: dict[str, Any] = {}
        if "PolicyDocument" in changed:
            own = "PolicyDocument" in new
            arguments |= {"PolicyDocument": json_text(new["PolicyDocument"])} if own else {"ResetPolicy": True}
        for name in ("RouteTableIds", "SecurityGroupIds", "SubnetIds"):
            before, after = set(old.get(name, [])), set(new.get(name, []))
            arguments |= {f"Add{name}": sorted(after - before), f"Remove{name}": sorted(before - after)}
        if "PrivateDnsEnabled" in changed:
            arguments["PrivateDnsEnabled"] = truth(new.get("PrivateDnsEnabled", False))
        arguments = {name: value for name, value in arguments.items() if value != []}
        if arguments:
            scope.client("ec2").modify_vpc_endpoint(VpcEndpointId=physical_id, **arguments)
        return super().update(scope, physical_id, old, new)

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the endpoint."""
        del properties
        scope.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[physical_id])

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Its names and interfaces."""
        del properties
        found = scope.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[physical_id])["VpcEndpoints"][0]
        entries = [f"{item.get('HostedZoneId', '')}:{item['DnsName']}" for item in found.get("DnsEntries", [])]
        return {
            "Id": physical_id,
            "CreationTimestamp": str(found.get("CreationTimestamp", "")),
            "DnsEntries": entries,
            "NetworkInterfaceIds": found.get("NetworkInterfaceIds", []),
        }


PROVIDERS = (
    VpcProvider(),
    SubnetProvider(),
    InternetGatewayProvider(),
    GatewayAttachmentProvider(),
    AddressProvider(),
    NatGatewayProvider(),
    EndpointProvider(),
    *route_tables.PROVIDERS,
    *security_groups.PROVIDERS,
)
