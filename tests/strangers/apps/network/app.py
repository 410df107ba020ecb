"""A network with all defaults: three layers of subnets, NAT, endpoints, and groups that refer to each other."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


class NetworkStack(cdk.Stack):
    """The network alone."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
        )
        self.vpc.add_interface_endpoint("Sts", service=ec2.InterfaceVpcEndpointAwsService.STS)
        cdk.CfnOutput(self, "VpcId", value=self.vpc.vpc_id)


class ServiceStack(cdk.Stack):
    """What runs in it."""

    def __init__(self, scope: Construct, construct_id: str, *, vpc: ec2.Vpc, version: str) -> None:
        super().__init__(scope, construct_id)
        clients = ec2.SecurityGroup(self, "Clients", vpc=vpc, description="who may ask")
        store = ec2.SecurityGroup(self, "Store", vpc=vpc, allow_all_outbound=False)
        store.add_ingress_rule(clients, ec2.Port.tcp(5432), f"database, {version}")
        store.add_ingress_rule(ec2.Peer.ipv4(vpc.vpc_cidr_block), ec2.Port.tcp_range(8000, 8080))
        store.connections.allow_internally(ec2.Port.all_traffic())
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_12,
            handler="index.handler",
            code=lambda_.Code.from_inline("def handler(event, context):\n    return 'within'\n"),
            vpc=vpc,
            security_groups=[clients],
        )
        for name, value in {"Store": store.security_group_id, "Function": function.function_name}.items():
            cdk.CfnOutput(self, f"{name}Output", value=value).override_logical_id(name + "Out")


app = cdk.App()
network = NetworkStack(app, "Network")
ServiceStack(app, "Service", vpc=network.vpc, version=app.node.try_get_context("version"))
app.synth()
