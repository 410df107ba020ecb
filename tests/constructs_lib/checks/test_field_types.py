from typing import Any

import pytest

from constructs_lib.definitions import (
    Catch,
    Channel,
    ComputeResources,
    ExecutionInput,
    FailStep,
    Join,
    LambdaStep,
    NetworkConfig,
    Retry,
    UniqueName,
)
from tests.constructs_lib.samples import (
    FUNCTION,
    LIST_TOKEN,
    NUMBER_TOKEN,
    TOKEN,
    config,
    function,
    problems,
    training,
    variant,
)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"image": 5}, "image: got 5, expected a text or a reference or a ContainerImage"),
        ({"compute": None}, "compute: got None, expected a ComputeResources"),
        (
            {"compute": ComputeResources(instance_type=1)},  # type: ignore[arg-type]
            "compute.instance_type: got 1, expected a text or a reference",
        ),
        ({"channels": "training"}, "channels: got 'training', expected a list"),
        ({"channels": ["training"]}, "channels[0]: got 'training', expected a Channel"),
        ({"channels": [Channel(name=3, uri="s3://a/b")]}, "channels[0].name: got 3, expected a text"),  # type: ignore[arg-type]
        ({"hyperparameters": {"eta": 0.2}}, "hyperparameters.eta: got 0.2, expected a text or a reference"),
        ({"hyperparameters": {3: "x"}}, "hyperparameters: got the key 3, expected a text"),
        ({"hyperparameters": ["eta"]}, "hyperparameters: got ('eta',), expected a dictionary"),
        ({"max_runtime_seconds": "3600"}, "max_runtime_seconds: got '3600', expected a number or a reference"),
        ({"max_runtime_seconds": True}, "max_runtime_seconds: got True, expected a number or a reference"),
        (
            {"max_runtime_seconds": TOKEN},
            (
                f"max_runtime_seconds: got the text token '{TOKEN}', expected a number or a reference: a token for a "
                "number is made by Token.as_number"
            ),
        ),
        ({"wait": "yes"}, "wait: got 'yes', expected True or False"),
        ({"input_mode": "Files"}, "input_mode: got 'Files', expected 'File' or 'FastFile' or 'Pipe'"),
        ({"timeout_seconds": 1.5}, "timeout_seconds: got 1.5, expected a whole number or None"),
        (
            {"timeout_seconds": TOKEN},
            (
                f"timeout_seconds: got the text token '{TOKEN}', expected a whole number or None: a token for a number "
                "is made by Token.as_number"
            ),
        ),
        (
            {"retry": Retry()},
            "retry: got Retry(errors=('States.TaskFailed',), interval_seconds=1, max_attempts=3, backof…",
        ),
        ({"retry": [Retry(backoff_rate="2")]}, "retry[0].backoff_rate: got '2', expected a number"),  # type: ignore[arg-type]
        ({"catch": [Catch(next_step="Failed")]}, "catch[0].next_step: got 'Failed', expected a Step"),  # type: ignore[arg-type]
        ({"catch": [None]}, "catch[0]: got None, expected a Catch"),
        ({"role": 5}, "role: got 5, expected a text or a reference or None"),
        ({"name": 5}, "name: got 5, expected a text"),
        ({"depends_on": [5]}, "depends_on[0]: got 5, expected a Step or a text"),
        ({"additional_request": "x"}, "additional_request: got 'x', expected a dictionary"),
        ({"network": NetworkConfig(isolated=1)}, "network.isolated: got 1, expected True or False"),  # type: ignore[arg-type]
    ],
)
def test_fields_have_their_types(changed: dict[str, Any], message: str) -> None:
    step = training(**changed)
    (found,) = problems(step)
    assert found.startswith(f"{step.name}: {message}")


def test_fields_have_their_types_in_the_workflow_itself() -> None:
    assert problems(function("A"), name=5, description=1, timeout_seconds="1") == [
        "name: got 5, expected a text",
        "description: got 1, expected a text or None",
        "timeout_seconds: got '1', expected a whole number or None",
    ]
    assert problems("A", None) == ["steps[0]: got 'A', expected a step", "steps[1]: got None, expected a step"]


def test_fields_have_their_types_where_steps_are_no_list() -> None:
    assert problems(steps="steps") == ["steps: got 'steps', expected a list of steps"]


def test_fields_have_their_types_in_steps_that_catches_lead_to() -> None:
    clean = function("Clean", timeout_seconds="1")
    found = problems(function("A", catch=[Catch(next_step=clean)]), function("B", catch=[Catch(next_step=clean)]))
    assert found == ["Clean: timeout_seconds: got '1', expected a whole number or None"]


def test_fields_have_their_types_in_references_wherever_they_stand() -> None:
    payload = {
        "a": ExecutionInput(3),  # type: ignore[arg-type]
        "b": [{"c": UniqueName("x", per_attempt="no")}],  # type: ignore[arg-type]
        "d": Join("-", ["x", True, None, {}, Join(1, "abc")]),  # type: ignore[list-item, arg-type]
    }
    assert problems(function("F", payload=payload)) == [
        "F: payload.a.name: got 3, expected a text",
        "F: payload.b[0].c.per_attempt: got 'no', expected True or False",
        "F: payload.d.parts[1]: got True, expected a text or a number or a reference",
        "F: payload.d.parts[2]: got None, expected a text or a number or a reference",
        "F: payload.d.parts[3]: got {}, expected a text or a number or a reference",
        "F: payload.d.parts[4].separator: got 1, expected a text",
        "F: payload.d.parts[4].parts: got 'abc', expected a list",
    ]
    assert problems(training("T", output_uri=ExecutionInput("A", type="text"))) == [  # type: ignore[arg-type]
        "T: output_uri.type: got 'text', expected 'string' or 'integer' or 'number' or 'boolean' or 'document'"
    ]


def test_other_steps_are_checked_all_the_same() -> None:
    broken = training("Broken", compute=5)
    found = problems(broken, training("Late", output_uri="x", tags={"a": broken.output("TrainingJobArn")}))
    assert found[0] == "Broken: compute: got 5, expected a ComputeResources"
    assert any(line.startswith("Late: OutputDataConfig.S3OutputPath: got 'x'") for line in found)


def test_fields_have_their_types_passing() -> None:
    compute = ComputeResources(
        instance_type=TOKEN,
        instance_count=ExecutionInput("Count", type="integer"),
        volume_size_gib=NUMBER_TOKEN,
    )
    network = NetworkConfig(subnets=[LIST_TOKEN], security_groups=[TOKEN])
    assert (
        problems(
            training(compute=compute, network=network, max_runtime_seconds=NUMBER_TOKEN, timeout_seconds=NUMBER_TOKEN),
            config(variants=[variant(initial_weight=1), variant(variant_name="b", initial_weight=NUMBER_TOKEN)]),
            LambdaStep(name="F", function_arn=FUNCTION, payload={"any": [None, 1, {"x": True}]}),
            FailStep(name="End"),
        )
        == []
    )
