"""The steps that make models of Amazon Bedrock."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.needs import Calls, Need, PassRole
from constructs_lib.definitions.outputs import OperationOutput, Output
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import Text, Whole

_NAMED_LATER = "Bedrock gives what it makes its ARN"


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class _BedrockStep(TaskStep, ABC):
    """A step that makes something in Bedrock, and waits for it. Members of Bedrock's API begin with capitals here."""

    only_in_pipelines: ClassVar[bool] = True
    action: ClassVar[str]
    """The call that makes it."""

    reading: ClassVar[str]
    """The call whose answer is the step's output."""

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="bedrock", action=self.action, sdk=True)

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return OperationOutput(service="bedrock", operation=self.reading)

    @property
    @abstractmethod
    def passed_role(self) -> Text | None:
        """ARN of the role that Bedrock is given."""

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        create = self.integration.operation
        calls = Calls(actions=[f"bedrock:{create}", f"bedrock:{self.reading}"], resources=["*"], reason=_NAMED_LATER)
        role = self.passed_role
        return (calls,) if role is None else (calls, PassRole(role=role, service="bedrock.amazonaws.com"))


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class BedrockCustomModelStep(_BedrockStep):
    """Creates a custom model in Bedrock of artifacts in S3.

    Its output is the response of GetCustomModel: ``step.output("ModelArn")``. Only SageMaker Pipelines has it.

    Args:
        model_name: of the model.
        artifacts_uri: prefix in S3 of the model's artifacts.
        role: ARN of the role by which Bedrock reads them.
        kms_key: ARN of the key that encrypts the model. Default: a key of AWS's.
    """

    kind: ClassVar[str] = "Bedrock custom model"
    pipeline_type: ClassVar[str | None] = "BedrockCustomModel"
    action: ClassVar[str] = "createCustomModel"
    reading: ClassVar[str] = "GetCustomModel"

    model_name: Text
    artifacts_uri: Text
    role: Text
    kms_key: Text | None = None

    @property
    def passed_role(self) -> Text | None:
        """ARN of the role that Bedrock is given."""
        return self.role

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        return {
            "ModelName": self.model_name,
            "ModelSourceConfig": {"s3DataSource": {"s3Uri": self.artifacts_uri}},
            "RoleArn": self.role,
            "ModelKmsKeyArn": self.kms_key,
        }


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class BedrockCustomModelDeploymentStep(_BedrockStep):
    """Deploys a custom model of Bedrock for inference on demand.

    Its output is the response of GetCustomModelDeployment: ``step.output("ModelDeploymentArn")``. Only SageMaker
    Pipelines has it.

    Args:
        deployment_name: of the deployment.
        model_arn: of the custom model, such as ``custom.output("ModelArn")``.
        description: of the deployment. Default: none.
    """

    kind: ClassVar[str] = "Bedrock deployment"
    pipeline_type: ClassVar[str | None] = "BedrockCustomModelDeployment"
    action: ClassVar[str] = "createCustomModelDeployment"
    reading: ClassVar[str] = "GetCustomModelDeployment"

    deployment_name: Text
    model_arn: Text
    description: Text | None = None

    @property
    def passed_role(self) -> Text | None:
        """No role is passed."""
        return None

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        return {
            "ModelDeploymentName": self.deployment_name,
            "ModelArn": self.model_arn,
            "Description": self.description,
        }


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class BedrockModelImportStep(_BedrockStep):
    """Imports a model that was trained elsewhere into Bedrock.

    Its output is the response of GetModelImportJob: ``step.output("ImportedModelArn")``. Only SageMaker Pipelines
    has it.

    Args:
        job_name: of the import.
        model_name: of the imported model.
        artifacts_uri: prefix in S3 of the model's artifacts.
        role: ARN of the role by which Bedrock reads them.
        kms_key: ARN of the key that encrypts the model. Default: a key of AWS's.
    """

    kind: ClassVar[str] = "Bedrock import"
    pipeline_type: ClassVar[str | None] = "BedrockModelImport"
    action: ClassVar[str] = "createModelImportJob"
    reading: ClassVar[str] = "GetModelImportJob"

    job_name: Text
    model_name: Text
    artifacts_uri: Text
    role: Text
    kms_key: Text | None = None

    @property
    def passed_role(self) -> Text | None:
        """ARN of the role that Bedrock is given."""
        return self.role

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        return {
            "JobName": self.job_name,
            "ImportedModelName": self.model_name,
            "RoleArn": self.role,
            "ModelDataSource": {"s3DataSource": {"s3Uri": self.artifacts_uri}},
            "ImportedModelKmsKeyId": self.kms_key,
        }


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class BedrockThroughputStep(_BedrockStep):
    """Buys throughput of a model in Bedrock. It costs by the hour until it is deleted, or for the time committed to.

    Its output is the response of GetProvisionedModelThroughput: ``step.output("ProvisionedModelArn")``. Only SageMaker
    Pipelines has it.

    Args:
        throughput_name: of the throughput.
        model_id: id or ARN of the model, such as ``custom.output("ModelArn")``.
        model_units: how much; at least 1. Default: one.
        commitment: how long it is paid for. Default: by the hour.
        tags: of the throughput. Default: none.
    """

    kind: ClassVar[str] = "Bedrock throughput"
    pipeline_type: ClassVar[str | None] = "BedrockProvisionedModelThroughput"
    action: ClassVar[str] = "createProvisionedModelThroughput"
    reading: ClassVar[str] = "GetProvisionedModelThroughput"

    throughput_name: Text
    model_id: Text
    model_units: Whole = 1
    commitment: Text | None = None
    tags: Mapping[str, Text] = NO_MEMBERS

    @property
    def passed_role(self) -> Text | None:
        """No role is passed."""
        return None

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        tags = [{"key": key, "value": value} for key, value in self.tags.items()]
        return {
            "ProvisionedModelName": self.throughput_name,
            "ModelId": self.model_id,
            "ModelUnits": self.model_units,
            "CommitmentDuration": self.commitment,
            "Tags": tags or None,
        }
