"""The stack of serving: approved models go to their endpoints."""

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib.endpoints.approved import ApprovedModelDeployment, Serving
from constructs_lib.endpoints.variants import Capture
from constructs_lib.environments.settings import EnvironmentSettings
from constructs_lib.registry.registry import ModelRegistry
from stacks.containers import ContainersStack
from stacks.environment import EnvironmentStack
from stacks.training import TrainingStack


class ServingStack(EnvironmentStack):
    """Brings each approved version of a model to its endpoint.

    Outputs: of `housing-ray` ``HousingRayEndpointName`` (there is an endpoint from the first approval on) and
    ``WorkflowHousingRayDeploymentStateMachineArn``.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: EnvironmentSettings,
        containers: ContainersStack,
        training: TrainingStack,
    ) -> None:
        """Defines the stack.

        Args:
            scope: the environment.
            construct_id: what the stack is called in it.
            settings: of the environment.
            containers: the environment's container images.
            training: what makes the environment's models.
        """
        super().__init__(scope, construct_id, settings=settings, description="endpoints of approved models")
        captured = settings.serving.capture_percentage
        self.housing_ray = ApprovedModelDeployment(
            self,
            "HousingRay",
            # taken by its name: the rule on approvals is of this stack
            registry=ModelRegistry.from_group_name(self, "HousingModels", training.housing_models.group_name),
            serving=Serving(
                repository=containers.housing_ray.repository,
                storage=training.storage,
                instance_type=settings.serving.instance_type,
                instance_count=settings.serving.instance_count,
            ),
            capture=Capture(storage=training.storage, prefix="housing-ray/capture/", sampling_percentage=captured)
            if captured
            else None,
            alarm_topic=training.alarms,
            encryption_key=training.storage.encryption_key,
            log_retention=self.log_retention,
            removal_policy=self.removal_policy,
        )
        """The deployment of approved models of `housing-ray`."""
        CfnOutput(self, "HousingRayEndpointName", value=self.housing_ray.endpoint.endpoint_name)
        CfnOutput(
            self,
            "WorkflowHousingRayDeploymentStateMachineArn",
            value=self.housing_ray.workflow.state_machine_arn,
        )
