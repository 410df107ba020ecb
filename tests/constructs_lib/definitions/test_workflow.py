import json
import re
import subprocess
import sys

import pytest
from attrs.exceptions import FrozenInstanceError

from constructs_lib.definitions import (
    TASK_FAILED,
    Catch,
    ComputeResources,
    DataCapture,
    DefinitionError,
    ExecutionInput,
    FailStep,
    Join,
    WorkflowDefinition,
)
from tests.constructs_lib.samples import ROLE, TOKEN, config, endpoint, function, model, training, workflow

OTHER_ROLE = "arn:aws:iam::111122223333:role/other"


def test_a_definition_cannot_be_changed() -> None:
    steps = [function("A")]
    definition = WorkflowDefinition(name="sample", steps=steps)
    steps.append(function("B"))

    assert [step.name for step in definition.steps] == ["A"]
    with pytest.raises(FrozenInstanceError):
        definition.name = "other"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        definition.steps[0].name = "other"  # type: ignore[misc]


def test_all_problems_are_raised_together_step_by_step() -> None:
    with pytest.raises(DefinitionError) as raised:
        workflow(function("B: x"), training("T", output_uri="x", max_runtime_seconds="3600"), function(""), name="a b")

    assert str(raised.value) == (
        "workflow 'a b' is not valid, 5 problems:\n"
        "  name: got 'a b', expected 1 to 80 letters, digits, '-' or '_'\n"
        "  B: x: name: got 'B: x', expected a name without ': ', which is kept for helper states\n"
        "  T: max_runtime_seconds: got '3600', expected a number or a reference\n"
        "  T: OutputDataConfig.S3OutputPath: got 'x', expected a text that matches (https|s3)://([^/]+)/?(.*)\n"
        "  '': name: got 0 characters, expected 1 to 80"
    )
    assert [problem.path for problem in raised.value.problems] == [
        "name",
        "name",
        "max_runtime_seconds",
        "OutputDataConfig.S3OutputPath",
        "name",
    ]


def test_one_problem_is_one() -> None:
    with pytest.raises(DefinitionError, match=r"^workflow 'sample' is not valid, 1 problem:\n"):
        workflow(function("A", timeout_seconds=0))


def test_handlers_are_the_steps_that_only_a_catch_leads_to() -> None:
    failed = FailStep(name="Failed")
    clean = function("Clean up", catch=[Catch(next_step=failed)])
    definition = workflow(
        function("A", catch=[Catch(errors=[TASK_FAILED], next_step=clean), Catch(next_step=failed)]),
        function("B", catch=[Catch(next_step=clean)]),
    )

    assert definition.handlers == (clean, failed)
    assert [step.name for step in definition.all_steps] == ["A", "B", "Clean up", "Failed"]
    assert definition.step("Failed") is failed


def test_an_unknown_step_cannot_be_looked_up() -> None:
    with pytest.raises(KeyError, match="Missing"):
        workflow(function("A")).step("Missing")


def test_roles_are_given_to_steps_that_have_none() -> None:
    failed = FailStep(name="Failed")
    rescue = model("Rescue", role=None)
    caught = [Catch(errors=[TASK_FAILED], next_step=rescue), Catch(next_step=failed)]
    definition = workflow(
        function("A", catch=caught), training(role=None, catch=[Catch(next_step=failed)]), model(role=ROLE)
    )
    assert [step.name for step in definition.steps_without_role] == ["Train", "Rescue"]

    given = definition.with_roles({"Train": OTHER_ROLE, "Rescue": TOKEN})

    assert given.steps_without_role == ()
    assert [getattr(step, "role", None) for step in given.all_steps] == [None, OTHER_ROLE, ROLE, TOKEN, None]
    assert definition.step("Train").role is None  # type: ignore[attr-defined]


def test_roles_for_some_steps_leave_the_others() -> None:
    given = workflow(training(role=None), model(role=None)).with_roles({"Train": ROLE})

    assert [step.name for step in given.steps_without_role] == ["Save"]


def test_a_role_for_a_step_that_takes_none_is_an_error() -> None:
    definition = workflow(function("A"), training(role=None), model())

    message = (
        "workflow 'sample' is not valid, 2 problems:\n"
        "  A: role: got a role for 'A', expected one for: Train\n"
        "  Save: role: got a role for 'Save', expected one for: Train"
    )
    with pytest.raises(DefinitionError, match=f"^{re.escape(message)}$"):
        definition.with_roles({"A": ROLE, "Train": ROLE, "Save": ROLE})
    with pytest.raises(DefinitionError, match=r"expected one for: none: every step has its role$"):
        workflow(function("A")).with_roles({"A": ROLE})


def test_a_role_is_checked_when_it_is_given() -> None:
    with pytest.raises(DefinitionError, match="Train: RoleArn: got 'not a role of the account'"):
        workflow(training(role=None)).with_roles({"Train": "not a role of the account"})


def test_execution_inputs_are_listed_in_the_order_of_first_use() -> None:
    definition = workflow(
        training(job_name=ExecutionInput("JobName"), output_uri=Join("/", ["s3://data", ExecutionInput("Team")])),
        model(model_name=ExecutionInput("ModelName"), tags={"team": ExecutionInput("Team")}),
    )

    assert [value.name for value in definition.execution_inputs] == ["JobName", "Team", "ModelName"]


def test_the_schema_of_the_input_has_the_rules_of_the_requests() -> None:
    definition = workflow(
        training(
            job_name=ExecutionInput("JobName", description="of the job"),
            max_runtime_seconds=ExecutionInput("Seconds", type="integer"),
            input_mode="File",
            tags={"team": Join("", [ExecutionInput("Team")])},
        ),
        config(config_name=ExecutionInput("Name")),
        model(model_name=ExecutionInput("Name")),
        endpoint(endpoint_name=ExecutionInput("Endpoint", pattern="houses-.*")),
        function("Note", payload={"share": ExecutionInput("Share", type="number")}),
        function("Tell", payload={"loud": ExecutionInput("Loud", type="boolean")}),
    )

    schema = definition.execution_input_schema()

    assert json.loads(json.dumps(schema)) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Input of sample",
        "type": "object",
        "properties": {
            "JobName": {
                "type": "string",
                "description": "of the job",
                "minLength": 1,
                "maxLength": 63,
                "pattern": "^(?:[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})$",
            },
            "Seconds": {"type": "integer", "minimum": 1},
            "Team": {"type": "string"},
            "Name": {
                "type": "string",
                "maxLength": 63,
                "allOf": [
                    {"pattern": "^(?:[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})$"},
                    {"pattern": "^(?:[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?)$"},
                ],
            },
            "Endpoint": {"type": "string", "maxLength": 63, "pattern": "^(?:houses-.*)$"},
            "Share": {"type": "number"},
            "Loud": {"type": "boolean"},
        },
        "required": ["JobName", "Seconds", "Team", "Name", "Endpoint", "Share", "Loud"],
        "additionalProperties": False,
    }


def test_the_schema_lists_the_values_of_an_enumeration_and_the_range_of_a_number() -> None:
    definition = workflow(
        training(compute=ComputeResources(instance_type=ExecutionInput("Instance"))),
        config(
            data_capture=DataCapture(
                destination_uri="s3://data/captured", sampling_percentage=ExecutionInput("Share", type="integer")
            )
        ),
    )

    members = definition.execution_input_schema()["properties"]

    assert "ml.m5.large" in members["Instance"]["enum"]
    assert members["Instance"]["enum"] == sorted(members["Instance"]["enum"])
    assert members["Share"] == {"type": "integer", "minimum": 0, "maximum": 100}


def test_a_definition_can_be_made_without_the_cdk_and_boto3() -> None:
    program = (
        "import sys, constructs_lib.definitions; "
        "print({'aws_cdk', 'jsii', 'boto3', 'botocore', 'constructs'} & set(sys.modules)); "
        "from workflows.byoc_housing.definition import byoc_housing; "
        "print({'aws_cdk', 'jsii', 'boto3', 'constructs'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\nset()\n"
