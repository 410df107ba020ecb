"""Models of one container and of several."""

from collections import Counter
from collections.abc import Iterator

from constructs_lib.checks.rules import Steps, rule_of_steps
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.model import ModelStep
from constructs_lib.definitions.steps.registration import RegisterModelStep

_OF_THE_ONE = ("model_data_uri", "model_data_kms_key", "environment", "framework", "framework_version")


@rule_of_steps
def models_have_one_container_or_several(subject: Steps) -> Iterator[Problem]:
    """A container is told by the step's own properties, several by `containers`; never by both."""
    for step in subject.all_steps:
        if not isinstance(step, ModelStep | RegisterModelStep):
            continue
        count = len(step.containers)
        if (step.image is None) == (count == 0):
            given = "none" if step.image is None else "both"
            yield Problem(step=step.name, path="image", message=f"got {given} of image and containers, expected one")
        elif count:
            if count == 1:
                message = "got one container, expected several, as image tells a single one"
                yield Problem(step=step.name, path="containers", message=message)
            for name in _OF_THE_ONE:
                if getattr(step, name, None):
                    yield Problem(step=step.name, path=name, message="expected in one of the containers")


@rule_of_steps
def containers_are_told_apart(subject: Steps) -> Iterator[Problem]:
    """All containers of a model have a hostname of their own, or none has; who asks for one names it."""
    for step in subject.all_steps:
        if not isinstance(step, ModelStep | RegisterModelStep):
            continue
        names = [container.hostname for container in step.containers]
        direct = isinstance(step, ModelStep) and step.execution == "Direct"
        if direct and not step.containers:
            message = "got Direct, expected containers to choose from"
            yield Problem(step=step.name, path="execution", message=message)
        for number, name in enumerate(names):
            if name is None and (direct or any(names)):
                path = f"containers[{number}].hostname"
                message = "missing, expected one for each container where " + (
                    "requests choose" if direct else "another has one"
                )
                yield Problem(step=step.name, path=path, message=message)
        for name, count in Counter(name for name in names if isinstance(name, str)).items():
            if count > 1:
                message = f"got the hostname {name!r} {count} times, expected names that differ"
                yield Problem(step=step.name, path="containers", message=message)
