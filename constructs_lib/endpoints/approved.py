"""The deployment of a version as soon as it is approved."""

import re

from attrs import frozen
from aws_cdk import Names, RemovalPolicy, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.definitions import (
    EXECUTION_NAME,
    Allowed,
    ApiStep,
    DataCapture,
    EndpointConfigStep,
    EndpointStep,
    ExecutionInput,
    NetworkConfig,
    ProductionVariant,
    RegisteredModelStep,
    WorkflowDefinition,
)
from constructs_lib.endpoints.endpoint import Endpoint, IEndpoint
from constructs_lib.endpoints.serving_role import serving_role
from constructs_lib.endpoints.variants import Capture, RegisteredModel
from constructs_lib.environments.network import Network, place
from constructs_lib.environments.storage import IStorage
from constructs_lib.events.inputs import EventValue
from constructs_lib.events.targets import WorkflowTarget
from constructs_lib.images.repository import IImageRepository
from constructs_lib.monitoring.alarms import IAlarmTopic
from constructs_lib.registry.registry import IModelRegistry
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_LONGEST_NAME = 63
_PACKAGE = "ModelPackageArn"


@frozen(kw_only=True)
class Serving:
    """What an approved version is served by.

    Attributes:
        repository: where the images of the versions are.
        storage: where their artifacts are.
        instance_type: such as ``ml.m5.large``.
        instance_count: 1 or more. Default: one.
    """

    repository: IImageRepository
    storage: IStorage
    instance_type: str
    instance_count: int = 1

    def problems(self) -> list[str]:
        """What is wrong with the values, each with what was got and what was expected."""
        problems = []
        typical = re.fullmatch(r"ml\.[a-z0-9-]+\.[a-z0-9]+", self.instance_type)
        if not typical and not Token.is_unresolved(self.instance_type):
            problems.append(f"instance_type: got {self.instance_type!r}, expected one such as 'ml.m5.large'")
        if self.instance_count < 1 and not Token.is_unresolved(self.instance_count):
            problems.append(f"instance_count: got {self.instance_count}, expected 1 or more")
        return problems


class ApprovedModelDeployment(Construct):
    """Brings each version of a registry to a real-time endpoint when it is approved.

    Created are a rule on approvals and a workflow with its roles, log and alarms. An approval starts one execution: it
    makes a model of the version and an endpoint configuration, both named after the execution; creates the endpoint, or
    moves it to the new configuration; waits until it is in service; and fails unless the configuration that is live is
    the one that it asked for. While another version is brought to the endpoint it waits, and it fails where it finds a
    configuration that was made later than its own: of versions approved one after the other, the last is served. A
    rejection takes nothing away. It then notes at the version where it is deployed (``deployed-to``, ``deployed-by``
    and ``endpoint-config`` among its customer metadata properties). The endpoint costs from the first approval until it
    is deleted, by hand: it is no resource of the stack, and stays when the stack goes. So do earlier models and
    configurations, which cost nothing.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        registry: IModelRegistry,
        serving: Serving,
        endpoint_name: str | None = None,
        capture: Capture | None = None,
        alarm_topic: IAlarmTopic | None = None,
        encryption_key: kms.IKey | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        network: Network | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        role: iam.IRole | None = None,
    ) -> None:
        """Defines the rule and the workflow.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            registry: whose versions are deployed.
            serving: where their images and artifacts are, and on what they run.
            endpoint_name: 1 to 63 letters, digits and inner hyphens. Default: one made of the construct's path.
            capture: which requests and responses are kept, and where. Default: none.
            alarm_topic: where deployments that fail are announced. Default: the alarms are seen in CloudWatch only.
            encryption_key: encrypts the logs; see `StepFunctionsWorkflow`. Default: CloudWatch Logs' own.
            log_retention: how long the workflow's log is kept. Default: a month.
            network: where in a VPC the containers run. Default: no VPC.
            removal_policy: what happens to the logs when they leave the stack. Default: they stay.
            role: what the containers run with. Default: a new role that may pull the images, read the artifacts, write
                what is captured, log, and join the network.

        Raises:
            ValueError: all problems together.
        """
        super().__init__(scope, construct_id)
        name = Names.unique_resource_name(self, max_length=_LONGEST_NAME) if endpoint_name is None else endpoint_name
        self._check(name, serving, capture)
        self.endpoint: IEndpoint = Endpoint.from_endpoint_name(self, "Endpoint", name)
        """The endpoint, which is there from the first approval on."""
        placement = place(self, network)
        self.role: iam.IRole = (
            serving_role(
                self,
                "Role",
                models=[
                    # the version is told by the event; what it is served by is known here
                    RegisteredModel(model_package_arn="", repository=serving.repository, storage=serving.storage)
                ],
                capture=capture,
                placement=placement,
            )
            if role is None
            else role
        )
        """What the containers run with."""
        self.workflow = StepFunctionsWorkflow(
            self,
            "Workflow",
            definition=deployment_of_a_version(
                role_arn=self.role.role_arn,
                versions_arn=registry.versions_arn,
                endpoint_name=name,
                instance_type=serving.instance_type,
                instance_count=serving.instance_count,
                capture=None if capture is None else _data_capture(capture),
                network=NetworkConfig()
                if placement is None
                else NetworkConfig(subnets=placement.subnet_ids, security_groups=placement.security_group_ids),
            ),
            alarm_topic=alarm_topic,
            encryption_key=encryption_key,
            log_retention=log_retention,
            removal_policy=removal_policy,
        )
        """Deploys one version; it can be started by hand, too, with ``{"ModelPackageArn": "..."}``."""
        self.rule = registry.on_approved(
            f"Deploy{self.node.addr[-8:]}",
            targets=[WorkflowTarget(workflow=self.workflow, input={_PACKAGE: EventValue(f"detail.{_PACKAGE}")})],
        )
        """Starts the workflow when a version is approved."""

    def _check(self, name: str, serving: Serving, capture: Capture | None) -> None:
        problems = [f"serving.{problem}" for problem in serving.problems()]
        if not Token.is_unresolved(name) and _NAME.fullmatch(name) is None:
            problems.append(
                f"endpoint_name: got {name!r}, expected 1 to {_LONGEST_NAME} letters, digits and inner hyphens"
            )
        if capture is not None:
            problems += [f"capture.{problem}" for problem in capture.problems()]
        if problems:
            raise ValueError("\n".join(f"{self.node.path}: {problem}" for problem in problems))


def deployment_of_a_version(
    *,
    role_arn: str,
    versions_arn: str,
    endpoint_name: str,
    instance_type: str,
    instance_count: int = 1,
    capture: DataCapture | None = None,
    network: NetworkConfig | None = None,
) -> WorkflowDefinition:
    """The workflow that brings one version, its input ``ModelPackageArn``, to an endpoint.

    Args:
        role_arn: what the containers run with.
        versions_arn: what the ARNs of all versions match.
        endpoint_name: of the endpoint, which is created where it is not there.
        instance_type: such as ``ml.m5.large``.
        instance_count: Default: one.
        capture: what is kept of requests and responses. Default: nothing.
        network: where in a VPC the containers run. Default: no VPC.

    Raises:
        DefinitionError: settings that the services would refuse, all together.

    Examples:
        >>> definition = deployment_of_a_version(
        ...     role_arn="arn:aws:iam::111122223333:role/serving",
        ...     versions_arn="arn:aws:sagemaker:eu-west-1:111122223333:model-package/prices/*",
        ...     endpoint_name="prices",
        ...     instance_type="ml.m5.large",
        ... )
        >>> [step.name for step in definition.steps]
        ['Make model', 'Make endpoint configuration', 'Put into service', 'Report']
    """
    package = ExecutionInput(_PACKAGE)
    model = RegisteredModelStep(
        name="Make model",
        model_package_arn=package,
        role=role_arn,
        network=NetworkConfig() if network is None else network,
    )
    config = EndpointConfigStep(
        name="Make endpoint configuration",
        variants=[
            ProductionVariant(model_name=model.model_name, instance_type=instance_type, instance_count=instance_count)
        ],
        data_capture=capture,
    )
    endpoint = EndpointStep(
        name="Put into service",
        endpoint_name=endpoint_name,
        config_name=config.config_name,
        mode="create or update",
        newest_wins=True,
    )
    report = ApiStep(
        name="Report",
        service="sagemaker",
        action="updateModelPackage",
        additional_request={
            _PACKAGE: package,
            "CustomerMetadataProperties": {
                "deployed-to": endpoint.output("EndpointName"),
                "deployed-by": EXECUTION_NAME,
                "endpoint-config": endpoint.output("EndpointConfigName"),
            },
        },
        allowed=[
            Allowed(
                actions=["sagemaker:UpdateModelPackage"],
                resources=[versions_arn],
                reason="versions get their numbers when they are registered",
            )
        ],
    )
    return WorkflowDefinition(name="approved-model-deployment", steps=[model, config, endpoint, report])


def _data_capture(capture: Capture) -> DataCapture:
    return DataCapture(
        destination_uri=capture.storage.uri(capture.prefix),
        sampling_percentage=capture.sampling_percentage,
        kms_key=None if capture.storage.encryption_key is None else capture.storage.encryption_key.key_arn,
    )
