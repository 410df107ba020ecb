"""The steps that compare data and models with their baselines: SageMaker Model Monitor's and Clarify's."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

from attrs import Factory, field, frozen

from constructs_lib.definitions.compute import (
    ComputeResources,
    ContainerImage,
    NetworkConfig,
    ProcessingInput,
    ProcessingOutput,
)
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import ApiAccess, Need, ReadObjects
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.steps.base import JobStep, name_from
from constructs_lib.definitions.steps.processing import ProcessingStep
from constructs_lib.definitions.steps.sagemaker_jobs import SageMakerJob
from constructs_lib.definitions.values import Reference, Text, UniqueName, Whole

_FOLDER = "/opt/ml/processing"
_ONE_HOUR = 3600
_FORMATS = {
    "csv with header": {"csv": {"header": True, "output_columns_position": "START"}},
    "csv": {"csv": {"header": False, "output_columns_position": "START"}},
    "json lines": {"json": {"lines": True}},
    "captured": {"sagemakerCaptureJson": {}},
}


def _job_name(step: "_CheckStep") -> Text:
    return UniqueName(name_from(step.name), per_attempt=True)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class _CheckStep(SageMakerJob, JobStep, ABC):
    """A processing job whose results SageMaker Pipelines compares with a baseline."""

    only_in_pipelines: ClassVar[bool] = True
    retried_by_pipelines: ClassVar[bool] = False
    name_member: ClassVar[str | None] = "ProcessingJobName"
    job: ClassVar[str] = "ProcessingJob"
    rule: ClassVar[str] = "Processing"
    results: ClassVar[Sequence[str]]
    """What the step gives back: addresses in S3."""

    image: Text | ContainerImage
    compute: ComputeResources
    data_uri: Text
    output_uri: Text
    group_name: Text | None = None
    skip_check: bool | Reference = False
    fail_on_violation: bool | Reference = True
    register_new_baseline: bool | Reference = False
    supplied_constraints_uri: Text | None = None
    data_kms_key: Text | None = None
    output_kms_key: Text | None = None
    max_runtime_seconds: Whole = _ONE_HOUR
    network: NetworkConfig = field(default=NetworkConfig())
    job_name: Text = Factory(_job_name, takes_self=True)
    tags: Mapping[str, Text] = NO_MEMBERS
    wait: bool = True

    @property
    @abstractmethod
    def check_type(self) -> str:
        """As the service calls it."""

    @property
    @abstractmethod
    def processing(self) -> ProcessingStep:
        """The job."""

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return DeclaredOutput(members=dict.fromkeys(self.results, "string"))

    @property
    def pipeline_response(self) -> Output | None:
        """What the step gives back in SageMaker Pipelines."""
        return self.response

    @property
    def pipeline_members(self) -> Mapping[str, Any]:
        """What stands beside the Arguments in a pipeline's document."""
        return {
            "CheckType": self.check_type,
            "ModelPackageGroupName": self.group_name,
            "SkipCheck": self.skip_check,
            "FailOnViolation": self.fail_on_violation,
            "RegisterNewBaseline": self.register_new_baseline,
            "SuppliedBaselineConstraints": self.supplied_constraints_uri,
        }

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references."""
        return (super().values, self.pipeline_members)

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        return self.processing.own_request()

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (*self.start_needs, *self.role_needs)

    def pipeline_needs(self, *, custom_prefix: bool) -> tuple[Need, ...]:
        """What the role of a pipeline must be allowed to do for the step: it compares the results itself."""
        needs = [*super().pipeline_needs(custom_prefix=custom_prefix)]
        needs.append(ReadObjects(uri=self.output_uri, kms_key=self.output_kms_key))
        needs += [ReadObjects(uri=uri) for uri in self._supplied if uri is not None]
        if self.group_name is not None:  # the baseline of the latest approved model
            group = ApiAccess(
                actions=["sagemaker:ListModelPackages"], resource_type="model-package-group", name=self.group_name
            )
            needs.append(group)
        return tuple(needs)

    @property
    def _supplied(self) -> tuple[Text | None, ...]:
        return (self.supplied_constraints_uri,)

    @property
    def job_needs(self) -> tuple[Need, ...]:
        """What the job's role must be allowed to do."""
        return self.processing.job_needs

    def _made(
        self, inputs: Sequence[ProcessingInput], output: str, environment: Mapping[str, Text] | None = None
    ) -> ProcessingStep:
        return ProcessingStep(
            name=self.name,
            role=self.role,
            image=self.image,
            compute=self.compute,
            inputs=inputs,
            outputs=[ProcessingOutput(name=output, path=f"{_FOLDER}/output", uri=self.output_uri)],
            output_kms_key=self.output_kms_key,
            environment={} if environment is None else environment,
            max_runtime_seconds=self.max_runtime_seconds,
            network=self.network,
            job_name=self.job_name,
            tags=self.tags,
        )


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class QualityCheckStep(_CheckStep):
    """Calculates the statistics and constraints of data, or of predictions, and compares them with a baseline.

    Its outputs are addresses in S3: ``step.output("CalculatedBaselineConstraints")`` and ``...Statistics``,
    ``BaselineUsedForDriftCheckConstraints`` and ``...Statistics``. Only SageMaker Pipelines has it.

    Args:
        image: of SageMaker Model Monitor, in the region.
        compute: the instances.
        data_uri: prefix in S3 of the data; for a model's quality, predictions beside what was true.
        output_uri: prefix in S3 of the results.
        data_format: of the data. Default: CSV with a header.
        problem_type: given for the quality of a model. Default: none, it is the quality of data.
        inference_attribute: name or position of the predictions. Default: none.
        probability_attribute: name or position of the probabilities. Default: none.
        ground_truth_attribute: name or position of what was true. Default: none.
        probability_threshold: from which on a prediction is positive. Default: none.
        group_name: model package group whose latest approved model has the baseline. Default: none; then one is
            supplied, or `skip_check` is set.
        skip_check: calculates a baseline, and compares nothing. Default: compares.
        fail_on_violation: whether a violation fails the step. Default: it does.
        register_new_baseline: whether what was calculated is the baseline of the model that is registered next.
            Default: the one that was compared with stays.
        supplied_statistics_uri: of a baseline. Default: that of the group's model.
        supplied_constraints_uri: of a baseline. Default: that of the group's model.
        data_kms_key: ARN of the key that encrypts the data, which the job's role then may use. Default: none.
        output_kms_key: ARN of the key that encrypts the results. Default: S3's own key for the account.
        max_runtime_seconds: the job is stopped after that time. Default: one hour.
        network: Default: no VPC, traffic between instances encrypted.
        job_name: Default: made by the service.
        tags: of the job. Default: none.
    """

    kind: ClassVar[str] = "Quality check"
    pipeline_type: ClassVar[str | None] = "QualityCheck"
    results: ClassVar[Sequence[str]] = (
        "CalculatedBaselineConstraints",
        "CalculatedBaselineStatistics",
        "BaselineUsedForDriftCheckConstraints",
        "BaselineUsedForDriftCheckStatistics",
    )

    data_format: Literal["csv with header", "csv", "json lines", "captured"] = "csv with header"
    problem_type: Literal["BinaryClassification", "MulticlassClassification", "Regression"] | None = None
    inference_attribute: Text | None = None
    probability_attribute: Text | None = None
    ground_truth_attribute: Text | None = None
    probability_threshold: Text | None = None
    supplied_statistics_uri: Text | None = None

    @property
    def check_type(self) -> str:
        """As the service calls it."""
        return "DATA_QUALITY" if self.problem_type is None else "MODEL_QUALITY"

    @property
    def pipeline_members(self) -> Mapping[str, Any]:
        """What stands beside the Arguments in a pipeline's document."""
        return {**super().pipeline_members, "SuppliedBaselineStatistics": self.supplied_statistics_uri}

    @property
    def _supplied(self) -> tuple[Text | None, ...]:
        return (self.supplied_constraints_uri, self.supplied_statistics_uri)

    @cached_property
    def processing(self) -> ProcessingStep:
        """The job."""
        folder = f"{_FOLDER}/input/baseline_dataset_input"
        data = ProcessingInput(name="baseline_dataset_input", uri=self.data_uri, path=folder, kms_key=self.data_kms_key)
        model = {
            "analysis_type": None if self.problem_type is None else "MODEL_QUALITY",
            "problem_type": self.problem_type,
            "inference_attribute": self.inference_attribute,
            "probability_attribute": self.probability_attribute,
            "ground_truth_attribute": self.ground_truth_attribute,
            "probability_threshold_attribute": self.probability_threshold,
        }
        environment = {
            "output_path": f"{_FOLDER}/output",
            "publish_cloudwatch_metrics": "Disabled",
            "dataset_format": json.dumps(_FORMATS[self.data_format]),
            "dataset_source": folder,
            **present(model),
        }
        return self._made([data], "quality_check_output", environment)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class ClarifyCheckStep(_CheckStep):
    """Looks for bias in data or in a model, or for what its predictions depend on, and compares with a baseline.

    Its outputs are addresses in S3: ``step.output("CalculatedBaselineConstraints")`` and
    ``BaselineUsedForDriftCheckConstraints``. Only SageMaker Pipelines has it.

    Args:
        check: what is looked for.
        image: of SageMaker Clarify, in the region.
        compute: the instances; one only, where `check` is the bias of data.
        data_uri: prefix in S3 of the data.
        config_uri: of Clarify's ``analysis_config.json`` in S3.
        output_uri: prefix in S3 of the results.
        model_name: of the model, such as ``model_step.model_name``; not where `check` is the bias of data.
        group_name: model package group whose latest approved model has the baseline. Default: none; then one is
            supplied, or `skip_check` is set.
        skip_check: calculates a baseline, and compares nothing. Default: compares.
        fail_on_violation: whether a violation fails the step. Default: it does.
        register_new_baseline: whether what was calculated is the baseline of the model that is registered next.
            Default: the one that was compared with stays.
        supplied_constraints_uri: of a baseline. Default: that of the group's model.
        data_kms_key: ARN of the key that encrypts the data, which the job's role then may use. Default: none.
        output_kms_key: ARN of the key that encrypts the results. Default: S3's own key for the account.
        max_runtime_seconds: the job is stopped after that time. Default: one hour.
        network: Default: no VPC, traffic between instances encrypted.
        job_name: Default: made by the service.
        tags: of the job. Default: none.
    """

    kind: ClassVar[str] = "Clarify check"
    pipeline_type: ClassVar[str | None] = "ClarifyCheck"
    results: ClassVar[Sequence[str]] = ("CalculatedBaselineConstraints", "BaselineUsedForDriftCheckConstraints")

    check: Literal["data bias", "model bias", "model explainability"]
    config_uri: Text
    model_name: Text | None = None

    @property
    def check_type(self) -> str:
        """As the service calls it."""
        return self.check.upper().replace(" ", "_")

    @property
    def pipeline_members(self) -> Mapping[str, Any]:
        """What stands beside the Arguments in a pipeline's document."""
        return {**super().pipeline_members, "ModelName": self.model_name}

    @cached_property
    def processing(self) -> ProcessingStep:
        """The job."""
        config = ProcessingInput(name="analysis_config", uri=self.config_uri, path=f"{_FOLDER}/input/config")
        data = ProcessingInput(
            name="dataset", uri=self.data_uri, path=f"{_FOLDER}/input/data", kms_key=self.data_kms_key
        )
        return self._made([config, data], "analysis_result")
