"""Limits that the services have but their descriptions do not tell."""

import re
from collections import Counter
from collections.abc import Iterator

from constructs_lib.checks.rules import Steps, rule_of_steps
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.compute import NetworkConfig
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.container_build import ContainerBuildStep
from constructs_lib.definitions.steps.endpoint import EndpointConfigStep, EndpointStep
from constructs_lib.definitions.steps.labeling import LabelingStep
from constructs_lib.definitions.steps.model import ModelStep
from constructs_lib.definitions.steps.processing import ProcessingStep
from constructs_lib.definitions.steps.registered_model import RegisteredModelStep
from constructs_lib.definitions.steps.training import TrainingStep
from constructs_lib.definitions.steps.tuning import TuningStep
from constructs_lib.definitions.tokens import is_number_token
from constructs_lib.definitions.tuning import CategoricalRange
from constructs_lib.definitions.values import Whole

_BUILD_MINUTES = (5, 480)
_JOBS = (TrainingStep, ProcessingStep, TuningStep)


@rule_of_steps
def jobs_have_instances(subject: Steps) -> Iterator[Problem]:
    """The service model of CreateTrainingJob allows zero instances and an empty disk; the service does not."""
    for step in subject.all_steps:
        if isinstance(step, _JOBS):
            yield from _at_least_one(step.name, "compute.instance_count", step.compute.instance_count)
            yield from _at_least_one(step.name, "compute.volume_size_gib", step.compute.volume_size_gib)


@rule_of_steps
def names_within_a_job_differ(subject: Steps) -> Iterator[Problem]:
    """Channels, metrics and variants are known by their names."""
    for step in subject.all_steps:
        if isinstance(step, TrainingStep | TuningStep):
            yield from _repeated(step.name, "channels", [channel.name for channel in step.channels])
            yield from _repeated(step.name, "metrics", [metric.name for metric in step.metrics])
        if isinstance(step, ProcessingStep):
            yield from _repeated(step.name, "inputs", [given.name for given in step.inputs])
            yield from _repeated(step.name, "outputs", [output.name for output in step.outputs])
        if isinstance(step, TuningStep):
            names = [*(found.name for found in step.ranges), *step.hyperparameters]
            yield from _repeated(step.name, "ranges", names)
        if isinstance(step, EndpointConfigStep):
            yield from _repeated(step.name, "variants", [variant.variant_name for variant in step.variants])


@rule_of_steps
def metrics_have_a_number_to_find(subject: Steps) -> Iterator[Problem]:
    """SageMaker reads the first group of a metric's regular expression."""
    for step in subject.all_steps:
        for number, metric in enumerate(step.metrics if isinstance(step, TrainingStep | TuningStep) else ()):
            path = f"metrics[{number}].regex"
            try:
                groups = re.compile(metric.regex).groups
            except re.error as error:
                yield Problem(step=step.name, path=path, message=f"got {shown(metric.regex)}: {error}")
                continue
            if groups < 1:
                message = f"got {shown(metric.regex)}, expected a group, in parentheses, around the number"
                yield Problem(step=step.name, path=path, message=message)


@rule_of_steps
def tuning_has_something_to_find(subject: Steps) -> Iterator[Problem]:
    """A tuning job looks at one of its metrics, and varies values within ranges that are not empty."""
    for step in subject.all_steps:
        if not isinstance(step, TuningStep):
            continue
        names = [metric.name for metric in step.metrics]
        if step.objective.metric not in names:
            message = (
                f"got {step.objective.metric!r}, expected one of the metrics: {', '.join(names) or 'there are none'}"
            )
            yield Problem(step=step.name, path="objective.metric", message=message)
        if not step.ranges:
            yield Problem(step=step.name, path="ranges", message="got no ranges, expected at least one")
        for number, found in enumerate(step.ranges):
            if not isinstance(found, CategoricalRange) and not found.lowest < found.highest:
                message = f"got {found.lowest} to {found.highest}, expected the lowest below the highest"
                yield Problem(step=step.name, path=f"ranges[{number}]", message=message)


@rule_of_steps
def labeling_tasks_have_one_page(subject: Steps) -> Iterator[Problem]:
    """People see a page of their own or a ready one."""
    for step in subject.all_steps:
        task = step.task if isinstance(step, LabelingStep) else None
        if task is not None and (task.template_uri is None) == (task.human_task_ui_arn is None):
            message = "expected exactly one of template_uri and human_task_ui_arn"
            yield Problem(step=step.name, path="task", message=message)


@rule_of_steps
def endpoints_that_may_exist_are_waited_for(subject: Steps) -> Iterator[Problem]:
    """What is called for is found out by the question that waiting asks."""
    for step in subject.all_steps:
        if isinstance(step, EndpointStep) and step.mode == "create or update" and not step.wait:
            message = "got False with the mode 'create or update', expected to wait"
            yield Problem(step=step.name, path="wait", message=message)


@rule_of_steps
def the_newest_configuration_wins_where_it_may_find_another(subject: Steps) -> Iterator[Problem]:
    """Only a step that looks at the endpoint first can tell what it has."""
    for step in subject.all_steps:
        if isinstance(step, EndpointStep) and step.newest_wins and step.mode != "create or update":
            message = f"got True with the mode {step.mode!r}, expected the mode 'create or update'"
            yield Problem(step=step.name, path="newest_wins", message=message)


@rule_of_steps
def networks_are_whole(subject: Steps) -> Iterator[Problem]:
    """A VPC is given by subnets and security groups together."""
    for step in subject.all_steps:
        network = step.network if isinstance(step, (*_JOBS, ModelStep, RegisteredModelStep)) else NetworkConfig()
        if bool(network.subnets) != bool(network.security_groups):
            got, expected = ("subnets", "security_groups") if network.subnets else ("security_groups", "subnets")
            yield Problem(step=step.name, path=f"network.{expected}", message=f"missing, expected with {got}")


@rule_of_steps
def data_capture_captures_something(subject: Steps) -> Iterator[Problem]:
    """A capture of neither requests nor responses is refused."""
    for step in subject.all_steps:
        capture = step.data_capture if isinstance(step, EndpointConfigStep) else None
        if capture is not None and not capture.capture_input and not capture.capture_output:
            message = "got neither input nor output, expected at least one of capture_input and capture_output"
            yield Problem(step=step.name, path="data_capture", message=message)


@rule_of_steps
def variants_share_the_traffic(subject: Steps) -> Iterator[Problem]:
    """Weights that are all zero leave no variant to send a request to."""
    for step in subject.all_steps:
        weights = [variant.initial_weight for variant in step.variants] if isinstance(step, EndpointConfigStep) else []
        if weights and all(weight == 0 for weight in weights):
            yield Problem(step=step.name, path="variants", message="got weights of 0 only, expected one above 0")


@rule_of_steps
def build_overrides_are_in_range(subject: Steps) -> Iterator[Problem]:
    """The limits of CodeBuild, which the builder function applies."""
    low, high = _BUILD_MINUTES
    for step in subject.all_steps:
        minutes = step.overrides.timeout_minutes if isinstance(step, ContainerBuildStep) else None
        if not isinstance(minutes, int | float) or is_number_token(minutes):
            continue
        if not low <= minutes <= high or minutes != int(minutes):
            message = f"got {minutes}, expected a whole number from {low} to {high}"
            yield Problem(step=step.name, path="overrides.timeout_minutes", message=message)


def _at_least_one(step: str, path: str, value: Whole) -> Iterator[Problem]:
    if isinstance(value, int | float) and not is_number_token(value) and value == 0:
        yield Problem(step=step, path=path, message="got 0, expected at least 1")


def _repeated(step: str, path: str, names: list[str]) -> Iterator[Problem]:
    if len(set(names)) == len(names):  # as in most steps
        return
    for name, count in Counter(names).items():
        if count > 1:
            yield Problem(step=step, path=path, message=f"got {name!r} {count} times, expected names that differ")
