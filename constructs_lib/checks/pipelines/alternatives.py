"""Properties of which exactly one is given, or that exclude each other."""

from collections.abc import Iterator, Mapping

from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.automl import AutoMLStep
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.steps.emr import EMRServerlessStep, EMRStep
from constructs_lib.definitions.steps.quality import ClarifyCheckStep

_OF_THE_SERVICE = ("AutoTerminationPolicy", "Name", "Steps")
_WITHOUT_MODEL = "data bias"


@pipeline_rule
def work_on_emr_has_one_place(subject: PipelineSubject) -> Iterator[Problem]:
    """A cluster or an application is there, or is made; the role of a program is for clusters that are there."""
    for step in subject.all_steps:
        if isinstance(step, EMRStep):
            yield from _one_of(step, "cluster_id", "cluster")
            if step.cluster is not None and step.execution_role is not None:
                message = "got a role, which only programs on a cluster that is there have"
                yield Problem(step=step.name, path="execution_role", message=message)
        if isinstance(step, EMRServerlessStep):
            yield from _one_of(step, "application_id", "application")


@pipeline_rule
def recipes_of_clusters_leave_the_services_members_out(subject: PipelineSubject) -> Iterator[Problem]:
    """SageMaker Pipelines names a cluster, gives it its step, and ends it."""
    for step in subject.all_steps:
        if isinstance(step, EMRStep) and isinstance(step.cluster, Mapping):
            for name in _OF_THE_SERVICE:
                if name in step.cluster:
                    message = "got a member that SageMaker Pipelines sets itself"
                    yield Problem(step=step.name, path=f"cluster.{name}", message=message)


@pipeline_rule
def checks_by_clarify_name_the_model_that_they_ask(subject: PipelineSubject) -> Iterator[Problem]:
    """The bias of data is found without a model, all else by asking one."""
    for step in subject.all_steps:
        if isinstance(step, ClarifyCheckStep) and (step.model_name is None) != (step.check == _WITHOUT_MODEL):
            wanted = "none" if step.check == _WITHOUT_MODEL else "a model"
            message = f"expected {wanted} where the check is {step.check!r}"
            yield Problem(step=step.name, path="model_name", message=message)


@pipeline_rule
def metrics_of_automl_jobs_are_of_known_problems(subject: PipelineSubject) -> Iterator[Problem]:
    """Where the service finds out what kind of problem it is, it chooses the metric, too."""
    for step in subject.all_steps:
        if isinstance(step, AutoMLStep) and step.metric is not None and step.problem_type is None:
            yield Problem(step=step.name, path="metric", message="got a metric without a problem_type")


def _one_of(step: Step, *names: str) -> Iterator[Problem]:
    given = sum(getattr(step, name) is not None for name in names)
    if given != 1:
        yield Problem(step=step.name, message=f"got {given} of {' and '.join(names)}, expected exactly one")
