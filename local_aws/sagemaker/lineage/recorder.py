"""Lineage that nobody asked for: what jobs, models, model packages and endpoints tell of themselves by their events."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from attrs import define, field

from local_aws.containers.engine import EngineError
from local_aws.containers.registry import image_digest
from local_aws.gateway.errors import AwsError
from local_aws.platform import Platform
from local_aws.sagemaker.lineage.jobs import PROCESSING, TRAINING, TRANSFORM, JobKind, Material
from local_aws.sagemaker.lineage.records import (
    ACTION,
    ARTIFACT,
    CONTEXT,
    TRIAL,
    TRIAL_COMPONENT,
    Association,
    Entity,
    EntityKind,
    LineageRecords,
    artifact_id,
    entity_arn,
)
from local_aws.sagemaker.tags import TagStore

_log = logging.getLogger(__name__)

_IMAGE, _MODEL, _MODEL_GROUP, _ENDPOINT = "Image", "Model", "ModelGroup", "Endpoint"
_ENDED = frozenset({"Completed", "Failed", "Stopped"})
_LONGEST_NAME = 120


@define(eq=False)
class Recorder:
    """Makes entities and associations of events, as SageMaker does beside its work.

    Args:
        platform: the local AWS, whose events it reads.
        records: where the entities go.
        tags: where their tags are kept.

    Attributes:
        configs: the endpoint configurations that were told of, by ARN.
    """

    platform: Platform
    records: LineageRecords
    tags: TagStore
    configs: dict[str, dict[str, Any]] = field(factory=dict)

    def start(self) -> None:
        """Listens from here on."""
        self.platform.on_event(self.record)

    def record(self, account: str, region: str, event: dict[str, Any]) -> None:
        """Takes note of an event; a fault here is logged, and harms no job."""
        record = _RECORDED.get(event["detail-type"]) if event["source"] == "aws.sagemaker" else None
        if record is None:
            return
        try:
            record(_Scribe(self, account, region), event["detail"])
        except Exception:  # noqa: BLE001 - whatever this makes of an event, the work that it tells of goes on
            _log.exception("lineage of %s", event["resources"])


@define(eq=False)
class _Scribe:
    """Writes down the events of one account and region."""

    recorder: Recorder
    account: str
    region: str

    def job(self, kind: JobKind, detail: dict[str, Any]) -> None:
        """A job is on its way, or has ended: a trial component with its data and its image."""
        component = self._entity(TRIAL_COMPONENT, kind.component_name(detail), {})
        self._records.change(component, kind.members(detail))
        for material in kind.inputs(detail):
            self._arrow(self._artifact(material.uri, material.type), component, "ContributedTo")
        if detail[f"{kind.name}Status"] not in _ENDED:
            return
        self._name_digests(kind.inputs(detail))
        for material in kind.outputs(detail):
            self._arrow(component, self._artifact(material.uri, material.type), "Produced")
        if (trial := detail.get("ExperimentConfig", {}).get("TrialName")) is not None:
            with suppress(AwsError):  # a trial that is not there takes no component
                found = self._records.find(entity_arn(TRIAL, self.account, self.region, trial))
                self._arrow(component, found, "AssociatedWith")

    def model(self, detail: dict[str, Any]) -> None:
        """A model was made: of an image and model data, or of a model package."""
        model = self._artifact(detail["ModelArn"], _MODEL, name=f"{detail['ModelName']}-aws-model")
        containers = [detail["PrimaryContainer"]] if "PrimaryContainer" in detail else detail.get("Containers", [])
        for container in containers:
            if (package := container.get("ModelPackageName")) is not None:
                arn = package if package.startswith("arn:") else self._arn("model-package", package)
                self._arrow(self._artifact(arn, _MODEL), model, "ContributedTo")
            else:
                self._made_of(model, container)

    def package(self, detail: dict[str, Any]) -> None:
        """A model package was made or approved: its model data and images, its group, its approval."""
        arn = detail["ModelPackageArn"]
        name = arn.split(":model-package/")[1].replace("/", "-")
        package = self._artifact(arn, _MODEL, name=f"{name}-aws-model-package")
        for container in detail.get("InferenceSpecification", {}).get("Containers", ()):
            self._made_of(package, container)
        if (group := detail.get("ModelPackageGroupName")) is not None:
            source = {"SourceUri": self._arn("model-package-group", group), "SourceType": "ARN"}
            made = self._entity(CONTEXT, f"{group}-aws-model-group", _typed(CONTEXT, _MODEL_GROUP, source))
            self._arrow(package, made, "AssociatedWith")
        if "ModelApprovalStatus" in detail.get("UpdatedModelPackageFields", ()):
            members = _typed(ACTION, "Approval", {"SourceUri": arn, "SourceType": "ARN"})
            approval = self._entity(ACTION, f"{name}-aws-approval", members)
            told = {"ModelApprovalStatus": detail["ModelApprovalStatus"]}
            if "ApprovalDescription" in detail:
                told["ApprovalDescription"] = detail["ApprovalDescription"][:2500]
            self._records.change(approval, {"Status": "Completed", "Properties": told})
            self._arrow(package, approval, "AssociatedWith")

    def config(self, detail: dict[str, Any]) -> None:
        """An endpoint configuration: kept in mind until an endpoint goes live with it."""
        self.recorder.configs[detail["EndpointConfigArn"]] = detail

    def endpoint(self, detail: dict[str, Any]) -> None:
        """An endpoint is in service: a deployment of its models."""
        config_name = detail.get("EndpointConfigName")
        config = self.recorder.configs.get(self._arn("endpoint-config", str(config_name)))
        if detail["EndpointStatus"] != "IN_SERVICE" or config is None:
            return
        name, arn = detail["EndpointName"], detail["EndpointArn"]
        source = {"SourceUri": arn, "SourceType": "ARN"}
        endpoint = self._entity(CONTEXT, f"{name}-aws-endpoint", _typed(CONTEXT, _ENDPOINT, source))
        members = _typed(ACTION, "ModelDeployment", source) | {
            "Status": "Completed",
            "Properties": {"EndpointConfigName": str(config_name)},
        }
        deployment = self._entity(ACTION, f"{name}-{config_name}-aws-model-deployment", members)
        for variant in config["ProductionVariants"]:
            if "ModelName" in variant:
                model = self._artifact(self._arn("model", variant["ModelName"]), _MODEL)
                self._arrow(model, deployment, "ContributedTo")
        self._arrow(deployment, endpoint, "AssociatedWith")

    @property
    def _records(self) -> LineageRecords:
        return self.recorder.records

    def _made_of(self, product: Entity, container: dict[str, Any]) -> None:
        """Draws the arrows from a container's image and model data."""
        if (image := container.get("Image")) is not None:
            artifact = self._artifact(image, _IMAGE)
            self._arrow(artifact, product, "ContributedTo")
            if (digest := container.get("ImageDigest")) is not None:
                self._records.change(artifact, {"Properties": {"ImageDigest": digest}})
        source = container.get("ModelDataSource", {}).get("S3DataSource", {})
        if (data := container.get("ModelDataUrl") or source.get("S3Uri")) is not None:
            self._arrow(self._artifact(data, _MODEL), product, "ContributedTo")

    def _name_digests(self, materials: list[Material]) -> None:
        for material in materials:
            artifact = self._artifact(material.uri, material.type)
            if material.type != _IMAGE or "ImageDigest" in artifact.members.get("Properties", {}):
                continue
            with suppress(EngineError):  # an image of AWS's own accounts is not here
                digest = image_digest(self.recorder.platform, material.uri, None)
                self._records.change(artifact, {"Properties": {"ImageDigest": digest}})

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name}"

    def _artifact(self, uri: str, kind: str, *, name: str | None = None) -> Entity:
        members = {"Source": {"SourceUri": uri, "SourceTypes": []}, "ArtifactType": kind}
        entity = self._entity(ARTIFACT, artifact_id(uri, kind), members, named=False)
        if entity.name is None and name is not None:
            entity.name = _fitting(name)
        return entity

    def _entity(self, kind: EntityKind, name: str, members: dict[str, Any], *, named: bool = True) -> Entity:
        arn = entity_arn(kind, self.account, self.region, _fitting(name))

        def make() -> Entity:
            self.recorder.tags.create(arn, None)
            return Entity(kind=kind, name=_fitting(name) if named else None, arn=arn, members=members)

        return self._records.settle(arn, make)

    def _arrow(self, source: Entity, destination: Entity, kind: str) -> None:
        self._records.associate(Association(source=source.arn, destination=destination.arn, type=kind))


def _typed(kind: EntityKind, type_name: str, source: dict[str, str]) -> dict[str, Any]:
    return {"Source": source, f"{kind.name}Type": type_name}


def _fitting(name: str) -> str:
    """A name of at most 120 characters that keeps its end, which says what it is."""
    return name[-_LONGEST_NAME:].lstrip("-")


def _job(kind: JobKind) -> Callable[[_Scribe, dict[str, Any]], None]:
    return lambda scribe, detail: scribe.job(kind, detail)


_RECORDED: dict[str, Callable[[_Scribe, dict[str, Any]], None]] = {
    "SageMaker Training Job State Change": _job(TRAINING),
    "SageMaker Processing Job State Change": _job(PROCESSING),
    "SageMaker Transform Job State Change": _job(TRANSFORM),
    "SageMaker Model State Change": _Scribe.model,
    "SageMaker Model Package State Change": _Scribe.package,
    "SageMaker Endpoint Config State Change": _Scribe.config,
    "SageMaker Endpoint State Change": _Scribe.endpoint,
}
