"""Experiments, trials and trial components as the API has them."""

from collections.abc import Callable
from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RequestContext
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.lineage.book import EntityBook
from local_aws.sagemaker.lineage.records import (
    EXPERIMENT,
    TRIAL,
    TRIAL_COMPONENT,
    Association,
    Entity,
    LineageRecords,
)
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.tags import TagStore

_MAPS = ("Parameters", "InputArtifacts", "OutputArtifacts")
_COMPONENT_SUMMARY = ("DisplayName", "Status", "StartTime", "EndTime", "CreatedBy", "LastModifiedBy")


@define(eq=False)
class ExperimentOperations(ValidatedGroup):
    """Create, Describe, List, Update, Delete and associate experiments, trials and trial components.

    Args:
        records: entities and associations; a trial component belongs to a trial by an association.
        tags: where their tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _records: LineageRecords
    _tags: TagStore
    _experiments: EntityBook = field(init=False)
    _trials: EntityBook = field(init=False)
    _components: EntityBook = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._experiments = EntityBook(EXPERIMENT, self._records, self._tags)
        self._trials = EntityBook(TRIAL, self._records, self._tags)
        self._components = EntityBook(TRIAL_COMPONENT, self._records, self._tags)

    @operation("CreateExperiment")
    def create_experiment(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records an experiment."""
        return self._experiments.create(context, _displayed(request, "ExperimentName"))

    @operation("DescribeExperiment")
    def describe_experiment(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of an experiment."""
        return self._experiments.find(context, request["ExperimentName"]).describe()

    @operation("ListExperiments")
    def list_experiments(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of experiments, a page at a time."""
        return self._experiments.page(context, request, ("DisplayName",), lambda _: True)

    @operation("UpdateExperiment")
    def update_experiment(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes an experiment's display name and description."""
        return self._experiments.update(context, request["ExperimentName"], request)

    @operation("DeleteExperiment")
    def delete_experiment(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Forgets an experiment without trials."""
        experiment = self._experiments.find(context, request["ExperimentName"])
        trials = [trial.name for trial in self._trials_of(context, experiment)]
        if trials:
            raise validation_error(
                f"Experiment '{experiment.name}' cannot be deleted: it has trials ({', '.join(map(str, trials))})"
            )
        return self._experiments.delete(experiment)

    @operation("CreateTrial")
    def create_trial(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records a trial of an experiment."""
        self._experiments.find(context, request["ExperimentName"])
        return self._trials.create(context, _displayed(request, "TrialName"))

    @operation("DescribeTrial")
    def describe_trial(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a trial."""
        return self._trials.find(context, request["TrialName"]).describe()

    @operation("ListTrials")
    def list_trials(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of trials, a page at a time: of an experiment, or with a trial component."""
        wanted: list[Callable[[Entity], bool]] = []
        if "ExperimentName" in request:
            trials = self._trials_of(context, self._experiments.find(context, request["ExperimentName"]))
            wanted.append(trials.__contains__)
        if "TrialComponentName" in request:
            component = self._components.find(context, request["TrialComponentName"])
            tied = {each.destination for each in self._records.associations(context) if each.source == component.arn}
            wanted.append(lambda trial: trial.arn in tied)
        return self._trials.page(
            context, request, ("DisplayName",), lambda trial: all(passes(trial) for passes in wanted)
        )

    @operation("UpdateTrial")
    def update_trial(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes a trial's display name."""
        return self._trials.update(context, request["TrialName"], request)

    @operation("DeleteTrial")
    def delete_trial(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Forgets a trial without trial components."""
        return self._trials.delete(self._trials.find(context, request["TrialName"]))

    @operation("CreateTrialComponent")
    def create_trial_component(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records a trial component that no job made."""
        return self._components.create(context, _displayed(request, "TrialComponentName"))

    @operation("DescribeTrialComponent")
    def describe_trial_component(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a trial component."""
        component = self._components.find(context, request["TrialComponentName"])
        described = component.describe()
        return described | ({"Sources": [described["Source"]]} if "Source" in described else {})

    @operation("ListTrialComponents")
    def list_trial_components(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of trial components, a page at a time: of a trial, an experiment or a job."""
        trials: list[Entity] | None = None
        if "TrialName" in request:
            trials = [self._trials.find(context, request["TrialName"])]
        elif "ExperimentName" in request:
            trials = self._trials_of(context, self._experiments.find(context, request["ExperimentName"]))
        ends = None if trials is None else {trial.arn for trial in trials}
        tied = {each.source for each in self._records.associations(context) if ends and each.destination in ends}
        source = request.get("SourceArn")

        def wanted(component: Entity) -> bool:
            made_by = component.members.get("Source", {}).get("SourceArn")
            return (ends is None or component.arn in tied) and (source is None or made_by == source)

        answer = self._components.page(context, request, ("Source", *_COMPONENT_SUMMARY), wanted)
        for summary in answer["TrialComponentSummaries"]:
            if "Source" in summary:
                summary["TrialComponentSource"] = summary.pop("Source")
        return answer

    @operation("UpdateTrialComponent")
    def update_trial_component(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes a trial component member by member."""
        return self._components.update(context, request["TrialComponentName"], request, maps=_MAPS)

    @operation("DeleteTrialComponent")
    def delete_trial_component(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Forgets a trial component that is in no trial and has no associations."""
        return self._components.delete(self._components.find(context, request["TrialComponentName"]))

    @operation("AssociateTrialComponent")
    def associate_trial_component(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Puts a trial component into a trial."""
        component, trial = self._pair(context, request)
        by = context.principal.arn
        arrow = Association(source=component.arn, destination=trial.arn, type="AssociatedWith", created_by=by)
        self._records.associate(arrow)
        return {"TrialComponentArn": component.arn, "TrialArn": trial.arn}

    @operation("DisassociateTrialComponent")
    def disassociate_trial_component(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Takes a trial component out of a trial."""
        component, trial = self._pair(context, request)
        self._records.dissociate(component.arn, trial.arn)
        return {"TrialComponentArn": component.arn, "TrialArn": trial.arn}

    def _pair(self, context: RequestContext, request: dict[str, Any]) -> tuple[Entity, Entity]:
        component = self._components.find(context, request["TrialComponentName"])
        return component, self._trials.find(context, request["TrialName"])

    def _trials_of(self, context: RequestContext, experiment: Entity) -> list[Entity]:
        trials = self._records.all(context, TRIAL)
        return [trial for trial in trials if trial.members["ExperimentName"] == experiment.name]


def _displayed(request: dict[str, Any], name: str) -> dict[str, Any]:
    return {"DisplayName": request[name]} | request
