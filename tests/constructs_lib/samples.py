"""Valid steps to begin with: a test changes what it is about."""

from typing import Any

from constructs_lib.definitions import (
    ComputeResources,
    ContainerBuildStep,
    ContinuousRange,
    DefinitionError,
    EndpointConfigStep,
    EndpointStep,
    HumanTask,
    LabelingStep,
    LambdaStep,
    MetricDefinition,
    ModelStep,
    NotebookJobStep,
    Objective,
    PipelineDefinition,
    ProcessingOutput,
    ProcessingStep,
    ProductionVariant,
    PropertyFile,
    RegisterModelStep,
    Step,
    TrainingStep,
    TransformInput,
    TransformOutput,
    TransformStep,
    TuningLimits,
    TuningStep,
    WorkflowDefinition,
)

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:work"
REPOSITORY = "arn:aws:ecr:eu-west-1:111122223333:repository/housing"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/housing@sha256:" + "0" * 64
ROLE = "arn:aws:iam::111122223333:role/job"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOKEN = "${Token[TOKEN.12]}"
NUMBER_TOKEN = -1.8881545897087e289
LIST_TOKEN = "#{Token[TOKEN.7]}"
PLACE = {"partition": "aws", "region": "eu-west-1", "account": "111122223333"}


def function(name: str = "Work", **changed: Any) -> LambdaStep:
    """A Lambda step."""
    return LambdaStep(**{"name": name, "function_arn": FUNCTION, **changed})


def build(name: str = "Build", **changed: Any) -> ContainerBuildStep:
    """A container build."""
    return ContainerBuildStep(**{"name": name, "function_arn": FUNCTION, "repository_arn": REPOSITORY, **changed})


def training(name: str = "Train", **changed: Any) -> TrainingStep:
    """A training job with a role."""
    given = {
        "name": name,
        "role": ROLE,
        "image": IMAGE,
        "compute": ComputeResources(instance_type="ml.m5.large"),
        "output_uri": "s3://data/models",
    }
    return TrainingStep(**{**given, **changed})


def processing(name: str = "Process", **changed: Any) -> ProcessingStep:
    """A processing job with a role."""
    given = {"name": name, "role": ROLE, "image": IMAGE, "compute": ComputeResources(instance_type="ml.m5.large")}
    return ProcessingStep(**{**given, **changed})


def notebook(name: str = "Explore", **changed: Any) -> NotebookJobStep:
    """A notebook job with a role."""
    given = {
        "name": name,
        "role": ROLE,
        "image": IMAGE,
        "notebook": "explore.ipynb",
        "input_uri": "s3://data/notebooks",
        "output_uri": "s3://data/explored",
        "region": "eu-west-1",
    }
    return NotebookJobStep(**{**given, **changed})


def tuning(name: str = "Tune", **changed: Any) -> TuningStep:
    """A tuning job with a role."""
    given = {
        "name": name,
        "role": ROLE,
        "image": IMAGE,
        "compute": ComputeResources(instance_type="ml.m5.large"),
        "output_uri": "s3://data/models",
        "objective": Objective(metric="rmse", goal="Minimize"),
        "ranges": [ContinuousRange(name="eta", lowest=0.1, highest=0.9)],
        "limits": TuningLimits(max_jobs=4),
        "metrics": [MetricDefinition(name="rmse", regex="rmse=([0-9.]+)")],
    }
    return TuningStep(**{**given, **changed})


def transform(name: str = "Transform", **changed: Any) -> TransformStep:
    """A transform job."""
    given = {
        "name": name,
        "model_name": "houses",
        "data": TransformInput(uri="s3://data/rows/"),
        "result": TransformOutput(uri="s3://data/predictions"),
        "instance_type": "ml.m5.large",
    }
    return TransformStep(**{**given, **changed})


def labeling(name: str = "Label", **changed: Any) -> LabelingStep:
    """A labeling job with a role."""
    given = {
        "name": name,
        "role": ROLE,
        "manifest_uri": "s3://data/in.manifest",
        "output_uri": "s3://data/labels",
        "label_attribute": "kind",
        "task": HumanTask(
            workteam_arn="arn:aws:sagemaker:eu-west-1:111122223333:workteam/private-crowd/team",
            template_uri="s3://data/page.liquid",
            pre_task_function_arn=FUNCTION,
            consolidation_function_arn=FUNCTION,
            title="Kind of house",
            description="What kind of house is it?",
        ),
    }
    return LabelingStep(**{**given, **changed})


def model(name: str = "Save", **changed: Any) -> ModelStep:
    """A model with a role."""
    return ModelStep(**{"name": name, "role": ROLE, "image": IMAGE, **changed})


def variant(**changed: Any) -> ProductionVariant:
    """A variant of an endpoint."""
    return ProductionVariant(**{"model_name": "houses", "instance_type": "ml.m5.large", **changed})


def config(name: str = "Configure", **changed: Any) -> EndpointConfigStep:
    """An endpoint configuration of one variant."""
    return EndpointConfigStep(**{"name": name, "variants": [variant()], **changed})


def endpoint(name: str = "Serve", **changed: Any) -> EndpointStep:
    """An endpoint that is waited for."""
    return EndpointStep(**{"name": name, "endpoint_name": "houses", "config_name": "houses", **changed})


def workflow(*steps: Step, **changed: Any) -> WorkflowDefinition:
    """A workflow of these steps."""
    return WorkflowDefinition(**{"name": "sample", "steps": list(steps), **changed})


def problems(*steps: Any, **changed: Any) -> list[str]:
    """What is wrong with a workflow of these steps, a line each; empty if nothing is."""
    try:
        WorkflowDefinition(**{"name": "sample", "steps": list(steps), **changed})
    except DefinitionError as error:
        return [str(problem) for problem in error.problems]
    return []


def evaluation(name: str = "Evaluate", **changed: Any) -> ProcessingStep:
    """A processing job with an output, and a property file in it."""
    output = ProcessingOutput(name="report", path="/opt/ml/processing/report", uri="s3://data/report")
    file = PropertyFile(name="Report", output_name="report", path="report.json")
    return processing(name, **{"outputs": [output], "property_files": [file], **changed})


def registration(name: str = "Register", **changed: Any) -> RegisterModelStep:
    """A model that is registered."""
    given = {"group_name": "houses", "image": IMAGE, "content_types": ["text/csv"], "response_types": ["text/csv"]}
    return RegisterModelStep(**{"name": name, **given, **changed})


def pipeline(*steps: Step, **changed: Any) -> PipelineDefinition:
    """A pipeline of these steps."""
    return PipelineDefinition(**{"name": "sample", "steps": list(steps), **changed})


def pipeline_problems(*steps: Any, **changed: Any) -> list[str]:
    """What is wrong with a pipeline of these steps, a line each; empty if nothing is."""
    try:
        PipelineDefinition(**{"name": "sample", "steps": list(steps), **changed})
    except DefinitionError as error:
        return [str(problem) for problem in error.problems]
    return []
