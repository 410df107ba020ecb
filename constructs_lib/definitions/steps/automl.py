"""The step that has SageMaker find a model by itself."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from attrs import Factory, field, frozen

from constructs_lib.definitions.compute import NetworkConfig
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import JoinNetwork, Need, PublishMetrics, ReadObjects, WriteLogs, WriteObjects
from constructs_lib.definitions.outputs import DeclaredOutput, MergedOutput, OperationOutput, Output
from constructs_lib.definitions.steps.base import JobStep, name_from, sagemaker_tags
from constructs_lib.definitions.steps.sagemaker_jobs import SageMakerJob
from constructs_lib.definitions.values import ShortUniqueName, Text, Whole

_SHORT = 19
_REPORTS = DeclaredOutput(members={"BestCandidateProperties": "document"})


def _job_name(step: "AutoMLStep") -> Text:
    return ShortUniqueName(name_from(step.name)[:_SHORT].rstrip("-"))


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class AutoMLStep(SageMakerJob, JobStep):
    """Runs a SageMaker AutoML job on a table, in the mode of ensembles, the only one that pipelines have.

    Its output is the response of DescribeAutoMLJob, such as
    ``step.output("BestCandidate.InferenceContainers[0].ModelDataUrl")``, and where the reports of the best candidate
    lie: ``step.output("BestCandidateProperties.ModelInsightsJsonReportPath")``.

    Args:
        data_uri: prefix in S3 of the table.
        target: name of the column that is predicted.
        output_uri: prefix in S3 of the results.
        problem_type: Default: found out by the service; then `metric` is none.
        metric: what is looked for, such as ``MSE``. Default: the service's choice for the kind of problem.
        max_runtime_seconds: of the job as a whole. Default: the service's.
        max_candidates: Default: the service's.
        data_kms_key: ARN of the key that encrypts the table, which the job's role then may use. Default: none.
        output_kms_key: ARN of the key that encrypts the results. Default: S3's own key for the account.
        network: Default: no VPC, traffic between instances encrypted.
        job_name: 1 to 32 letters, digits and inner hyphens. Default: made by the service.
        tags: of the job. Default: none.
    """

    kind: ClassVar[str] = "AutoML job"
    pipeline_type: ClassVar[str | None] = "AutoML"
    only_in_pipelines: ClassVar[bool] = True
    name_member: ClassVar[str | None] = "AutoMLJobName"
    job: ClassVar[str] = "AutoMLJob"
    rule: ClassVar[str] = "AutoML"

    data_uri: Text
    target: Text
    output_uri: Text
    problem_type: Literal["BinaryClassification", "MulticlassClassification", "Regression"] | None = None
    metric: Text | None = None
    max_runtime_seconds: Whole | None = None
    max_candidates: Whole | None = None
    data_kms_key: Text | None = None
    output_kms_key: Text | None = None
    network: NetworkConfig = field(default=NetworkConfig())
    job_name: Text = Factory(_job_name, takes_self=True)
    tags: Mapping[str, Text] = NO_MEMBERS
    wait: bool = True

    @property
    def pipeline_response(self) -> Output | None:
        """What the step gives back in SageMaker Pipelines."""
        return MergedOutput(parts=[OperationOutput(service="sagemaker", operation="DescribeAutoMLJob"), _REPORTS])

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        criteria = {
            "MaxCandidates": self.max_candidates,
            "MaxAutoMLJobRuntimeInSeconds": self.max_runtime_seconds,
        }
        security = {
            "EnableInterContainerTrafficEncryption": self.network.encrypt_traffic,
            "VpcConfig": self.network.vpc_config(),
        }
        config = {
            "CompletionCriteria": present(criteria) or None,
            "SecurityConfig": present(security),
            "Mode": "ENSEMBLING",
        }
        return {
            "AutoMLJobName": self.job_name,
            "InputDataConfig": [
                {
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": self.data_uri}},
                    "TargetAttributeName": self.target,
                    "ChannelType": "training",
                }
            ],
            "OutputDataConfig": present({"S3OutputPath": self.output_uri, "KmsKeyId": self.output_kms_key}),
            "AutoMLJobConfig": present(config),
            "ProblemType": self.problem_type,
            "AutoMLJobObjective": None if self.metric is None else {"MetricName": self.metric},
            "Tags": sagemaker_tags(self.tags),
        }

    @property
    def named_by_service(self) -> str:
        """What SageMaker Pipelines calls the job: names of AutoML jobs are as short as those of tuning jobs."""
        return f"*-{self.name.replace('_', '-')[:6].strip('-')}*"

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (*self.start_needs, *self.role_needs)

    @property
    def job_needs(self) -> tuple[Need, ...]:
        """What the job's role must be allowed to do."""
        network = self.network
        joining = [JoinNetwork(subnets=network.subnets, security_groups=network.security_groups)]
        return (
            ReadObjects(uri=self.data_uri, kms_key=self.data_kms_key),
            WriteObjects(uri=self.output_uri, kms_key=self.output_kms_key),
            WriteLogs(log_group="/aws/sagemaker/*"),
            PublishMetrics(namespaces=["/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs"]),
            *(joining if network.subnets else ()),
        )
