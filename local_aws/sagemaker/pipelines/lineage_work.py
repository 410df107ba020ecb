"""Lineage steps: entities are made with the execution role's rights, then the associations between them."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from attrs import define
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.platform import Platform
from local_aws.sagemaker.pipelines.failures import StepFailedError, of_call
from local_aws.sagemaker.pipelines.lineage_rules import (
    ASSOCIATIONS,
    ENDS,
    KINDS,
    EntityKind,
    repeated_names,
    unknown_ends,
)
from local_aws.sagemaker.pipelines.records import EXECUTING
from local_aws.sagemaker.pipelines.step_work import StepWork

_SERVICE = "sagemaker"


@define(eq=False)
class LineageWork:
    """Notes down what a step says.

    What was made stays made when a later call fails. The next attempt, and a retry of the execution, go on from there.

    Args:
        platform: the local AWS; SageMaker itself looks which artifact a source has already.
    """

    platform: Platform

    async def carry_out(self, work: StepWork, request: dict[str, Any]) -> None:
        """Carries out a step.

        Args:
            work: the step.
            request: its Arguments, resolved.

        Raises:
            StepFailedError: a call failed, or an association is of something that the step does not make.
        """
        work.enter(EXECUTING)
        await work.blocking(lambda: self._note(work, request))

    def _note(self, work: StepWork, request: dict[str, Any]) -> None:
        _check_names(request)
        made = work.execution.lineage.setdefault(work.run.step.name, {})
        _tell(work, made)
        for kind in KINDS:
            for entity in request.get(kind.member) or ():
                arns = made.setdefault(kind.arns, {})
                if entity[kind.name] not in arns:
                    arns[entity[kind.name]] = self._make(work, kind, entity)
                    _tell(work, made)
        for association in request.get(ASSOCIATIONS) or ():
            ends = {f"{end}Arn": _arn(association[end], made) for end in ENDS}
            told = {member: value for member, value in association.items() if member == "AssociationType"}
            if ends not in made.setdefault(ASSOCIATIONS, []):
                work.calls.call(_SERVICE, "AddAssociation", ends | told)
                made[ASSOCIATIONS].append(ends)
                _tell(work, made)

    def _make(self, work: StepWork, kind: EntityKind, entity: dict[str, Any]) -> str:
        try:
            answer = work.calls.ask(_SERVICE, kind.operation, entity)
        except (ClientError, BotoCoreError) as error:
            if kind.type == "Artifact" and "already exists" in str(error):
                return self._take_artifact(work, entity, error)
            raise of_call(_SERVICE, kind.operation, error) from error
        return str(answer[f"{kind.type}Arn"])

    def _take_artifact(self, work: StepWork, entity: dict[str, Any], error: Exception) -> str:
        """The artifact of a source, with the step's name and properties.

        SageMaker notes down by itself what jobs read and make, at some time after their end: whether it or the step
        comes first must make no difference.
        """
        sagemaker = self.platform.client(_SERVICE, region=work.execution.pipeline.region)
        wanted = {"SourceUri": entity["Source"]["SourceUri"], "ArtifactType": entity["ArtifactType"]}
        types = entity["Source"].get("SourceTypes", [])
        for page in sagemaker.get_paginator("list_artifacts").paginate(**wanted):
            for found in page["ArtifactSummaries"]:
                if found["Source"].get("SourceTypes", []) == types:
                    own = {name: entity[name] for name in ("ArtifactName", "Properties") if name in entity}
                    return str(sagemaker.update_artifact(ArtifactArn=found["ArtifactArn"], **own)["ArtifactArn"])
        raise StepFailedError(f"ClientError: {error}") from error


def _check_names(request: Mapping[str, Any]) -> None:
    """Names may be known only now: those that do not fit together must not leave half of a step."""
    if faults := [*repeated_names(request), *unknown_ends(request)]:
        raise StepFailedError(f"ClientError: {'; '.join(faults)}")


def _tell(work: StepWork, made: Mapping[str, Any]) -> None:
    """Copies: others read them while the step goes on."""
    work.run.properties = deepcopy(made)
    work.run.metadata = {"Lineage": deepcopy(made)}


def _arn(end: Mapping[str, str], made: Mapping[str, Any]) -> str:
    if "Arn" in end:
        return end["Arn"]
    return str(made[next(kind.arns for kind in KINDS if kind.type == end["Type"])][end["Name"]])
