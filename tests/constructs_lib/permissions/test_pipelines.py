from typing import Any

import pytest

from constructs_lib.definitions import CallbackStep, DefinitionError, Step
from constructs_lib.permissions import job_statements, pipeline_statements
from tests.constructs_lib.samples import (
    KEY,
    PLACE,
    ROLE,
    TOKEN,
    config,
    endpoint,
    evaluation,
    function,
    model,
    notebook,
    pipeline,
    processing,
    registration,
    training,
    tuning,
)

SAGEMAKER = "arn:aws:sagemaker:eu-west-1:111122223333:"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:questions"
QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/questions"


def granted(*steps: Step, **changed: Any) -> dict[str, list[str]]:
    """Resources that the pipeline's role may do something with, and what."""
    found: dict[str, list[str]] = {}
    for statement in pipeline_statements(pipeline(*steps, **changed), **PLACE):
        for resource in statement.resources:
            found.setdefault(resource, []).extend(statement.actions)
    return found


PASSING = {ROLE: ["iam:PassRole"]}


@pytest.mark.parametrize(
    ("step", "grants"),
    [
        (
            training(),
            {
                f"{SAGEMAKER}training-job/pipelines-*": [
                    "sagemaker:AddTags",
                    "sagemaker:CreateTrainingJob",
                    "sagemaker:DescribeTrainingJob",
                    "sagemaker:StopTrainingJob",
                ],
                **PASSING,
            },
        ),
        (
            tuning("my_tuning"),
            {
                f"{SAGEMAKER}hyper-parameter-tuning-job/*-my-tun*": [
                    "sagemaker:AddTags",
                    "sagemaker:CreateHyperParameterTuningJob",
                    "sagemaker:DescribeHyperParameterTuningJob",
                    "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
                    "sagemaker:StopHyperParameterTuningJob",
                ],
                **PASSING,
            },
        ),
        (
            model(),
            {
                f"{SAGEMAKER}model/pipelines-*": [
                    "sagemaker:AddTags",
                    "sagemaker:CreateModel",
                    "sagemaker:DescribeModel",
                ],
                **PASSING,
            },
        ),
        (
            registration(),
            {
                f"{SAGEMAKER}model-package-group/houses": [
                    "sagemaker:CreateModelPackage",
                    "sagemaker:CreateModelPackageGroup",
                ],
                f"{SAGEMAKER}model-package/houses/*": [
                    "sagemaker:AddTags",
                    "sagemaker:CreateModelPackage",
                    "sagemaker:DescribeModelPackage",
                ],
            },
        ),
        (
            config(),
            {
                f"{SAGEMAKER}endpoint-config/configure-*": [
                    "sagemaker:AddTags",
                    "sagemaker:CreateEndpointConfig",
                    "sagemaker:DescribeEndpointConfig",
                ]
            },
        ),
        (
            endpoint(config_name="live"),
            {
                f"{SAGEMAKER}endpoint/houses": [
                    "sagemaker:AddTags",
                    "sagemaker:CreateEndpoint",
                    "sagemaker:DescribeEndpoint",
                    "sagemaker:UpdateEndpoint",
                ],
                f"{SAGEMAKER}endpoint-config/live": ["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"],
            },
        ),
        (function(), {"arn:aws:lambda:eu-west-1:111122223333:function:work": ["lambda:InvokeFunction"]}),
        (
            CallbackStep(name="Ask", queue_url=QUEUE_URL, queue_arn=QUEUE, kms_key=KEY),
            {QUEUE: ["sqs:SendMessage"], KEY: ["kms:Decrypt", "kms:GenerateDataKey"]},
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Step) else "",
)
def test_the_role_of_a_pipeline(step: Step, grants: dict[str, list[str]]) -> None:
    assert granted(step) == grants


def test_a_group_of_the_app_is_not_made_by_the_pipeline() -> None:
    found = granted(registration(group_name=TOKEN))

    assert "sagemaker:CreateModelPackageGroup" not in {action for actions in found.values() for action in actions}


def test_names_that_begin_as_the_definition_says() -> None:
    found = granted(processing("My-job"), training("T", job_name="houses"), use_custom_job_prefix=True)
    assert [resource for resource in found if "job/" in resource] == [
        f"{SAGEMAKER}processing-job/my-job*",
        f"{SAGEMAKER}training-job/houses*",
    ]


@pytest.mark.parametrize("custom_prefix", [True, False])
def test_names_of_notebook_jobs_begin_as_the_step_says_in_any_case(custom_prefix: bool) -> None:
    found = granted(notebook("Explore"), use_custom_job_prefix=custom_prefix)
    assert found[f"{SAGEMAKER}training-job/explore*"] == [
        "sagemaker:AddTags",
        "sagemaker:CreateTrainingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:StopTrainingJob",
    ]
    assert [resource for resource in found if "training-job" in resource] == [f"{SAGEMAKER}training-job/explore*"]


def test_property_files_are_read_by_the_pipeline() -> None:
    found = granted(evaluation(output_kms_key=KEY))
    assert found["arn:aws:s3:::data/report*"] == ["s3:GetObject"]
    assert found[KEY] == ["kms:Decrypt"]


def test_steps_without_roles_are_named() -> None:
    expected = r"A: role: missing, expected the ARN of a role; with_roles gives it one$"
    with pytest.raises(DefinitionError, match=expected):
        pipeline_statements(pipeline(training("A", role=None)), **PLACE)


def test_a_job_reads_what_another_one_writes() -> None:
    first, second = training("T"), processing("P")
    reads = evaluation("E", inputs=[])
    given = pipeline(first, second, reads)
    statements = job_statements(first, definition=given, **PLACE)
    assert any("arn:aws:s3:::data/models/*" in statement.resources for statement in statements)
