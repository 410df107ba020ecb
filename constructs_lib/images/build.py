"""The build of a container image: once for each content, by CodeBuild, started and answered by two functions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import Acknowledgment, Duration, IgnoreMode, RemovalPolicy, Stack, Validations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.environments.network import Network, Placement, place
from constructs_lib.environments.roles import service_role
from constructs_lib.environments.storage import IStorage, Storage
from constructs_lib.events.delivery import DeadLetterQueue
from constructs_lib.images.repository import PUSH_ACTIONS, IImageRepository
from constructs_lib.images.source import (
    BuildSettings,
    buildspec_of,
    lambda_source_options,
    source_asset,
    source_problems,
)
from constructs_lib.permissions import Statement

_LOG_ACTIONS = ["logs:CreateLogStream", "logs:PutLogEvents"]
_SOURCES = "the changed source of each image has a key of its own"
_WAITERS = "the waiters of each image have keys of their own"
_TOKEN = "ecr:GetAuthorizationToken is of the account and takes no resource"  # noqa: S105 - a reason
_ANSWERS = ("states:SendTaskFailure", "states:SendTaskSuccess")
_CALLBACK_ANSWERS = ("sagemaker:SendPipelineExecutionStepFailure", "sagemaker:SendPipelineExecutionStepSuccess")
_CALLBACK_ATTEMPTS = 5
_QUEUE_READS = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_ANSWER = "an answer to a task takes no resource: whoever holds the task's token may answer it"


class ContainerBuild(Construct):
    """Builds a container image from a folder: once for each content, and gives it by digest.

    Nothing is built at deployment. The builder function starts a build when an image is asked for that is not in the
    repository, and answers at once where it is; it never waits. Whoever waits is a Step Functions task, answered when
    the build ends, or a callback step of a SageMaker pipeline. One content is built once, however many ask for it; a
    request can replace single files, the Dockerfile, variables and the time limit (see the payload of
    `lambda_src/container_builder`).

    Created are an asset of the folder, a CodeBuild project, two functions, an event rule, log groups and, unless they
    are given, a `Storage` for the waiting tasks and the changed sources. Only builds and storage cost.

    Examples:
        >>> import tempfile; folder = Path(tempfile.mkdtemp()); _ = (folder / "Dockerfile").write_text("FROM scratch")
        >>> from aws_cdk import App, Stack
        >>> from constructs_lib.images.repository import ImageRepository
        >>> stack = Stack(App(), "Containers")
        >>> build = ContainerBuild(stack, "Build", source=folder, repository=ImageRepository(stack, "Images"))
        >>> build.builder_function.function_arn.startswith("${Token")
        True
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        source: Path | str,
        repository: IImageRepository,
        settings: BuildSettings | None = None,
        storage: IStorage | None = None,
        network: Network | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        for_pipelines: bool = False,
    ) -> None:
        """Defines the project and its functions.

        Args:
            scope: where the build is defined.
            construct_id: its name there.
            source: the folder with the Dockerfile. Its ``buildspec.yml``, if it has one, says what a build does; it
                finds the variables IMAGE_REPOSITORY_URI, IMAGE_TAG and DOCKERFILE. Default: docker build and push.
            repository: where the image is pushed to, in the region of the build. One of another account must let this
                account's roles in.
            settings: how it is built. Default: `BuildSettings`' own defaults.
            storage: where waiting tasks and changed sources are kept. Default: a new `Storage`.
            network: where in a VPC the builds run; the functions, which only call AWS, stay outside. Default: no VPC.
            log_retention: how long logs are kept. Default: a month.
            removal_policy: what happens to logs, and to storage made here, when they leave the stack. Default:
                they stay.
            for_pipelines: makes `callback_queue`, by which callback steps of SageMaker pipelines ask for the image.
                Default: Step Functions and direct callers alone.

        Raises:
            ValueError: the folder or its Dockerfile is missing, or a setting is out of range; all problems together.
        """
        super().__init__(scope, construct_id)
        chosen = BuildSettings() if settings is None else settings
        folder = Path(source)
        problems = [*source_problems(folder, chosen.dockerfile), *chosen.problems()]
        if problems:
            raise ValueError("\n".join(f"{self.node.path}: {problem}" for problem in problems))
        self.repository = repository
        """Where the image is pushed to."""
        self.storage: IStorage = Storage(self, "Storage", removal_policy=removal_policy) if storage is None else storage
        """Where waiting tasks and changed sources are kept."""
        self._settings = chosen
        self._prefix = f"container-builds/{self.node.addr}/"
        self._log_retention = log_retention
        self._removal_policy = removal_policy
        self._answers = _ANSWERS + (_CALLBACK_ANSWERS if for_pipelines else ())
        self.source = source_asset(self, "Source", folder)
        """The folder, as it is uploaded at deployment."""
        self.project = self._define_project(buildspec_of(folder), place(self, network))
        """The CodeBuild project."""
        function_logs = self._log_group("FunctionLogs")
        self.builder_function = self._define_function(
            "Builder", "start", "starts container builds", function_logs, self._builder_statements()
        )
        """Gives an image or starts its build; what a workflow calls."""
        self.finisher_function = self._define_function(
            "Finisher", "finish", "answers who waits for a container build", function_logs, self._finisher_statements()
        )
        """Answers the tasks that wait for an ended build."""
        self.rule = events.Rule(
            self,
            "Ended",
            description="an ended container build answers the tasks that wait for it",
            event_pattern=events.EventPattern(
                source=["aws.codebuild"],
                detail_type=["CodeBuild Build State Change"],
                detail={"project-name": [self.project.ref], "build-status": [{"anything-but": "IN_PROGRESS"}]},
            ),
            targets=[targets.LambdaFunction(self.finisher_function)],
        )
        """Calls the finisher when a build of the project ends."""
        self._callbacks = self._define_callbacks() if for_pipelines else None

    @property
    def callback_queue(self) -> sqs.IQueue:
        """The queue of callback steps of SageMaker pipelines that want the image.

        Their outputs are those of `ContainerBuildStep`, as texts; their input may be ``Overrides``, as JSON in a text.

        Raises:
            ValueError: the build was not made for pipelines.
        """
        if self._callbacks is None:
            raise ValueError(f"{self.node.path}: got a build without callbacks, expected one with for_pipelines=True")
        return self._callbacks

    def metric_failed_builds(self) -> cloudwatch.Metric:
        """Builds that failed; use the sum."""
        return self._metric("FailedBuilds", "Sum")

    def metric_succeeded_builds(self) -> cloudwatch.Metric:
        """Builds that succeeded; use the sum."""
        return self._metric("SucceededBuilds", "Sum")

    def metric_duration(self) -> cloudwatch.Metric:
        """Seconds that a build takes, on average."""
        return self._metric("Duration", "Average")

    def _metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/CodeBuild",
            metric_name=name,
            dimensions_map={"ProjectName": self.project.ref},
            statistic=statistic,
        )

    def _log_group(self, construct_id: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            construct_id,
            encryption_key=self.storage.encryption_key,
            retention=self._log_retention,
            removal_policy=self._removal_policy,
        )

    def _define_project(self, buildspec: str, placement: Placement | None) -> codebuild.CfnProject:
        log_group = self._log_group("BuildLogs")
        repository = self.repository.repository
        self.role: iam.IRole = service_role(
            self,
            "BuildRole",
            service="codebuild.amazonaws.com",
            description="builds a container image and pushes it",
            statements=[
                Statement(actions=_LOG_ACTIONS, resources=[log_group.log_group_arn]),
                Statement(actions=["s3:GetObject", "s3:GetObjectVersion"], resources=[self._source_arn()]),
                Statement(
                    actions=["s3:GetObject", "s3:GetObjectVersion"],
                    resources=[self._objects("sources/")],
                    reason=_SOURCES,
                ),
                *self._key_use("kms:Decrypt"),
                Statement(actions=PUSH_ACTIONS, resources=[repository.repository_arn]),
                Statement(actions=["ecr:GetAuthorizationToken"], resources=["*"], reason=_TOKEN),
                *(() if placement is None else placement.statements(self)),
            ],
        )
        """What the commands of a build run with: what else they need, such as base images to pull, is granted to it."""
        key: kms.IKey | None = self.storage.encryption_key
        variables = {
            **self._settings.environment,
            "IMAGE_REPOSITORY_URI": repository.repository_uri,
            "DOCKERFILE": self._settings.dockerfile,
        }
        project = codebuild.CfnProject(
            self,
            "Resource",
            description="builds a container image; started by its builder function",
            service_role=self.role.role_arn,
            artifacts=codebuild.CfnProject.ArtifactsProperty(type="NO_ARTIFACTS"),
            encryption_key=key.key_arn if key is not None else None,
            environment=codebuild.CfnProject.EnvironmentProperty(
                type="LINUX_CONTAINER",
                compute_type=self._settings.compute_type,
                image=self._settings.build_image,
                image_pull_credentials_type="CODEBUILD",
                privileged_mode=True,
                environment_variables=[
                    codebuild.CfnProject.EnvironmentVariableProperty(name=name, value=value, type="PLAINTEXT")
                    for name, value in variables.items()
                ],
            ),
            source=codebuild.CfnProject.SourceProperty(
                type="S3",
                location=f"{self.source.s3_bucket_name}/{self.source.s3_object_key}",
                build_spec=buildspec,
            ),
            timeout_in_minutes=self._settings.timeout_minutes,
            queued_timeout_in_minutes=60,
            vpc_config=None
            if placement is None
            else codebuild.CfnProject.VpcConfigProperty(
                vpc_id=placement.vpc_id,
                subnets=list(placement.subnet_ids),
                security_group_ids=list(placement.security_group_ids),
            ),
            logs_config=codebuild.CfnProject.LogsConfigProperty(
                cloud_watch_logs=codebuild.CfnProject.CloudWatchLogsConfigProperty(
                    status="ENABLED", group_name=log_group.log_group_name
                )
            ),
        )
        Validations.of(project).acknowledge(
            Acknowledgment(
                id="AwsSolutions-CB3",
                reason="docker build needs a docker daemon, which CodeBuild runs in privileged mode alone",
            )
        )
        return project

    def _define_function(
        self, construct_id: str, entry: str, description: str, log_group: logs.ILogGroup, statements: list[Statement]
    ) -> lambda_.Function:
        path, exclude = lambda_source_options("container_builder")
        role = service_role(
            self,
            f"{construct_id}Role",
            service="lambda.amazonaws.com",
            description=description,
            statements=[Statement(actions=_LOG_ACTIONS, resources=[log_group.log_group_arn]), *statements],
        )
        return lambda_.Function(
            self,
            construct_id,
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler=f"container_builder.handler.{entry}",
            code=lambda_.Code.from_asset(path, exclude=exclude, ignore_mode=IgnoreMode.GIT),
            role=role,
            log_group=log_group,
            memory_size=256,
            timeout=Duration.minutes(1),
            environment={"BUILD_SETTINGS": Stack.of(self).to_json_string(self._function_settings())},
        )

    def _function_settings(self) -> Mapping[str, Any]:
        repository = self.repository.repository
        return {
            "project": self.project.ref,
            "registry": repository.env.account,
            "repository_name": repository.repository_name,
            "repository_uri": repository.repository_uri,
            "bucket": self.storage.bucket.bucket_name,
            "prefix": self._prefix,
            "source_bucket": self.source.s3_bucket_name,
            "source_key": self.source.s3_object_key,
            "source_hash": self.source.asset_hash,
            "dockerfile": self._settings.dockerfile,
            "environment": dict(self._settings.environment),
        }

    def _builder_statements(self) -> list[Statement]:
        return [
            Statement(
                actions=["codebuild:BatchGetBuilds", "codebuild:ListBuildsForProject", "codebuild:StartBuild"],
                resources=[self.project.attr_arn],
            ),
            Statement(actions=["ecr:DescribeImages"], resources=[self.repository.repository.repository_arn]),
            Statement(actions=["s3:GetObject"], resources=[self._source_arn()]),
            Statement(actions=["s3:PutObject"], resources=[self._objects("sources/")], reason=_SOURCES),
            Statement(
                actions=["s3:DeleteObject", "s3:PutObject"], resources=[self._objects("waiters/")], reason=_WAITERS
            ),
            *self._key_use("kms:GenerateDataKey"),
            Statement(actions=["states:SendTaskSuccess"], resources=["*"], reason=_ANSWER),
        ]

    def _define_callbacks(self) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "Callbacks",
            # messages hold the token of a step alone, which is of use to nobody without the right to answer
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # six times the function's own limit, as Lambda asks for
            visibility_timeout=Duration.minutes(6),
            removal_policy=RemovalPolicy.DESTROY,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=DeadLetterQueue(self, "CallbackDeadLetters").queue, max_receive_count=_CALLBACK_ATTEMPTS
            ),
        )
        statements = [
            *self._builder_statements(),
            Statement(actions=_CALLBACK_ANSWERS, resources=["*"], reason=_ANSWER),
            Statement(actions=_QUEUE_READS, resources=[queue.queue_arn]),
        ]
        function = self._define_function(
            "CallbackBuilder",
            "start_for_pipelines",
            "starts container builds for SageMaker pipelines",
            self._log_group("CallbackLogs"),
            statements,
        )
        function.add_event_source_mapping("Callbacks", event_source_arn=queue.queue_arn, batch_size=1)
        return queue

    def _finisher_statements(self) -> list[Statement]:
        return [
            Statement(actions=["codebuild:BatchGetBuilds"], resources=[self.project.attr_arn]),
            Statement(actions=["ecr:DescribeImages"], resources=[self.repository.repository.repository_arn]),
            Statement(
                actions=["s3:ListBucket"],
                resources=[self.storage.bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"{self._prefix}waiters/*"]}},
            ),
            Statement(
                actions=["s3:DeleteObject", "s3:GetObject"], resources=[self._objects("waiters/")], reason=_WAITERS
            ),
            *self._key_use("kms:Decrypt"),
            Statement(actions=self._answers, resources=["*"], reason=_ANSWER),
        ]

    def _source_arn(self) -> str:
        partition = Stack.of(self).partition
        return f"arn:{partition}:s3:::{self.source.s3_bucket_name}/{self.source.s3_object_key}"

    def _objects(self, prefix: str) -> str:
        return self.storage.bucket.arn_for_objects(f"{self._prefix}{prefix}*")

    def _key_use(self, *actions: str) -> list[Statement]:
        key = self.storage.encryption_key
        return [] if key is None else [Statement(actions=actions, resources=[key.key_arn])]
