"""The environments that an app deploys to, as typed settings read from `cdk.json`.

Pure Python: neither aws_cdk nor boto3 is imported, so a command line can read the same settings.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import field, frozen

_T = TypeVar("_T")

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The retention times that CloudWatch Logs accepts."""

COMPUTE_TYPES = ("BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_2XLARGE")
"""The machine sizes of CodeBuild that can run docker on Linux."""


class SettingsError(ValueError):
    """Every problem of the settings, one a line, each with its key, what was got and what was expected."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("settings are not valid:\n" + "\n".join(f"  {problem}" for problem in problems))


@frozen(kw_only=True)
class BuildCompute:
    """What a container build runs on.

    Attributes:
        compute_type: one of `COMPUTE_TYPES`. Default: the smallest.
        timeout_minutes: a build that takes longer fails; 5 to 480. Default: 30.
    """

    compute_type: str = "BUILD_GENERAL1_SMALL"
    timeout_minutes: int = 30


@frozen(kw_only=True)
class TrainingCompute:
    """What a training job runs on.

    Attributes:
        instance_type: such as ``ml.m5.xlarge``.
        instance_count: 1 to 100. Default: one.
        volume_size_gib: disk of each instance; 1 to 16384. Default: 30 GiB.
        max_runtime_minutes: a job that takes longer is stopped; 1 to 40320 (28 days). Default: one hour.
    """

    instance_type: str
    instance_count: int = 1
    volume_size_gib: int = 30
    max_runtime_minutes: int = 60


@frozen(kw_only=True)
class ProcessingCompute:
    """What each job of a workflow of processing jobs runs on, and what it lets pass.

    Attributes:
        instance_type: such as ``ml.m5.xlarge``.
        volume_size_gib: disk of the instance; 1 to 16384. Default: 30 GiB.
        max_runtime_minutes: a job that takes longer is stopped; 1 to 7200 (5 days). Default: 20.
        least_accuracy: a model below it does not pass; 0 to 1. Default: 0.9.
    """

    instance_type: str
    volume_size_gib: int = 30
    max_runtime_minutes: int = 20
    least_accuracy: float = 0.9


@frozen(kw_only=True)
class ServingCompute:
    """What an endpoint runs on, and how much of its traffic is kept.

    Attributes:
        instance_type: such as ``ml.m5.large``.
        instance_count: 1 to 100. Default: one.
        capture_percentage: share of requests and responses written to the data bucket; 0 to 100. Default: all.
    """

    instance_type: str
    instance_count: int = 1
    capture_percentage: int = 100


@frozen(kw_only=True)
class Retention:
    """How long things are kept.

    Attributes:
        log_days: one of `LOG_RETENTION_DAYS`. Default: 30.
        image_count: container images kept a repository, newest first; 1 to 1000. Default: 30.
        noncurrent_version_days: how long an overwritten or deleted object can be had back; 1 to 3650. Default: 30.
    """

    log_days: int = 30
    image_count: int = 30
    noncurrent_version_days: int = 30


@frozen(kw_only=True)
class EnvironmentSettings:
    """One environment of the app: an own copy of everything, sharing nothing with another.

    Attributes:
        name: short and unique, such as ``dev``; part of every stack's name.
        project: what the app is called; the first part of every stack's name.
        training: what training jobs run on.
        serving: what endpoints run on.
        processing: what processing jobs, and the training between them, run on. Default: one ml.m5.xlarge each.
        build: what container builds run on. Default: the smallest machine.
        retention: how long things are kept.
        account: the account to deploy to. Default: the one whose credentials deploy.
        region: the region to deploy to. Default: the one that is configured where it is deployed.
        removal_policy: what happens to buckets, keys, repositories and logs when they leave the stack. ``destroy``
            removes them (a bucket must be empty) but for the buckets' access logs; default: ``retain``, they stay.
        termination_protection: whether deleting a stack must be allowed first. Default: no.
        notification_email: who is written to when an alarm goes off. Default: nobody.
        tags: put on every resource that takes tags.
    """

    name: str
    project: str
    training: TrainingCompute
    serving: ServingCompute
    processing: ProcessingCompute = ProcessingCompute(instance_type="ml.m5.xlarge")
    build: BuildCompute = BuildCompute()
    retention: Retention = Retention()
    account: str | None = None
    region: str | None = None
    removal_policy: Literal["destroy", "retain"] = "retain"
    termination_protection: bool = False
    notification_email: str | None = None
    tags: Mapping[str, str] = field(factory=dict)

    def stack_name(self, stack: str) -> str:
        """The name of one of the environment's stacks: ``mlops-dev-training``."""
        return f"{self.project}-{self.name}-{stack}"


def read_environments(
    environments: object, *, project: object = "mlops", selected: object = None
) -> tuple[EnvironmentSettings, ...]:
    """Reads and checks the settings of all environments.

    Args:
        environments: the value of `environments` in the context of `cdk.json`: a name and settings for each.
        project: the value of `project` there: lower case letters, digits and hyphens, 20 characters at most.
        selected: the only environment wanted, as given by ``-c env=NAME``. Default: all of them.

    Returns:
        The settings in the order in which they are written. All of them are checked, whichever is selected.

    Raises:
        SettingsError: all problems of all environments together.

    Examples:
        >>> compute = {"instance_type": "ml.m5.large"}
        >>> (dev,) = read_environments({"dev": {"training": compute, "serving": compute}})
        >>> dev.stack_name("training")
        'mlops-dev-training'
        >>> read_environments({"dev": {"training": compute, "serving": {"instance_type": "m5"}}})
        Traceback (most recent call last):
            ...
        constructs_lib.environments.settings.SettingsError: settings are not valid:
          environments.dev.serving.instance_type: got 'm5', expected a SageMaker instance type such as 'ml.m5.large'
    """
    problems: list[str] = []
    if not (isinstance(project, str) and re.fullmatch(r"[a-z][a-z0-9-]{0,19}", project)):
        problems.append(
            f"project: got {project!r}, expected 1 to 20 lower case letters, digits and hyphens, starting with a letter"
        )
    if not (isinstance(environments, Mapping) and environments):
        problems.append(f"environments: got {environments!r}, expected one or more names with their settings")
        raise SettingsError(tuple(problems))
    found = [_read_environment(str(name), value, str(project), problems) for name, value in environments.items()]
    if selected is not None and selected not in environments:
        problems.append(f"env: got {selected!r}, expected one of {', '.join(sorted(map(str, environments)))}")
    if problems:
        raise SettingsError(tuple(problems))
    return tuple(settings for settings in found if settings and selected in (None, settings.name))


def _read_environment(name: str, value: object, project: str, problems: list[str]) -> EnvironmentSettings | None:
    own: list[str] = []
    if not re.fullmatch(r"[a-z][a-z0-9]{0,11}", name):
        own.append(
            f"environments.{name}: got the name {name!r}, "
            "expected 1 to 12 lower case letters and digits, starting with a letter"
        )
    reader = _Section(f"environments.{name}", value, own)
    arguments = {
        "account": reader.text("account", r"[0-9]{12}", "an account number of 12 digits"),
        "region": reader.text("region", r"[a-z]{2}(-[a-z]+)+-[0-9]", "a region such as 'eu-west-1'"),
        "removal_policy": reader.choice("removal_policy", ("destroy", "retain")),
        "termination_protection": reader.boolean("termination_protection"),
        "notification_email": reader.text("notification_email", r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address"),
        "tags": reader.tags("tags"),
        "build": _build(reader.section("build")),
        "training": _training(reader.section("training", required=True)),
        "processing": _processing(reader.section("processing")),
        "serving": _serving(reader.section("serving", required=True)),
        "retention": _retention(reader.section("retention")),
    }
    reader.end()
    problems.extend(own)
    if own:
        return None
    return EnvironmentSettings(name=name, project=project, **_given(arguments))


def _build(section: "_Section") -> BuildCompute | None:
    return section.make(
        BuildCompute,
        compute_type=section.choice("compute_type", COMPUTE_TYPES),
        timeout_minutes=section.integer("timeout_minutes", 5, 480),
    )


def _training(section: "_Section") -> TrainingCompute | None:
    return section.make(
        TrainingCompute,
        instance_type=section.instance_type("instance_type"),
        instance_count=section.integer("instance_count", 1, 100),
        volume_size_gib=section.integer("volume_size_gib", 1, 16384),
        max_runtime_minutes=section.integer("max_runtime_minutes", 1, 40320),
    )


def _processing(section: "_Section") -> ProcessingCompute | None:
    return section.make(
        ProcessingCompute,
        instance_type=section.instance_type("instance_type"),
        volume_size_gib=section.integer("volume_size_gib", 1, 16384),
        max_runtime_minutes=section.integer("max_runtime_minutes", 1, 7200),
        least_accuracy=section.share("least_accuracy"),
    )


def _serving(section: "_Section") -> ServingCompute | None:
    return section.make(
        ServingCompute,
        instance_type=section.instance_type("instance_type"),
        instance_count=section.integer("instance_count", 1, 100),
        capture_percentage=section.integer("capture_percentage", 0, 100),
    )


def _retention(section: "_Section") -> Retention | None:
    return section.make(
        Retention,
        log_days=section.choice("log_days", LOG_RETENTION_DAYS),
        image_count=section.integer("image_count", 1, 1000),
        noncurrent_version_days=section.integer("noncurrent_version_days", 1, 3650),
    )


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


class _Section:
    """Reads one mapping of the settings, and notes each problem with the key's full path."""

    def __init__(self, path: str, value: object, problems: list[str], *, expected: bool = True) -> None:
        self._path = path
        self._problems = problems
        self._read: set[str] = set()
        self._present = value is not None
        self._before = len(problems)
        self._values: Mapping[str, object] = {}
        if isinstance(value, Mapping):
            self._values = cast("Mapping[str, object]", value)
        elif expected or value is not None:
            got = "nothing" if value is None else repr(value)
            problems.append(f"{path}: got {got}, expected a mapping of settings")
            self._present = False

    def make(self, kind: type[_T], **arguments: object) -> _T | None:
        """The section's record, or None where it is absent or has problems."""
        if self._present:
            self.end()
        return kind(**_given(arguments)) if self._present and len(self._problems) == self._before else None

    def end(self) -> None:
        """Notes the keys that nothing has read."""
        for key in self._values:
            if key not in self._read:
                expected = ", ".join(sorted(self._read))
                self._problems.append(f"{self._path}.{key}: got an unknown key, expected one of {expected}")

    def section(self, key: str, *, required: bool = False) -> "_Section":
        """The mapping under a key."""
        return _Section(f"{self._path}.{key}", self._take(key), self._problems, expected=required)

    def text(self, key: str, pattern: str, expected: str) -> str | None:
        """A string that matches the pattern."""
        value = self._take(key)
        if value is None or (isinstance(value, str) and re.fullmatch(pattern, value)):
            return value
        self._wrong(key, value, expected)
        return None

    def instance_type(self, key: str) -> str | None:
        """A SageMaker instance type; required where the section is there."""
        expected = "a SageMaker instance type such as 'ml.m5.large'"
        if self._present and self._values.get(key) is None:
            self._read.add(key)
            self._wrong(key, None, expected)
            return None
        return self.text(key, r"ml\.[a-z0-9-]+\.[a-z0-9]+", expected)

    def integer(self, key: str, least: int, most: int) -> int | None:
        """A whole number within limits."""
        value = self._take(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and least <= value <= most):
            return value
        self._wrong(key, value, f"a whole number from {least} to {most}")
        return None

    def share(self, key: str) -> float | None:
        """A number from 0 to 1."""
        value = self._take(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1):
            return value
        self._wrong(key, value, "a number from 0 to 1")
        return None

    def boolean(self, key: str) -> bool | None:
        """True or false."""
        value = self._take(key)
        if value is None or isinstance(value, bool):
            return value
        self._wrong(key, value, "true or false")
        return None

    def choice(self, key: str, choices: tuple[_T, ...]) -> _T | None:
        """One of some values."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, bool) and value in choices:
            return value
        self._wrong(key, value, f"one of {', '.join(map(str, choices))}")
        return None

    def tags(self, key: str) -> Mapping[str, str] | None:
        """Names and values of tags."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._wrong(key, value, "a mapping of tag names to values")
            return None
        for name, content in value.items():
            if not (isinstance(content, str) and len(content) <= 256):
                self._wrong(f"{key}.{name}", content, "a text of at most 256 characters")
            if not 1 <= len(name) <= 128 or name.lower().startswith("aws:"):
                self._wrong(f"{key}.{name}", name, "a tag name of 1 to 128 characters that does not start with 'aws:'")
        return cast("Mapping[str, str]", value)

    def _take(self, key: str) -> object:
        self._read.add(key)
        return self._values.get(key)

    def _wrong(self, key: str, value: object, expected: str) -> None:
        got = "nothing" if value is None else repr(value)
        self._problems.append(f"{self._path}.{key}: got {got}, expected {expected}")
