"""A model's way from a build to an endpoint: tasks of Step Functions, a CodeBuild project, SageMaker's L1 resources."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from aws_cdk import custom_resources as cr
from constructs import Construct

HERE = Path(__file__).parent


class TrainingStack(cdk.Stack):
    """Builds an image, trains, judges, and tells."""

    def __init__(self, scope: Construct, construct_id: str, *, version: str) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self, "Bucket", auto_delete_objects=True, removal_policy=cdk.RemovalPolicy.DESTROY, versioned=True
        )
        self.repository = ecr.Repository(
            self, "Images", image_scan_on_push=True, empty_on_delete=True, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        source = assets.Asset(self, "Source", path=str(HERE / "container"))
        project = codebuild.Project(
            self,
            "Build",
            source=codebuild.Source.s3(bucket=source.bucket, path=source.s3_object_key),
            environment=codebuild.BuildEnvironment(
                build_image=codebuild.LinuxBuildImage.STANDARD_7_0, privileged=True,
                compute_type=codebuild.ComputeType.SMALL,
            ),
            environment_variables={
                "REPOSITORY": codebuild.BuildEnvironmentVariable(value=self.repository.repository_uri),
            },
            timeout=cdk.Duration.minutes(10),
        )  # fmt: skip
        source.grant_read(project)
        self.repository.grant_pull_push(project)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        self.bucket.grant_read_write(self.role)
        self.repository.grant_pull(self.role)
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:PutLogEvents",
                    "cloudwatch:PutMetricData",
                ],
                resources=["*"],
            )
        )
        judge = lambda_.Function(
            self,
            "Judge",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="judge.handler",
            code=lambda_.Code.from_asset(str(HERE / "functions")),
            environment={"VERSION": version},
        )

        build = tasks.CodeBuildStartBuild(
            self,
            "Build image",
            project=project,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            environment_variables_override={
                "RUN": codebuild.BuildEnvironmentVariable(value=sfn.JsonPath.string_at("$$.Execution.Name"))
            },
            result_path=sfn.JsonPath.DISCARD,
        )
        train = tasks.SageMakerCreateTrainingJob(
            self,
            "Train",
            training_job_name=sfn.JsonPath.string_at("$$.Execution.Name"),
            role=self.role,
            algorithm_specification=tasks.AlgorithmSpecification(
                training_image=tasks.DockerImage.from_ecr_repository(self.repository, "latest"),
                training_input_mode=tasks.InputMode.FILE,
                metric_definitions=[tasks.MetricDefinition(name="validation:rmse", regex=r"rmse=([0-9.]+)")],
            ),
            input_data_config=[
                tasks.Channel(
                    channel_name="train",
                    content_type="text/csv",
                    data_source=tasks.DataSource(
                        s3_data_source=tasks.S3DataSource(
                            s3_location=tasks.S3Location.from_bucket(self.bucket, "data/"),
                            s3_data_type=tasks.S3DataType.S3_PREFIX,
                        )
                    ),
                )
            ],
            output_data_config=tasks.OutputDataConfig(
                s3_output_location=tasks.S3Location.from_bucket(self.bucket, "models")
            ),
            resource_config=tasks.ResourceConfig(
                instance_count=1,
                instance_type=ec2.InstanceType.of(ec2.InstanceClass.M5, ec2.InstanceSize.LARGE),
                volume_size=cdk.Size.gibibytes(10),
            ),
            stopping_condition=tasks.StoppingCondition(max_runtime=cdk.Duration.minutes(5)),
            hyperparameters={"rounds": sfn.JsonPath.string_at("$.rounds")},
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            result_path="$.training",
        )
        model = tasks.SageMakerCreateModel(
            self,
            "Make model",
            model_name=sfn.JsonPath.string_at("$.training.TrainingJobName"),
            role=self.role,
            primary_container=tasks.ContainerDefinition(
                image=tasks.DockerImage.from_json_expression(
                    sfn.JsonPath.string_at("$.training.AlgorithmSpecification.TrainingImage")
                ),
                mode=tasks.Mode.SINGLE_MODEL,
                model_s3_location=tasks.S3Location.from_json_expression("$.training.ModelArtifacts.S3ModelArtifacts"),
            ),
            result_path=sfn.JsonPath.DISCARD,
        )
        judged = tasks.LambdaInvoke(
            self,
            "Judge each",
            lambda_function=judge,
            payload=sfn.TaskInput.from_object({"metric": sfn.JsonPath.entire_payload}),
            payload_response_only=True,
        )
        each = sfn.Map(self, "Metrics", items_path="$.training.FinalMetricDataList", result_path="$.verdicts")
        each.item_processor(judged)
        both = (
            sfn.Parallel(self, "Both", result_path=sfn.JsonPath.DISCARD)
            .branch(model)
            .branch(sfn.Wait(self, "Breathe", time=sfn.WaitTime.duration(cdk.Duration.seconds(0))))
        )
        failed = sfn.Fail(self, "Failed", error_path="$.failure.Error", cause_path="$.failure.Cause")
        choice = (
            sfn.Choice(self, "Good?")
            .when(sfn.Condition.boolean_equals("$.verdicts[0].good", True), sfn.Succeed(self, "Done"))
            .otherwise(sfn.Fail(self, "Bad", error="BadModel", cause="the model is not good enough"))
        )
        train.add_catch(failed, result_path="$.failure")
        definition = build.next(train).next(both).next(each).next(choice)
        machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_chainable(definition),
            timeout=cdk.Duration.minutes(15),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(self, "MachineLogs", removal_policy=cdk.RemovalPolicy.DESTROY),
                level=sfn.LogLevel.ERROR,
            ),
        )
        for name, value in {
            "Machine": machine.state_machine_arn, "Bucket": self.bucket.bucket_name,
            "Repository": self.repository.repository_name,
        }.items():  # fmt: skip
            cdk.CfnOutput(self, f"{name}Output", value=value).override_logical_id(f"{name}Out")


class ServingStack(cdk.Stack):
    """Serves a model that was trained before; what it needs to know comes as context."""

    def __init__(self, scope: Construct, construct_id: str, *, training: TrainingStack, image: str, model: str) -> None:
        super().__init__(scope, construct_id)
        made = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=training.role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=image, model_data_url=model, environment={"GREETING": "hello"}
            ),
        )
        made.node.add_dependency(training.role)
        config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    model_name=made.attr_model_name,
                    variant_name="all",
                    initial_instance_count=1,
                    initial_variant_weight=1,
                    instance_type="ml.m5.large",
                )
            ],
        )
        endpoint = sagemaker.CfnEndpoint(self, "Endpoint", endpoint_config_name=config.attr_endpoint_config_name)
        sagemaker.CfnModelPackageGroup(self, "Registry", model_package_group_name="strangers-models")

        function = {"runtime": lambda_.Runtime.PYTHON_3_12, "code": lambda_.Code.from_asset(str(HERE / "functions"))}
        ask = lambda_.Function(self, "Ask", handler="smoke.start", **function)
        see = lambda_.Function(self, "See", handler="smoke.is_complete", **function)
        for each in (ask, see):
            each.add_to_role_policy(iam.PolicyStatement(actions=["sagemaker:InvokeEndpoint"], resources=[endpoint.ref]))
        provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=ask,
            is_complete_handler=see,
            query_interval=cdk.Duration.seconds(1),
            total_timeout=cdk.Duration.minutes(2),
        )
        smoke = cdk.CustomResource(
            self,
            "Smoke",
            service_token=provider.service_token,
            resource_type="Custom::SmokeTest",
            properties={"Endpoint": endpoint.attr_endpoint_name, "Model": model},
        )
        note = ssm.StringParameter(self, "Note", string_value="served")
        look = cr.AwsCustomResource(
            self,
            "Look",
            on_update=cr.AwsSdkCall(
                service="SSM",
                action="getParameter",
                parameters={"Name": note.parameter_name},
                physical_resource_id=cr.PhysicalResourceId.of("note"),
            ),
            policy=cr.AwsCustomResourcePolicy.from_sdk_calls(resources=[note.parameter_arn]),
            install_latest_aws_sdk=False,
        )
        look.node.add_dependency(note)
        for name, value in {
            "Endpoint": endpoint.attr_endpoint_name, "Smoke": smoke.get_att_string("Answer"),
            "Note": look.get_response_field("Parameter.Value"),
        }.items():  # fmt: skip
            cdk.CfnOutput(self, f"{name}Output", value=value).override_logical_id(f"{name}Out")


app = cdk.App()
trained = TrainingStack(app, "Training", version=app.node.try_get_context("version"))
if app.node.try_get_context("model"):
    ServingStack(
        app,
        "Serving",
        training=trained,
        image=app.node.try_get_context("image"),
        model=app.node.try_get_context("model"),
    )
app.synth()
