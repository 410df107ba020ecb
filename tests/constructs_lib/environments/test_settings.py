import subprocess
import sys
from typing import Any

import pytest

from constructs_lib.environments.settings import (
    BuildCompute,
    EnvironmentSettings,
    ProcessingCompute,
    Retention,
    ServingCompute,
    SettingsError,
    TrainingCompute,
    read_environments,
)

M5 = {"instance_type": "ml.m5.large"}
LEAST: dict[str, Any] = {"training": M5, "serving": M5}


def problems(environments: object, **arguments: object) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        read_environments(environments, **arguments)
    return raised.value.problems


def test_what_is_not_given_has_a_default() -> None:
    (dev,) = read_environments({"dev": LEAST})
    assert dev == EnvironmentSettings(
        name="dev",
        project="mlops",
        training=TrainingCompute(instance_type="ml.m5.large"),
        serving=ServingCompute(instance_type="ml.m5.large"),
        processing=ProcessingCompute(
            instance_type="ml.m5.xlarge", volume_size_gib=30, max_runtime_minutes=20, least_accuracy=0.9
        ),
    )
    assert (dev.account, dev.region, dev.removal_policy, dev.tags) == (None, None, "retain", {})
    assert dev.stack_name("training") == "mlops-dev-training"


def test_everything_that_is_given_is_read() -> None:
    given = {
        "account": "123456789012",
        "region": "eu-west-1",
        "removal_policy": "destroy",
        "termination_protection": True,
        "notification_email": "team@example.org",
        "tags": {"stage": "production"},
        "build": {"compute_type": "BUILD_GENERAL1_LARGE", "timeout_minutes": 480},
        "training": {
            "instance_type": "ml.p3.2xlarge",
            "instance_count": 3,
            "volume_size_gib": 1,
            "max_runtime_minutes": 2,
        },
        "processing": {
            "instance_type": "ml.m5.4xlarge",
            "volume_size_gib": 7,
            "max_runtime_minutes": 7200,
            "least_accuracy": 1,
        },
        "serving": {"instance_type": "ml.c5.xlarge", "instance_count": 2, "capture_percentage": 0},
        "retention": {"log_days": 3653, "image_count": 1000, "noncurrent_version_days": 1},
    }
    (prod,) = read_environments({"prod": given}, project="housing-prices")
    assert prod == EnvironmentSettings(
        name="prod",
        project="housing-prices",
        account="123456789012",
        region="eu-west-1",
        removal_policy="destroy",
        termination_protection=True,
        notification_email="team@example.org",
        tags={"stage": "production"},
        build=BuildCompute(compute_type="BUILD_GENERAL1_LARGE", timeout_minutes=480),
        training=TrainingCompute(
            instance_type="ml.p3.2xlarge", instance_count=3, volume_size_gib=1, max_runtime_minutes=2
        ),
        processing=ProcessingCompute(
            instance_type="ml.m5.4xlarge", volume_size_gib=7, max_runtime_minutes=7200, least_accuracy=1
        ),
        serving=ServingCompute(instance_type="ml.c5.xlarge", instance_count=2, capture_percentage=0),
        retention=Retention(log_days=3653, image_count=1000, noncurrent_version_days=1),
    )


def test_one_environment_is_selected_and_the_order_is_kept() -> None:
    environments = {"staging": LEAST, "dev": LEAST, "prod": LEAST}
    assert [found.name for found in read_environments(environments)] == ["staging", "dev", "prod"]
    assert [found.name for found in read_environments(environments, selected="dev")] == ["dev"]


def test_an_unknown_environment_is_named_with_those_there_are() -> None:
    assert problems({"dev": LEAST, "prod": LEAST}, selected="stage") == ("env: got 'stage', expected one of dev, prod",)


@pytest.mark.parametrize("environments", [None, {}, [], "dev"])
def test_no_environments_is_an_error(environments: object) -> None:
    assert problems(environments) == (
        f"environments: got {environments!r}, expected one or more names with their settings",
    )


@pytest.mark.parametrize("name", ["Prod", "1st", "a-b", "averylongname", ""])
def test_a_name_that_would_not_fit_a_stack_name_is_an_error(name: str) -> None:
    assert problems({name: LEAST}) == (
        (
            f"environments.{name}: got the name {name!r}, "
            "expected 1 to 12 lower case letters and digits, starting with a letter"
        ),
    )


@pytest.mark.parametrize("project", ["MLOps", "", 7, "a" * 21])
def test_a_project_that_would_not_fit_a_stack_name_is_an_error(project: object) -> None:
    assert problems({"dev": LEAST}, project=project) == (
        f"project: got {project!r}, expected 1 to 20 lower case letters, digits and hyphens, starting with a letter",
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"account": "123"}, "account: got '123', expected an account number of 12 digits"),
        ({"account": 123456789012}, "account: got 123456789012, expected an account number of 12 digits"),
        ({"region": "Ireland"}, "region: got 'Ireland', expected a region such as 'eu-west-1'"),
        ({"removal_policy": "keep"}, "removal_policy: got 'keep', expected one of destroy, retain"),
        ({"termination_protection": "no"}, "termination_protection: got 'no', expected true or false"),
        ({"notification_email": "team"}, "notification_email: got 'team', expected an e-mail address"),
        ({"tags": []}, "tags: got [], expected a mapping of tag names to values"),
        ({"tags": {"n": 1}}, "tags.n: got 1, expected a text of at most 256 characters"),
        (
            {"tags": {"aws:n": "1"}},
            "tags.aws:n: got 'aws:n', expected a tag name of 1 to 128 characters that does not start with 'aws:'",
        ),
        ({"build": 3}, "build: got 3, expected a mapping of settings"),
        (
            {"build": {"timeout_minutes": 4}},
            "build.timeout_minutes: got 4, expected a whole number from 5 to 480",
        ),
        (
            {"build": {"compute_type": "small"}},
            (
                "build.compute_type: got 'small', expected one of BUILD_GENERAL1_SMALL, BUILD_GENERAL1_MEDIUM, "
                "BUILD_GENERAL1_LARGE, BUILD_GENERAL1_2XLARGE"
            ),
        ),
        ({"training": None}, "training: got nothing, expected a mapping of settings"),
        (
            {"training": {}},
            "training.instance_type: got nothing, expected a SageMaker instance type such as 'ml.m5.large'",
        ),
        (
            {"processing": {**M5, "least_accuracy": 1.5}},
            "processing.least_accuracy: got 1.5, expected a number from 0 to 1",
        ),
        (
            {"processing": {**M5, "least_accuracy": True}},
            "processing.least_accuracy: got True, expected a number from 0 to 1",
        ),
        (
            {"processing": {**M5, "max_runtime_minutes": 0}},
            "processing.max_runtime_minutes: got 0, expected a whole number from 1 to 7200",
        ),
        (
            {"serving": {"instance_type": "m5.large"}},
            "serving.instance_type: got 'm5.large', expected a SageMaker instance type such as 'ml.m5.large'",
        ),
        (
            {"serving": {**M5, "capture_percentage": 101}},
            "serving.capture_percentage: got 101, expected a whole number from 0 to 100",
        ),
        (
            {"serving": {**M5, "instance_count": True}},
            "serving.instance_count: got True, expected a whole number from 1 to 100",
        ),
        ({"retention": {"log_days": True}}, "retention.log_days: got True, expected one of 1, 3, 5, 7, 14"),
        (
            {"retention": {"logs": 3}},
            "retention.logs: got an unknown key, expected one of image_count, log_days, noncurrent_version_days",
        ),
        ({"regoin": "eu-west-1"}, "regoin: got an unknown key, expected one of account, build"),
    ],
)
def test_each_wrong_value_is_one_problem_with_its_path(change: dict[str, Any], problem: str) -> None:
    (found,) = problems({"dev": {**LEAST, **change}})
    assert found.startswith(f"environments.dev.{problem}")


def test_all_problems_of_all_environments_come_together() -> None:
    with pytest.raises(
        SettingsError, match=r"settings are not valid:\n  environments.dev.region: .*\n  environments.p1"
    ):
        read_environments({"dev": {**LEAST, "region": 1}, "p1": {"training": M5}})


def test_settings_are_read_without_the_cdk() -> None:
    program = "import sys, constructs_lib.environments.settings; print({'aws_cdk', 'boto3', 'jsii'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
