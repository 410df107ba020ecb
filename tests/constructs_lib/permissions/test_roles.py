import json
import re
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.definitions import (
    Catch,
    Channel,
    ComputeResources,
    ContainerImage,
    DataCapture,
    DefinitionError,
    DistributedMapStep,
    ExecutionInput,
    FailStep,
    InventoryItems,
    JsonItems,
    NetworkConfig,
    ResultWriter,
    S3Objects,
    StateStep,
    StepOutput,
    WorkflowDefinition,
)
from constructs_lib.definitions.steps.base import JobStep
from constructs_lib.permissions import Statement, engine_statements, job_statements, map_statements
from constructs_lib.permissions.derivation import Derivation
from tests.constructs_lib.samples import (
    FUNCTION,
    KEY,
    PLACE,
    REPOSITORY,
    ROLE,
    TOKEN,
    build,
    config,
    endpoint,
    function,
    model,
    training,
    variant,
    workflow,
)
from tests.constructs_lib.services import calls, jobs

GOLDEN = Path(__file__).parent / "golden"
RULE = "arn:aws:events:eu-west-1:111122223333:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
SAGEMAKER = "arn:aws:sagemaker:eu-west-1:111122223333:"
IMAGE_ACTIONS = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
LOG_ACTIONS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]


def brief(statements: tuple[Statement, ...]) -> list[tuple[list[str], list[str], dict[str, Any]]]:
    return [
        (found["Action"], found["Resource"], found.get("Condition", {}))
        for found in (statement.to_dict() for statement in statements)
    ]


def job(step: JobStep, *others: Any) -> list[tuple[list[str], list[str], dict[str, Any]]]:
    return brief(job_statements(step, definition=workflow(step, *others), **PLACE))


def test_the_engine_of_a_training_job() -> None:
    statements = engine_statements(workflow(training("T", job_name="houses")), **PLACE)

    assert brief(statements) == [
        (
            [
                *("sagemaker:AddTags", "sagemaker:CreateTrainingJob"),
                *("sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"),
            ],
            [f"{SAGEMAKER}training-job/houses"],
            {},
        ),
        (["events:DescribeRule", "events:PutRule", "events:PutTargets"], [RULE], {}),
        (["iam:PassRole"], [ROLE], {"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com"]}}),
    ]
    assert [statement.reason for statement in statements] == [None, None, None]


@pytest.mark.parametrize(
    ("name", "patterns"),
    [
        (ExecutionInput("JobName"), ["training-job/*"]),
        ("Houses", ["training-job/Houses", "training-job/houses"]),
        (TOKEN, [f"training-job/{TOKEN}"]),
        (None, ["training-job/t-*"]),
    ],
)
def test_resources_follow_the_name_of_the_job(name: Any, patterns: list[str]) -> None:
    step = training("T") if name is None else training("T", job_name=name)
    (statement,) = [
        found for found in engine_statements(workflow(step), **PLACE) if "sagemaker:CreateTrainingJob" in found.actions
    ]

    assert list(statement.resources) == [f"{SAGEMAKER}{pattern}" for pattern in patterns]
    assert (statement.reason is not None) == any("*" in pattern for pattern in patterns)


def test_the_engine_of_a_job_that_is_only_started() -> None:
    started = training("T", wait=False, job_name="houses")
    tagged = training("U", wait=False, job_name="houses", tags={"a": "b"})

    assert brief(engine_statements(workflow(started), **PLACE))[0][0] == ["sagemaker:CreateTrainingJob"]
    assert brief(engine_statements(workflow(tagged), **PLACE))[0][0] == [
        "sagemaker:AddTags",
        "sagemaker:CreateTrainingJob",
    ]
    assert len(engine_statements(workflow(started), **PLACE)) == 2


def test_a_function_is_invoked_in_the_version_that_is_named() -> None:
    definition = workflow(
        function("Alias", qualifier="live"),
        function("Any", function_arn=f"{FUNCTION}-2", qualifier=ExecutionInput("Version")),
    )
    named, unknown = engine_statements(definition, **PLACE)
    assert brief((named, unknown)) == [
        (["lambda:InvokeFunction"], [f"{FUNCTION}:live"], {}),
        (["lambda:InvokeFunction"], [f"{FUNCTION}-2:*"], {}),
    ]
    assert unknown.reason == "what is invoked is known only when the workflow runs"


def test_the_engine_of_the_other_steps() -> None:
    tags = {"team": "houses"}
    definition = workflow(
        build("Build", catch=[Catch(next_step=function("Tell", function_arn=f"{FUNCTION}-2"))]),
        function("Call"),
        model("Save", model_name="m", tags=tags),
        config("Configure", config_name="c", tags=tags, volume_kms_key=KEY),
        endpoint("Serve", endpoint_name="e", config_name="c", tags=tags),
        endpoint("Ask", endpoint_name="f", config_name="c", wait=False),
        FailStep(name="Stop"),
    )

    assert brief(engine_statements(definition, **PLACE)) == [
        (["lambda:InvokeFunction"], [FUNCTION, f"{FUNCTION}-2"], {}),
        (["sagemaker:AddTags", "sagemaker:CreateModel"], [f"{SAGEMAKER}model/m"], {}),
        (["iam:PassRole"], [ROLE], {"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com"]}}),
        (
            ["sagemaker:AddTags", "sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig"],
            [f"{SAGEMAKER}endpoint-config/c"],
            {},
        ),
        (["kms:CreateGrant", "kms:DescribeKey"], [KEY], {}),
        (
            ["sagemaker:AddTags", "sagemaker:CreateEndpoint", "sagemaker:DescribeEndpoint"],
            [f"{SAGEMAKER}endpoint/e"],
            {},
        ),
        (["sagemaker:CreateEndpoint"], [f"{SAGEMAKER}endpoint/f"], {}),
    ]


def test_the_place_may_be_tokens() -> None:
    tokens = {"partition": "${Token[P.1]}", "region": "${Token[R.2]}", "account": "${Token[A.3]}"}
    (_, resources, _) = brief(engine_statements(workflow(endpoint("E", endpoint_name="e")), **tokens))[0]

    assert resources == ["arn:${Token[P.1]}:sagemaker:${Token[R.2]}:${Token[A.3]}:endpoint/e"]


def test_a_role_that_is_known_only_at_run_time_carries_its_reason() -> None:
    found = [
        statement
        for statement in engine_statements(workflow(training("T", role=ExecutionInput("Role"))), **PLACE)
        if "iam:PassRole" in statement.actions
    ]
    assert [(list(statement.resources), statement.reason) for statement in found] == [
        (["*"], "the role is known only when the workflow runs")
    ]


def test_the_engine_needs_the_roles_first() -> None:
    message = (
        "workflow 'sample' is not valid, 1 problem:\n"
        "  T: role: missing, expected the ARN of a role; with_roles gives it one"
    )
    with pytest.raises(DefinitionError, match=f"^{re.escape(message)}$"):
        engine_statements(workflow(training("T", role=None)), **PLACE)


def test_the_role_of_a_training_job() -> None:
    channels = [
        Channel(name="training", uri="s3://data/train/", kms_key=KEY),
        Channel(name="validation", uri=f"s3://{TOKEN}/held-out"),
    ]
    assert job(training("T", channels=channels)) == [
        (IMAGE_ACTIONS, [REPOSITORY], {}),
        (["ecr:GetAuthorizationToken"], ["*"], {}),
        (["s3:GetObject"], ["arn:aws:s3:::data/train/*", f"arn:aws:s3:::{TOKEN}/held-out*"], {}),
        (["s3:ListBucket"], ["arn:aws:s3:::data"], {"StringLike": {"s3:prefix": ["train/*"]}}),
        (["kms:Decrypt"], [KEY], {}),
        (["s3:ListBucket"], [f"arn:aws:s3:::{TOKEN}"], {"StringLike": {"s3:prefix": ["held-out*"]}}),
        (["s3:PutObject"], ["arn:aws:s3:::data/models/*"], {}),
        (
            LOG_ACTIONS,
            [
                "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/TrainingJobs",
                "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/TrainingJobs:*",
            ],
            {},
        ),
        (
            ["cloudwatch:PutMetricData"],
            ["*"],
            {"StringEquals": {"cloudwatch:namespace": ["/aws/sagemaker/TrainingJobs"]}},
        ),
    ]


def test_the_role_of_a_training_job_in_a_network_with_keys() -> None:
    found = job(
        training(
            "T",
            image=ContainerImage(uri=TOKEN, repository_arn=REPOSITORY),
            compute=ComputeResources(instance_type="ml.m5.large", volume_kms_key=KEY),
            output_kms_key=KEY,
            network=NetworkConfig(subnets=["subnet-1"], security_groups=[TOKEN]),
        )
    )
    place = "arn:aws:ec2:eu-west-1:111122223333:"
    describe = ["DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"]

    assert found[0] == (IMAGE_ACTIONS, [REPOSITORY], {})
    assert (
        ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
        [KEY],
        {},
    ) in found
    assert found[-2:] == [
        (
            ["ec2:CreateNetworkInterface"],
            [f"{place}network-interface/*", f"{place}subnet/subnet-1", f"{place}security-group/{TOKEN}"],
            {},
        ),
        (
            [
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
            ],
            [f"{place}network-interface/*"],
            {},
        ),
    ]
    assert ([*(f"ec2:Describe{what}" for what in describe), "ecr:GetAuthorizationToken"], ["*"], {}) in found


def test_the_role_of_a_model() -> None:
    train = training("Train", output_uri=f"s3://{TOKEN}/models", output_kms_key=KEY)
    saved = model(
        "Save", model_name=ExecutionInput("Model"), model_data_uri=train.output("ModelArtifacts.S3ModelArtifacts")
    )
    capture = DataCapture(destination_uri="s3://data/captured", kms_key=KEY)
    configured = config("Configure", variants=[variant(model_name=saved.model_name)], data_capture=capture)
    other = config("Other", variants=[variant()], data_capture=DataCapture(destination_uri="s3://elsewhere/x"))
    definition = workflow(train, saved, configured, other)

    assert brief(job_statements(saved, definition=definition, **PLACE)) == [
        (IMAGE_ACTIONS, [REPOSITORY], {}),
        (["ecr:GetAuthorizationToken"], ["*"], {}),
        (LOG_ACTIONS, ["arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/Endpoints/*"], {}),
        (
            ["cloudwatch:PutMetricData"],
            ["*"],
            {"StringEquals": {"cloudwatch:namespace": ["/aws/sagemaker/Endpoints", "AWS/SageMaker"]}},
        ),
        (["s3:GetObject"], [f"arn:aws:s3:::{TOKEN}/models/*"], {}),
        # an output may be the folder itself, which jobs list without its slash
        (["s3:ListBucket"], [f"arn:aws:s3:::{TOKEN}"], {"StringLike": {"s3:prefix": ["models/*", "models"]}}),
        (["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [KEY], {}),
        (["s3:PutObject"], ["arn:aws:s3:::data/captured/*"], {}),
    ]


def test_the_role_of_a_model_without_data_in_a_network() -> None:
    found = job(model("M", network=NetworkConfig(subnets=["subnet-1"], security_groups=["sg-1"])), config("C"))

    assert not any(action.startswith("s3:") for actions, _, _ in found for action in actions)
    assert any("ec2:CreateNetworkInterface" in actions for actions, _, _ in found)


def test_a_bucket_that_is_known_only_at_run_time() -> None:
    call = function("Call")
    step = training("T", channels=[Channel(name="training", uri=call.output("Payload.uri"))])
    statements = job_statements(step, definition=workflow(call, step), **PLACE)

    assert [(list(found.resources), found.reason) for found in statements if "s3:ListBucket" in found.actions] == [
        (["arn:aws:s3:::*"], "the bucket is known only when the workflow runs")
    ]
    assert [list(found.resources) for found in statements if "s3:GetObject" in found.actions] == [["arn:aws:s3:::*/*"]]


def test_a_whole_bucket_is_listed_without_a_condition() -> None:
    found = job(training("T", channels=[Channel(name="training", uri="s3://all")]))

    assert (["s3:GetObject"], ["arn:aws:s3:::all/*"], {}) in found
    assert (["s3:ListBucket"], ["arn:aws:s3:::all"], {}) in found


def test_every_wildcard_has_a_reason_and_no_action_has_one() -> None:
    steps = [build("B"), training("T"), model("M"), config("C"), endpoint("E"), function("F")]
    definition = workflow(*steps)
    statements = list(engine_statements(definition, **PLACE))
    for step in steps:
        if isinstance(step, JobStep):
            statements += job_statements(step, definition=definition, **PLACE)

    for statement in statements:
        assert bool(statement.wildcards) == (statement.reason is not None)


def test_what_is_no_need_is_refused() -> None:
    derivation = Derivation(definition=workflow(function("F")), **PLACE)
    with pytest.raises(TypeError, match=r"^got StepOutput\(.*, expected one of the needs of"):
        list(derivation.of(StepOutput("A", "B")))


@pytest.mark.parametrize(("name", "definition"), [("jobs", jobs()), ("calls", calls())])
def test_roles_of_every_service_are_exactly_as_expected(name: str, definition: WorkflowDefinition) -> None:
    roles = {"engine": [found.to_dict() for found in engine_statements(definition, **PLACE)]}
    for step in definition.all_steps:
        if isinstance(step, JobStep):
            roles[step.name] = [found.to_dict() for found in job_statements(step, definition=definition, **PLACE)]

    assert json.loads(json.dumps(roles)) == json.loads((GOLDEN / f"{name}.json").read_text())


def test_the_engine_of_a_distributed_map() -> None:
    maps = DistributedMapStep(
        name="Each object",
        items=S3Objects(bucket="raw", prefix="in/"),
        steps=[function("Work")],
        results=ResultWriter(bucket="done", prefix="out/runs/", kms_key=KEY),
    )
    inventory = InventoryItems(bucket="lists", key=ExecutionInput("Key"), data_prefix="daily/data/", kms_key=KEY)
    rows = DistributedMapStep(
        name="Rows",
        items=inventory,
        steps=[function("Row")],
        results=ResultWriter(bucket=ExecutionInput("Bucket")),
    )
    definition = workflow(maps, rows)

    assert brief(engine_statements(definition, **PLACE)) == [
        (["s3:ListBucket"], ["arn:aws:s3:::raw"], {"StringLike": {"s3:prefix": ["in/"]}}),
        (
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            ["arn:aws:s3:::done/out/runs/*", "arn:aws:s3:::*/*"],
            {},
        ),
        (["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [KEY], {}),
        (["lambda:InvokeFunction"], [FUNCTION], {}),
        (["s3:GetObject"], ["arn:aws:s3:::lists/*", "arn:aws:s3:::lists/daily/data/*"], {}),
    ]
    states = "arn:aws:states:eu-west-1:111122223333:"
    assert brief(map_statements(definition, state_machine_name="flow", **PLACE)) == [
        (["states:StartExecution"], [f"{states}stateMachine:flow"], {}),
        (["states:DescribeExecution", "states:StopExecution"], [f"{states}execution:flow:*"], {}),
        (
            ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"],
            [f"{states}execution:flow/each-object:*", f"{states}execution:flow/rows:*"],
            {},
        ),
    ]
    assert map_statements(workflow(function("F")), state_machine_name="flow", **PLACE) == ()


def test_a_whole_bucket_of_items_is_listed_without_a_condition() -> None:
    maps = DistributedMapStep(name="M", items=S3Objects(bucket=ExecutionInput("Bucket")), steps=[function("Work")])
    listing, _ = engine_statements(workflow(maps), **PLACE)
    assert brief((listing,)) == [(["s3:ListBucket"], ["arn:aws:s3:::*"], {})]
    assert listing.reason == "the bucket is known only when the workflow runs"


def test_a_file_of_items_is_read_with_its_key() -> None:
    maps = DistributedMapStep(name="M", items=JsonItems(bucket="b", key="k", kms_key=KEY), steps=[function("Work")])
    assert brief(engine_statements(workflow(maps), **PLACE))[:2] == [
        (["s3:GetObject"], ["arn:aws:s3:::b/k"], {}),
        (["kms:Decrypt"], [KEY], {}),
    ]


def test_a_distributed_map_written_by_hand_starts_executions_too() -> None:
    inside = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    processor = {**inside, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    labelled = StateStep(name="A", state={"Type": "Map", "Label": "Own", "ItemProcessor": processor})
    bare = StateStep(name="B", state={"Type": "Map", "ItemProcessor": processor})
    inline = StateStep(name="C", state={"Type": "Map", "ItemProcessor": inside})

    found = map_statements(workflow(labelled, bare, inline), state_machine_name="flow", **PLACE)

    place = "arn:aws:states:eu-west-1:111122223333:execution:flow"
    assert list(found[-1].resources) == [f"{place}/Own:*", f"{place}/*:*"]
    assert map_statements(workflow(inline), state_machine_name="flow", **PLACE) == ()
