from typing import Any

import pytest

from constructs_lib.definitions import Channel, ComputeResources, ContainerImage, DataCapture, ExecutionInput, Step
from tests.constructs_lib.samples import (
    FUNCTION,
    IMAGE,
    KEY,
    REPOSITORY,
    TOKEN,
    build,
    config,
    function,
    model,
    problems,
    training,
)

KEY_WORDS = "expected the ARN of a key, not its id or an alias"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (function("S", function_arn="work"), "function_arn: got 'work', expected the ARN of a function"),
        (build("S", function_arn="work"), "function_arn: got 'work', expected the ARN of a function"),
        (
            model("S", image=ContainerImage(uri=IMAGE, repository_arn="houses")),
            "repository_arn: got 'houses', expected the ARN of a repository",
        ),
        (
            training("S", channels=[Channel(name="a", uri="s3://a/b", kms_key="alias/data")]),
            f"kms_key: got 'alias/data', {KEY_WORDS}",
        ),
        (
            training("S", output_kms_key="1234abcd-12ab-34cd-56ef-1234567890ab"),
            f"kms_key: got '1234abcd-12ab-34cd-56ef-1234567890ab', {KEY_WORDS}",
        ),
        (
            config("S", volume_kms_key=KEY.replace(":key/", ":alias/")),
            f"kms_key: got '{KEY.replace(':key/', ':alias/')}', {KEY_WORDS}",
        ),
        (
            config("S", data_capture=DataCapture(destination_uri="s3://a/b", kms_key="alias/data")),
            f"kms_key: got 'alias/data', {KEY_WORDS}",
        ),
    ],
)
def test_what_iam_names_is_an_arn(step: Step, message: str) -> None:
    assert f"S: {message}" in problems(step)


@pytest.mark.parametrize("key", [None, KEY, TOKEN, ExecutionInput("Key")])
def test_what_iam_names_is_an_arn_passing(key: Any) -> None:
    steps = [
        function("Call", function_arn=FUNCTION, qualifier="live"),
        training(
            "Train",
            image=ContainerImage(uri=IMAGE, repository_arn=REPOSITORY),
            compute=ComputeResources(instance_type="ml.m5.large", volume_kms_key=key),
            channels=[Channel(name="a", uri="s3://a/b", kms_key=key)],
            output_kms_key=key,
        ),
    ]
    assert problems(*steps) == []
