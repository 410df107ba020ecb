"""What the Data Science SDK exported becomes a state machine as it is, with the permissions of what it calls."""

import json
from pathlib import Path

import pytest

from constructs_lib.definitions import ImportedDefinition
from constructs_lib.permissions import engine_statements
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
from local_aws.stepfunctions.validation.definitions import diagnose
from tests.constructs_lib.samples import PLACE
from tests.constructs_lib.synthesis import only, resources, statements, template_of

FOLDER = Path(__file__).parent
HERE = "eu-west-1:111122223333"


def exported(name: str) -> ImportedDefinition:
    return ImportedDefinition.from_file(name, FOLDER / f"{name}.states.json")


def job(name: str, *resources: str) -> set[tuple[str, str]]:
    """What a job that is waited for needs, and the rule that tells of its end."""
    return {
        (f"sagemaker:{action}", f"arn:aws:sagemaker:{HERE}:{resource}")
        for resource in resources
        for action in ("AddTags", f"Create{name}", f"Describe{name}", f"Stop{name}")
    } | {
        (f"events:{action}", f"arn:aws:events:{HERE}:rule/StepFunctionsGetEventsForSageMaker{name}sRule")
        for action in ("DescribeRule", "PutRule", "PutTargets")
    }


PROCESSING = job(
    "ProcessingJob",
    "processing-job/*",  # names from the input
    "processing-job/anomaly-detection",
    "processing-job/feature-selection",
)
TRAINING = job("TrainingJob", "training-job/*")
PASS_ROLE = ("iam:PassRole", "arn:aws:iam::111122223333:role/jobs")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "sklearn-processing",
            {
                *PROCESSING,
                *TRAINING,
                PASS_ROLE,
                ("s3:GetObject", "arn:aws:s3:::data-bucket/evaluation/evaluation.json"),
                ("sns:Publish", f"arn:aws:sns:{HERE}:told"),
            },
        ),
        (
            "byoc-housing",
            {
                *TRAINING,
                PASS_ROLE,
                ("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:builder"),
                ("sagemaker:CreateModel", f"arn:aws:sagemaker:{HERE}:model/*"),
                ("sagemaker:CreateEndpointConfig", f"arn:aws:sagemaker:{HERE}:endpoint-config/*"),
                # IAM asks for both
                ("sagemaker:CreateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/*"),
                ("sagemaker:CreateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint-config/*"),
            },
        ),
    ],
)
def test_its_role_may_do_what_it_calls_and_no_more(name: str, expected: set[tuple[str, str]]) -> None:
    found = {
        (action, resource)
        for statement in engine_statements(exported(name), **PLACE)
        for action in statement.actions
        for resource in statement.resources
    }

    assert found == expected


def test_it_is_deployed_unchanged(tmp_path: Path) -> None:
    definition = exported("sklearn-processing")
    document = json.loads((FOLDER / "sklearn-processing.states.json").read_text())
    template = template_of(lambda stack: StepFunctionsWorkflow(stack, "Flow", definition=definition), tmp_path)
    deployed = only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"]

    assert json.loads(deployed) == document
    assert diagnose(deployed) == []
    assert len(resources(template, "AWS::IAM::Role")) == 1
    assert {"s3:GetObject", "sns:Publish", "iam:PassRole"} <= {
        found["Action"] for found in statements(template, "FlowRole") if isinstance(found["Action"], str)
    }
