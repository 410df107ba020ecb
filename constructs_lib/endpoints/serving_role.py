"""The role that the containers of an endpoint run with."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.endpoints.variants import Capture, RegisteredModel, StoredModel
from constructs_lib.environments.network import Placement
from constructs_lib.environments.roles import service_role
from constructs_lib.permissions import PULL_ACTIONS, Statement

SERVICE = "AWS/SageMaker"
"""Namespace of an endpoint's metrics."""

INSTANCES = "/aws/sagemaker/Endpoints"
"""Namespace of the metrics of its instances, and the start of its log group's name."""


def serving_role(
    scope: Construct,
    construct_id: str,
    *,
    models: Sequence[StoredModel | RegisteredModel],
    capture: Capture | None,
    placement: Placement | None,
) -> iam.Role:
    """A role that may serve these models and no others.

    Args:
        scope: where it is defined.
        construct_id: its name there.
        models: of which the images are pulled and the artifacts read.
        capture: where what goes through the endpoint is written; None where it is not kept.
        placement: the network that is joined; None without one.
    """
    statements = [*_job_statements(Stack.of(scope)), *(() if placement is None else placement.statements(scope))]
    for model in models:
        statements += _model_statements(model)
    if capture is not None:
        statements.append(
            Statement(
                actions=["s3:PutObject"],
                resources=[capture.storage.bucket.arn_for_objects(f"{capture.prefix}*")],
                reason="each file of captured requests has a name of its own",
            )
        )
        if capture.storage.encryption_key is not None:
            statements.append(
                Statement(actions=["kms:GenerateDataKey"], resources=[capture.storage.encryption_key.key_arn])
            )
    return service_role(
        scope, construct_id, service="sagemaker.amazonaws.com", description="serves models", statements=statements
    )


def _job_statements(stack: Stack) -> list[Statement]:
    return [
        Statement(
            actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=[
                stack.format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=f"{INSTANCES}/*",
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                )
            ],
            reason="SageMaker names an endpoint's log group after the endpoint, whose name is generated",
        ),
        Statement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            reason="cloudwatch:PutMetricData takes no resource; the namespace is limited by a condition",
            conditions={"StringEquals": {"cloudwatch:namespace": [SERVICE, INSTANCES]}},
        ),
    ]


def _model_statements(model: StoredModel | RegisteredModel) -> list[Statement]:
    statements = []
    if model.repository is not None:
        statements += [
            Statement(actions=PULL_ACTIONS, resources=[model.repository.repository.repository_arn]),
            Statement(
                actions=["ecr:GetAuthorizationToken"],
                resources=["*"],
                reason="ecr:GetAuthorizationToken is of the account and takes no resource",
            ),
        ]
    if model.storage is None:
        return statements
    exact = isinstance(model, StoredModel)
    statements.append(
        Statement(
            actions=["s3:GetObject"],
            resources=[model.storage.bucket.arn_for_objects(model.path if isinstance(model, StoredModel) else "*")],
            reason=None if exact else "the registry knows where a version's artifacts are, the app does not",
        )
    )
    if model.storage.encryption_key is not None:
        statements.append(Statement(actions=["kms:Decrypt"], resources=[model.storage.encryption_key.key_arn]))
    return statements
