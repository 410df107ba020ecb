"""The step that has people label data."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from attrs import Factory, frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import InvokeFunction, Need, ReadObjects, WriteLogs, WriteObjects
from constructs_lib.definitions.steps.base import JobStep, name_from, sagemaker_tags
from constructs_lib.definitions.steps.sagemaker_jobs import SageMakerJob
from constructs_lib.definitions.values import Text, UniqueName, Whole


def _job_name(step: "LabelingStep") -> Text:
    return UniqueName(name_from(step.name), per_attempt=True)


@frozen(kw_only=True, field_transformer=freeze_fields)
class HumanTask:
    """What people are asked.

    Args:
        workteam_arn: ARN of the team.
        template_uri: the task's page in S3, or None where `human_task_ui_arn` names a ready one.
        human_task_ui_arn: ARN of a ready page. Default: `template_uri`.
        pre_task_function_arn: function that prepares an object for the page.
        consolidation_function_arn: function that makes one label of several answers.
        title: of the task; 1 to 128 characters.
        description: of the task; 1 to 255 characters.
        keywords: by which people find it; at most 5. Default: none.
        workers_per_object: how many people label each object; 1 to 9. Default: one.
        time_limit_seconds: for one object; at least 30. Default: an hour.
    """

    workteam_arn: Text
    pre_task_function_arn: Text
    consolidation_function_arn: Text
    title: Text
    description: Text
    template_uri: Text | None = None
    human_task_ui_arn: Text | None = None
    keywords: Sequence[Text] = ()
    workers_per_object: Whole = 1
    time_limit_seconds: Whole = 3600


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class LabelingStep(SageMakerJob, JobStep):
    """Runs a SageMaker Ground Truth labeling job and waits for its end, which may take days.

    Its output is the response of DescribeLabelingJob:
    ``step.output("LabelingJobOutput.OutputDatasetS3Uri")`` is the manifest with the labels.

    Args:
        manifest_uri: the input manifest in S3, which names the objects.
        data_uri: prefix in S3 under which the objects lie, for the job's role. Default: the manifest holds the data.
        output_uri: prefix in S3 for the labels.
        label_attribute: name of the label in the output manifest; ends in ``-ref`` or ``-metadata`` for some tasks.
        task: what people are asked.
        categories_uri: the label categories in S3. Default: none.
        kms_key: ARN of the key that encrypts input and output. Default: none.
        job_name: 1 to 63 letters, digits and inner hyphens, never used before in the account and region. Default: the
            step's name, a hash of the execution's ARN and the number of the attempt (see `UniqueName`).
        tags: of the job. Default: none.
        wait: goes on when the job has ended; False goes on when it has started, its output then is that of
            CreateLabelingJob. Default: waits.
    """

    kind: ClassVar[str] = "Labeling job"
    name_member: ClassVar[str | None] = "LabelingJobName"
    job: ClassVar[str] = "LabelingJob"
    rule: ClassVar[str] = "Labeling"

    manifest_uri: Text
    output_uri: Text
    label_attribute: Text
    task: HumanTask
    data_uri: Text | None = None
    categories_uri: Text | None = None
    kms_key: Text | None = None
    job_name: Text = Factory(_job_name, takes_self=True)
    tags: Mapping[str, Text] = NO_MEMBERS
    wait: bool = True

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        task = self.task
        page = {"UiTemplateS3Uri": task.template_uri, "HumanTaskUiArn": task.human_task_ui_arn}
        work = {
            "WorkteamArn": task.workteam_arn,
            "UiConfig": present(page),
            "PreHumanTaskLambdaArn": task.pre_task_function_arn,
            "TaskKeywords": list(task.keywords) or None,
            "TaskTitle": task.title,
            "TaskDescription": task.description,
            "NumberOfHumanWorkersPerDataObject": task.workers_per_object,
            "TaskTimeLimitInSeconds": task.time_limit_seconds,
            "AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": task.consolidation_function_arn},
        }
        return {
            "LabelingJobName": self.job_name,
            "LabelAttributeName": self.label_attribute,
            "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": self.manifest_uri}}},
            "OutputConfig": present({"S3OutputPath": self.output_uri, "KmsKeyId": self.kms_key}),
            "LabelCategoryConfigS3Uri": self.categories_uri,
            "HumanTaskConfig": present(work),
            "Tags": sagemaker_tags(self.tags),
        }

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (*self.start_needs, *self.role_needs)

    @property
    def job_needs(self) -> tuple[Need, ...]:
        """What the job's role must be allowed to do."""
        read = (self.manifest_uri, self.data_uri, self.categories_uri, self.task.template_uri)
        return (
            *(ReadObjects(uri=uri, kms_key=self.kms_key) for uri in read if uri is not None),
            WriteObjects(uri=self.output_uri, kms_key=self.kms_key),
            InvokeFunction(function_arn=self.task.pre_task_function_arn),
            InvokeFunction(function_arn=self.task.consolidation_function_arn),
            WriteLogs(log_group="/aws/sagemaker/LabelingJobs"),
        )
