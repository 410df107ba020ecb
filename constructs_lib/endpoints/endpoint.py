"""A real-time endpoint with its configuration, its models and their role."""

from collections.abc import Sequence
from typing import Protocol

from attrs import frozen
from aws_cdk import ArnFormat, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from constructs_lib.endpoints.serving_role import INSTANCES, SERVICE, serving_role
from constructs_lib.endpoints.variants import Capture, RegisteredModel, Variant
from constructs_lib.environments.network import Network, Placement, place


class EndpointGrants:
    """Permissions on an endpoint."""

    def __init__(self, endpoint_arn: str) -> None:
        self._endpoint_arn = endpoint_arn

    def invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` ask for predictions."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["sagemaker:InvokeEndpoint"], resource_arns=[self._endpoint_arn]
        )


class IEndpoint(Protocol):
    """An endpoint: made by `Endpoint`, or brought along by `Endpoint.from_endpoint_name`."""

    @property
    def endpoint_name(self) -> str:
        """Its name, which clients call it by."""

    @property
    def endpoint_arn(self) -> str:
        """Its ARN."""

    @property
    def grants(self) -> EndpointGrants:
        """Permissions on it."""


@frozen
class _ImportedEndpoint:
    endpoint_name: str
    endpoint_arn: str

    @property
    def grants(self) -> EndpointGrants:
        return EndpointGrants(self.endpoint_arn)


class Endpoint(Construct):
    """A live endpoint: one or more models that share its traffic.

    Created are a model for each variant, the endpoint's configuration, the endpoint, and, unless one is given, the
    role that its containers run with. Instances cost from creation to deletion, whether they are called or not. A
    change of models or variants makes a new configuration, to which the endpoint moves without an interruption.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        variants: Sequence[Variant],
        capture: Capture | None = None,
        encryption_key: kms.IKey | None = None,
        network: Network | None = None,
        role: iam.IRole | None = None,
    ) -> None:
        """Defines the endpoint.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            variants: the models that it serves; 1 to 10.
            capture: which requests and responses are kept, and where. Default: none.
            encryption_key: encrypts the instances' volumes; not for instance types with local NVMe storage. Default:
                SageMaker encrypts them by a key of its own.
            network: where in a VPC the containers run. Default: no VPC.
            role: what the containers run with. Default: a new role that may pull the images, read the models, write
                what is captured, log, and join the network.

        Raises:
            ValueError: all problems of the variants and the capture together.
        """
        super().__init__(scope, construct_id)
        self._check(variants, capture)
        placement = place(self, network)
        self.role: iam.IRole = (
            serving_role(
                self, "Role", models=[variant.model for variant in variants], capture=capture, placement=placement
            )
            if role is None
            else role
        )
        """What the containers run with."""
        models = [self._define_model(variant, placement) for variant in variants]
        self.config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    variant_name=variant.name,
                    model_name=model.attr_model_name,
                    instance_type=variant.instance_type,
                    initial_instance_count=variant.instance_count,
                    initial_variant_weight=variant.weight,
                )
                for variant, model in zip(variants, models, strict=True)
            ],
            data_capture_config=None if capture is None else _capture_config(capture),
            kms_key_id=None if encryption_key is None else encryption_key.key_arn,
        )
        """The endpoint's configuration."""
        self.resource = sagemaker.CfnEndpoint(
            self, "Resource", endpoint_config_name=self.config.attr_endpoint_config_name
        )
        """The endpoint itself."""
        self._first_variant = variants[0].name

    @staticmethod
    def from_endpoint_name(scope: Construct, construct_id: str, endpoint_name: str) -> IEndpoint:
        """Takes an endpoint of this account and region by its name; a token must stand for one in lower case."""
        arn = Stack.of(scope).format_arn(
            service="sagemaker",
            resource="endpoint",
            # AWS writes the name in lower case into the ARN; a token must stay as it is
            resource_name=endpoint_name if Token.is_unresolved(endpoint_name) else endpoint_name.lower(),
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        Construct(scope, construct_id)  # the import has a place in the tree, so its id cannot be taken twice
        return _ImportedEndpoint(endpoint_name, arn)

    @property
    def endpoint_name(self) -> str:
        """Its name, which clients call it by."""
        return self.resource.attr_endpoint_name

    @property
    def endpoint_arn(self) -> str:
        """Its ARN."""
        return self.resource.ref

    @property
    def grants(self) -> EndpointGrants:
        """Permissions on it."""
        return EndpointGrants(self.endpoint_arn)

    def metric_invocations(self, variant: str | None = None) -> cloudwatch.Metric:
        """Requests that were sent to a variant; use the sum. `variant` defaults to the first."""
        return self._metric(SERVICE, "Invocations", "Sum", variant)

    def metric_invocation_4xx_errors(self, variant: str | None = None) -> cloudwatch.Metric:
        """Requests that a variant refused; use the sum. `variant` defaults to the first."""
        return self._metric(SERVICE, "Invocation4XXErrors", "Sum", variant)

    def metric_invocation_5xx_errors(self, variant: str | None = None) -> cloudwatch.Metric:
        """Requests that failed in a variant; use the sum. `variant` defaults to the first."""
        return self._metric(SERVICE, "Invocation5XXErrors", "Sum", variant)

    def metric_model_latency(self, variant: str | None = None) -> cloudwatch.Metric:
        """Microseconds that the container took, on average. `variant` defaults to the first."""
        return self._metric(SERVICE, "ModelLatency", "Average", variant)

    def metric_overhead_latency(self, variant: str | None = None) -> cloudwatch.Metric:
        """Microseconds that SageMaker added, on average. `variant` defaults to the first."""
        return self._metric(SERVICE, "OverheadLatency", "Average", variant)

    def metric_invocations_per_instance(self, variant: str | None = None) -> cloudwatch.Metric:
        """Requests for each instance of a variant; use the sum. `variant` defaults to the first."""
        return self._metric(SERVICE, "InvocationsPerInstance", "Sum", variant)

    def metric_cpu_utilization(self, variant: str | None = None) -> cloudwatch.Metric:
        """Per cent of one core, summed over the cores of an instance. `variant` defaults to the first."""
        return self._metric(INSTANCES, "CPUUtilization", "Average", variant)

    def metric_memory_utilization(self, variant: str | None = None) -> cloudwatch.Metric:
        """Per cent of the memory of an instance. `variant` defaults to the first."""
        return self._metric(INSTANCES, "MemoryUtilization", "Average", variant)

    def _metric(self, namespace: str, name: str, statistic: str, variant: str | None) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            statistic=statistic,
            dimensions_map={
                "EndpointName": self.endpoint_name,
                "VariantName": self._first_variant if variant is None else variant,
            },
        )

    def _check(self, variants: Sequence[Variant], capture: Capture | None) -> None:
        problems = []
        if not 1 <= len(variants) <= 10:
            problems.append(f"variants: got {len(variants)}, expected 1 to 10")
        names = [variant.name for variant in variants]
        problems += [
            f"variants: got the name {name!r} {names.count(name)} times, expected each once"
            for name in sorted(set(names))
            if names.count(name) > 1
        ]
        for index, variant in enumerate(variants):
            problems += [f"variants[{index}].{problem}" for problem in variant.problems()]
        if capture is not None:
            problems += [f"capture.{problem}" for problem in capture.problems()]
        if problems:
            raise ValueError("\n".join(f"{self.node.path}: {problem}" for problem in problems))

    def _define_model(self, variant: Variant, placement: Placement | None) -> sagemaker.CfnModel:
        model = variant.model
        container = (
            sagemaker.CfnModel.ContainerDefinitionProperty(
                model_package_name=model.model_package_arn, environment=dict(model.environment) or None
            )
            if isinstance(model, RegisteredModel)
            else sagemaker.CfnModel.ContainerDefinitionProperty(
                image=model.repository.repository.repository_uri_for_tag_or_digest(model.image),
                model_data_url=model.storage.uri(model.path),
                environment=dict(model.environment) or None,
            )
        )
        resource = sagemaker.CfnModel(
            self,
            f"Model{variant.name}",
            execution_role_arn=self.role.role_arn,
            primary_container=container,
            vpc_config=None
            if placement is None
            else sagemaker.CfnModel.VpcConfigProperty(
                subnets=list(placement.subnet_ids), security_group_ids=list(placement.security_group_ids)
            ),
        )
        # SageMaker tries the role's permissions at once, and a role's policies may be resources of their own
        resource.node.add_dependency(self.role)
        return resource


def _capture_config(capture: Capture) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty:
    return sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
        enable_capture=True,
        initial_sampling_percentage=capture.sampling_percentage,
        destination_s3_uri=capture.storage.uri(capture.prefix),
        kms_key_id=None if capture.storage.encryption_key is None else capture.storage.encryption_key.key_arn,
        capture_options=[
            sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode="Input"),
            sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode="Output"),
        ],
        capture_content_type_header=sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
            csv_content_types=["text/csv"], json_content_types=["application/json"]
        ),
    )
