"""What a job's description says of its lineage: parameters, what went in, what came out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

_MOST_CHARACTERS = 2500


@frozen(kw_only=True)
class Material:
    """Something that went into a job, or came out of it.

    Attributes:
        name: of the channel, input or output.
        uri: where it lies.
        type: of its artifact: ``DataSet``, ``Image`` or ``Model``.
        media_type: of its content, where the job says it.
    """

    name: str
    uri: str
    type: str
    media_type: str | None = None

    def artifact(self) -> dict[str, str]:
        """As a trial component tells it."""
        told = {"Value": self.uri}
        return told if self.media_type is None else told | {"MediaType": self.media_type}


@frozen(kw_only=True)
class JobKind:
    """How one kind of job tells its lineage.

    Attributes:
        name: as in the API, such as ``TrainingJob``.
        suffix: of the trial component's name.
        times: the members that say when its instances began and ended their work.
    """

    name: str
    suffix: str
    times: tuple[str, str]

    def component_name(self, detail: dict[str, Any]) -> str:
        """The name of a job's trial component."""
        return f"{detail[f'{self.name}Name']}-{self.suffix}"

    def members(self, detail: dict[str, Any]) -> dict[str, Any]:
        """The description of a job's trial component, from the job's event."""
        arn = detail[f"{self.name}Arn"]
        name = self.component_name(detail)
        display = detail.get("ExperimentConfig", {}).get("TrialComponentDisplayName", name)
        status: dict[str, str] = {"PrimaryStatus": detail[f"{self.name}Status"]}
        if "FailureReason" in detail:
            status["Message"] = detail["FailureReason"]
        members: dict[str, Any] = {
            "DisplayName": display,
            "Source": {"SourceArn": arn, "SourceType": f"SageMaker{self.name}"},
            "Status": status,
            "Parameters": dict(_parameters(self.name, detail)),
            "InputArtifacts": {material.name: material.artifact() for material in self.inputs(detail)},
            "OutputArtifacts": {material.name: material.artifact() for material in self.outputs(detail)},
        }
        for ours, theirs in zip(("StartTime", "EndTime"), self.times, strict=True):
            if theirs in detail:
                members[ours] = _moment(detail[theirs])
        if "FinalMetricDataList" in detail:
            members["Metrics"] = [
                {
                    "MetricName": metric["MetricName"],
                    "SourceArn": arn,
                    "TimeStamp": _moment(metric["Timestamp"]),
                    "Last": metric["Value"],
                }
                for metric in detail["FinalMetricDataList"]
            ]
        return members

    def inputs(self, detail: dict[str, Any]) -> list[Material]:
        """What went into a job."""
        return list(_INPUTS[self.name](detail))

    def outputs(self, detail: dict[str, Any]) -> list[Material]:
        """What has come out of a job."""
        return list(_OUTPUTS[self.name](detail))


TRAINING = JobKind(name="TrainingJob", suffix="aws-training-job", times=("TrainingStartTime", "TrainingEndTime"))
PROCESSING = JobKind(
    name="ProcessingJob", suffix="aws-processing-job", times=("ProcessingStartTime", "ProcessingEndTime")
)
TRANSFORM = JobKind(name="TransformJob", suffix="aws-transform-job", times=("TransformStartTime", "TransformEndTime"))


def _parameters(kind: str, detail: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    resources = {
        "TrainingJob": detail.get("ResourceConfig", {}),
        "ProcessingJob": detail.get("ProcessingResources", {}).get("ClusterConfig", {}),
        "TransformJob": detail.get("TransformResources", {}),
    }[kind]
    given = {f"SageMaker.{name}": resources[name] for name in _RESOURCES if name in resources}
    given |= detail.get("HyperParameters", {}) | (detail.get("Environment", {}) if kind == "ProcessingJob" else {})
    for name, value in given.items():
        yield name, _parameter(value)


_RESOURCES = ("InstanceType", "InstanceCount", "VolumeSizeInGB")


def _parameter(value: Any) -> dict[str, Any]:
    try:
        return {"NumberValue": float(value)}
    except ValueError:
        return {"StringValue": str(value)[:_MOST_CHARACTERS]}


def _training_inputs(detail: dict[str, Any]) -> Iterator[Material]:
    if (image := detail["AlgorithmSpecification"].get("TrainingImage")) is not None:
        yield Material(name="SageMaker.ImageUri", uri=image, type="Image")
    for channel in detail.get("InputDataConfig", ()):
        uri = channel["DataSource"].get("S3DataSource", {}).get("S3Uri")
        if uri is not None:
            media = channel.get("ContentType")
            yield Material(name=channel["ChannelName"], uri=uri, type="DataSet", media_type=media)


def _training_outputs(detail: dict[str, Any]) -> Iterator[Material]:
    if (model := detail.get("ModelArtifacts", {}).get("S3ModelArtifacts")) is not None:
        yield Material(name="SageMaker.ModelArtifact", uri=model, type="Model")


def _processing_inputs(detail: dict[str, Any]) -> Iterator[Material]:
    yield Material(name="SageMaker.ImageUri", uri=detail["AppSpecification"]["ImageUri"], type="Image")
    for given in detail.get("ProcessingInputs", ()):
        if "S3Input" in given:
            yield Material(name=given["InputName"], uri=given["S3Input"]["S3Uri"], type="DataSet")


def _processing_outputs(detail: dict[str, Any]) -> Iterator[Material]:
    for output in detail.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        if "S3Output" in output:
            yield Material(name=output["OutputName"], uri=output["S3Output"]["S3Uri"], type="DataSet")


def _transform_inputs(detail: dict[str, Any]) -> Iterator[Material]:
    given = detail["TransformInput"]
    uri = given["DataSource"]["S3DataSource"]["S3Uri"]
    yield Material(name="SageMaker.TransformInput", uri=uri, type="DataSet", media_type=given.get("ContentType"))
    region, account = detail["TransformJobArn"].split(":")[3:5]
    model = f"arn:aws:sagemaker:{region}:{account}:model/{detail['ModelName']}"
    yield Material(name="SageMaker.ModelName", uri=model, type="Model")


def _transform_outputs(detail: dict[str, Any]) -> Iterator[Material]:
    output = detail["TransformOutput"]
    yield Material(
        name="SageMaker.TransformOutput", uri=output["S3OutputPath"], type="DataSet", media_type=output.get("Accept")
    )


_INPUTS = {"TrainingJob": _training_inputs, "ProcessingJob": _processing_inputs, "TransformJob": _transform_inputs}
_OUTPUTS = {"TrainingJob": _training_outputs, "ProcessingJob": _processing_outputs, "TransformJob": _transform_outputs}


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
