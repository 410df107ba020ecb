"""One environment of the app, written with aws-cdk-lib alone: what a careful author would write without the library."""

from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Duration, Fn, IgnoreMode, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

ROOT = Path(__file__).resolve().parents[1]
DESTROY = RemovalPolicy.DESTROY
NOT_SOURCE = ["__pycache__/", "*.py[co]", ".git/", ".DS_Store", ".venv/", ".ipynb_checkpoints/"]
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
PUSH = [
    *("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload"),
    *("ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"),
]
WRITE_LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]
JOB_LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]


def allow(actions: list[str], resources: list[str], conditions: dict[str, Any] | None = None) -> iam.PolicyStatement:
    """A statement."""
    return iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions)


def role(scope: Construct, name: str, service: str, statements: list[iam.PolicyStatement]) -> iam.Role:
    """A role with its statements in line."""
    return iam.Role(
        scope,
        name,
        assumed_by=iam.ServicePrincipal(service),
        description=name,
        inline_policies={"Permissions": iam.PolicyDocument(statements=statements)},
    )


def key(stack: Stack, name: str) -> kms.Key:
    """A key that the account's logs and alarms may use."""
    made = kms.Key(
        stack, name, description=name, enable_key_rotation=True, pending_window=Duration.days(7), removal_policy=DESTROY
    )
    groups = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:*"
    made.add_to_resource_policy(
        iam.PolicyStatement(
            sid="LogGroups",
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
    )
    made.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Announcements",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com"), iam.ServicePrincipal("events.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )
    return made


def bucket(stack: Stack, name: str, encryption_key: kms.Key) -> s3.Bucket:
    """An encrypted bucket with its access logs."""
    access_logs = s3.Bucket(
        stack,
        f"{name}AccessLogs",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        lifecycle_rules=[
            s3.LifecycleRule(expiration=Duration.days(90), abort_incomplete_multipart_upload_after=Duration.days(7))
        ],
        removal_policy=RemovalPolicy.RETAIN,
    )
    return s3.Bucket(
        stack,
        name,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.KMS,
        encryption_key=encryption_key,
        bucket_key_enabled=True,
        enforce_ssl=True,
        versioned=True,
        server_access_logs_bucket=access_logs,
        lifecycle_rules=[
            s3.LifecycleRule(
                noncurrent_version_expiration=Duration.days(7), abort_incomplete_multipart_upload_after=Duration.days(7)
            )
        ],
        removal_policy=DESTROY,
    )


def log_group(stack: Stack, name: str, encryption_key: kms.Key, group_name: str | None = None) -> logs.LogGroup:
    """An encrypted log group."""
    return logs.LogGroup(
        stack,
        name,
        log_group_name=group_name,
        encryption_key=encryption_key,
        retention=logs.RetentionDays.ONE_WEEK,
        removal_policy=DESTROY,
    )


class Containers(Stack):
    """Repository, project, functions and rule."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id, stack_name=f"hand-{construct_id}", description="containers")
        encryption_key = key(self, "Key")
        artifacts = bucket(self, "Artifacts", encryption_key)
        self.repository = ecr.Repository(
            self,
            "Images",
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=encryption_key,
            empty_on_delete=True,
            removal_policy=DESTROY,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    rule_priority=1, tag_status=ecr.TagStatus.UNTAGGED, max_image_age=Duration.days(1), description="a"
                ),
                ecr.LifecycleRule(rule_priority=2, max_image_count=10, description="b"),
            ],
        )
        source = s3_assets.Asset(
            self,
            "Source",
            path=str(ROOT / "workflows/byoc_housing/container"),
            exclude=NOT_SOURCE,
            ignore_mode=IgnoreMode.GIT,
        )
        source_arn = f"arn:{self.partition}:s3:::{source.s3_bucket_name}/{source.s3_object_key}"
        changed, waiters = artifacts.arn_for_objects("builds/sources/*"), artifacts.arn_for_objects("builds/waiters/*")
        build_logs = log_group(self, "BuildLogs", encryption_key)
        build_role = role(
            self,
            "BuildRole",
            "codebuild.amazonaws.com",
            [
                allow(WRITE_LOGS, [build_logs.log_group_arn]),
                allow(["s3:GetObject", "s3:GetObjectVersion"], [source_arn]),
                allow(["s3:GetObject", "s3:GetObjectVersion"], [changed]),
                allow(["kms:Decrypt"], [encryption_key.key_arn]),
                allow(PUSH, [self.repository.repository_arn]),
                allow(["ecr:GetAuthorizationToken"], ["*"]),
            ],
        )
        project = codebuild.CfnProject(
            self,
            "Project",
            service_role=build_role.role_arn,
            description="builds",
            artifacts=codebuild.CfnProject.ArtifactsProperty(type="NO_ARTIFACTS"),
            encryption_key=encryption_key.key_arn,
            environment=codebuild.CfnProject.EnvironmentProperty(
                type="LINUX_CONTAINER",
                compute_type="BUILD_GENERAL1_SMALL",
                image="aws/codebuild/standard:7.0",
                image_pull_credentials_type="CODEBUILD",
                privileged_mode=True,
                environment_variables=[
                    codebuild.CfnProject.EnvironmentVariableProperty(
                        name="IMAGE_REPOSITORY_URI", value=self.repository.repository_uri, type="PLAINTEXT"
                    ),
                    codebuild.CfnProject.EnvironmentVariableProperty(
                        name="DOCKERFILE", value="Dockerfile", type="PLAINTEXT"
                    ),
                ],
            ),
            source=codebuild.CfnProject.SourceProperty(
                type="S3", location=f"{source.s3_bucket_name}/{source.s3_object_key}", build_spec="buildspec.yml"
            ),
            timeout_in_minutes=30,
            queued_timeout_in_minutes=60,
            logs_config=codebuild.CfnProject.LogsConfigProperty(
                cloud_watch_logs=codebuild.CfnProject.CloudWatchLogsConfigProperty(
                    status="ENABLED", group_name=build_logs.log_group_name
                )
            ),
        )
        function_logs = log_group(self, "FunctionLogs", encryption_key)
        settings = self.to_json_string(
            {
                "project": project.ref,
                "registry": self.account,
                "repository_name": self.repository.repository_name,
                "repository_uri": self.repository.repository_uri,
                "bucket": artifacts.bucket_name,
                "prefix": "builds/",
                "source_bucket": source.s3_bucket_name,
                "source_key": source.s3_object_key,
                "source_hash": source.asset_hash,
                "dockerfile": "Dockerfile",
                "environment": {},
            }
        )
        roles = {
            "start": [
                allow(WRITE_LOGS, [function_logs.log_group_arn]),
                allow(
                    ["codebuild:BatchGetBuilds", "codebuild:ListBuildsForProject", "codebuild:StartBuild"],
                    [project.attr_arn],
                ),
                allow(["ecr:DescribeImages"], [self.repository.repository_arn]),
                allow(["s3:GetObject"], [source_arn]),
                allow(["s3:PutObject"], [changed]),
                allow(["s3:DeleteObject", "s3:PutObject"], [waiters]),
                allow(["kms:GenerateDataKey"], [encryption_key.key_arn]),
                allow(["states:SendTaskSuccess"], ["*"]),
            ],
            "finish": [
                allow(WRITE_LOGS, [function_logs.log_group_arn]),
                allow(["codebuild:BatchGetBuilds"], [project.attr_arn]),
                allow(["ecr:DescribeImages"], [self.repository.repository_arn]),
                allow(
                    ["s3:ListBucket"],
                    [artifacts.bucket_arn],
                    {"StringLike": {"s3:prefix": "builds/waiters/*"}},
                ),
                allow(["s3:DeleteObject", "s3:GetObject"], [waiters]),
                allow(["kms:Decrypt"], [encryption_key.key_arn]),
                allow(["states:SendTaskFailure", "states:SendTaskSuccess"], ["*"]),
            ],
        }
        self.functions = {
            entry: lambda_.Function(
                self,
                f"Function-{entry}",
                description=entry,
                runtime=lambda_.Runtime.PYTHON_3_14,
                handler=f"container_builder.handler.{entry}",
                code=lambda_.Code.from_asset(
                    str(ROOT / "lambda_src"),
                    exclude=["/*", "!/container_builder", *NOT_SOURCE],
                    ignore_mode=IgnoreMode.GIT,
                ),
                role=role(self, f"Role-{entry}", "lambda.amazonaws.com", statements),
                log_group=function_logs,
                memory_size=256,
                timeout=Duration.minutes(1),
                environment={"BUILD_SETTINGS": settings},
            )
            for entry, statements in roles.items()
        }
        events.Rule(
            self,
            "Ended",
            description="ended",
            event_pattern=events.EventPattern(
                source=["aws.codebuild"],
                detail_type=["CodeBuild Build State Change"],
                detail={"project-name": [project.ref], "build-status": [{"anything-but": "IN_PROGRESS"}]},
            ),
            targets=[targets.LambdaFunction(self.functions["finish"])],
        )
        CfnOutput(self, "ArtifactBucketName", value=artifacts.bucket_name)
        CfnOutput(self, "ImageRepositoryUri", value=self.repository.repository_uri)
        CfnOutput(self, "BuildProjectName", value=project.ref)
        CfnOutput(self, "BuilderFunctionName", value=self.functions["start"].function_name)


class Training(Stack):
    """Data, roles, state machine and alarms."""

    def __init__(self, scope: Construct, construct_id: str, containers: Containers, states: dict[str, Any]) -> None:
        super().__init__(scope, construct_id, stack_name=f"hand-{construct_id}", description="training")
        encryption_key = key(self, "Key")
        data = bucket(self, "Data", encryption_key)
        topic = sns.Topic(self, "Alarms", master_key=encryption_key, enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        function_arn = containers.functions["start"].function_arn
        pull = [
            allow(PULL, [containers.repository.repository_arn]),
            allow(["ecr:GetAuthorizationToken"], ["*"]),
        ]
        crypt = allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [encryption_key.key_arn])
        train = role(
            self,
            "TrainRole",
            "sagemaker.amazonaws.com",
            [
                *pull,
                crypt,
                *(self._read(data, f"byoc-housing/data/{channel}/") for channel in ("training", "validation")),
                *(self._list(data, f"byoc-housing/data/{channel}/") for channel in ("training", "validation")),
                allow(["s3:PutObject"], [data.arn_for_objects("byoc-housing/output/*")]),
                allow(JOB_LOGS, [self._arn("logs", "log-group:/aws/sagemaker/TrainingJobs:*")]),
                self._metrics("/aws/sagemaker/TrainingJobs"),
            ],
        )
        model = role(
            self,
            "ModelRole",
            "sagemaker.amazonaws.com",
            [
                *pull,
                crypt,
                self._read(data, "byoc-housing/output/"),
                self._list(data, "byoc-housing/output/"),
                allow(["s3:PutObject"], [data.arn_for_objects("byoc-housing/capture/*")]),
                allow(JOB_LOGS, [self._arn("logs", "log-group:/aws/sagemaker/Endpoints/*")]),
                self._metrics("AWS/SageMaker"),
            ],
        )
        sagemaker = ["AddTags", "CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob"]
        runs = role(
            self,
            "Role",
            "states.amazonaws.com",
            [
                allow(["lambda:InvokeFunction"], [function_arn, f"{function_arn}:*"]),
                allow([f"sagemaker:{action}" for action in sagemaker], [self._arn("sagemaker", "training-job/*")]),
                allow(["sagemaker:CreateModel"], [self._arn("sagemaker", "model/*")]),
                allow(
                    ["sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig"],
                    [self._arn("sagemaker", "endpoint-config/*")],
                ),
                allow(
                    ["sagemaker:CreateEndpoint", "sagemaker:DescribeEndpoint"], [self._arn("sagemaker", "endpoint/*")]
                ),
                allow(
                    ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
                    [self._arn("events", "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule")],
                ),
                allow(
                    ["iam:PassRole"],
                    [train.role_arn, model.role_arn],
                    {"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com"]}},
                ),
                allow(
                    ["logs:CreateLogDelivery", "logs:PutResourcePolicy", "logs:DescribeLogGroups"],
                    ["*"],
                ),
                allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
            ],
        )
        made = Fn.select(0, Fn.split("-", Fn.select(2, Fn.split("/", self.stack_id))))
        history = log_group(self, "Logs", encryption_key, f"/aws/vendedlogs/states/{self.stack_name}-{made}")
        machine = stepfunctions.CfnStateMachine(
            self,
            "StateMachine",
            role_arn=runs.role_arn,
            definition_string=self.to_json_string(
                self._filled(states, data.bucket_name, encryption_key.key_arn, function_arn, train, model)
            ),
            logging_configuration=stepfunctions.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=True,
                destinations=[
                    stepfunctions.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=stepfunctions.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=history.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=stepfunctions.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        for name in ("ExecutionsFailed", "ExecutionsTimedOut"):
            cloudwatch.Alarm(
                self,
                name,
                metric=cloudwatch.Metric(
                    namespace="AWS/States",
                    metric_name=name,
                    dimensions_map={"StateMachineArn": machine.ref},
                    statistic="Sum",
                    period=Duration.minutes(5),
                ),
                threshold=1,
                evaluation_periods=1,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
                alarm_description=name,
            ).add_alarm_action(cloudwatch_actions.SnsAction(topic))
        CfnOutput(self, "StateMachineArn", value=machine.ref)
        CfnOutput(self, "DataBucketName", value=data.bucket_name)
        for name, path in {"TrainingDataUri": "data/training", "ModelOutputUri": "output", "CaptureUri": "c"}.items():
            CfnOutput(self, name, value=f"s3://{data.bucket_name}/byoc-housing/{path}/")
        CfnOutput(self, "AlarmTopicArn", value=topic.topic_arn)

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def _read(self, data: s3.Bucket, prefix: str) -> iam.PolicyStatement:
        return allow(["s3:GetObject"], [data.arn_for_objects(f"{prefix}*")])

    def _list(self, data: s3.Bucket, prefix: str) -> iam.PolicyStatement:
        return allow(["s3:ListBucket"], [data.bucket_arn], {"StringLike": {"s3:prefix": [f"{prefix}*"]}})

    def _metrics(self, namespace: str) -> iam.PolicyStatement:
        condition = {"StringEquals": {"cloudwatch:namespace": [namespace]}}
        return allow(["cloudwatch:PutMetricData"], ["*"], condition)

    def _filled(self, states: dict[str, Any], *values: Any) -> dict[str, Any]:
        """The states with this stack's values, one after the other, in the place of the placeholders."""
        bucket_name, key_arn, function_arn, train, model = values
        known = {
            "{bucket}": bucket_name,
            "{key}": key_arn,
            "{function}": function_arn,
            "{train}": train.role_arn,
            "{model}": model.role_arn,
            "{partition}": self.partition,
        }

        def fill(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: fill(member) for name, member in value.items()}
            if isinstance(value, list):
                return [fill(member) for member in value]
            if isinstance(value, str):
                for placeholder, actual in known.items():
                    value = value.replace(placeholder, actual)
            return value

        return dict(fill(states))
