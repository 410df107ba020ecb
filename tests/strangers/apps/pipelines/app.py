"""Pipelines of SageMaker by CDK's L1 resources, and what listens to them: rules, a topic, a schedule, a function."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

HERE = Path(__file__).parent
CONTAINER = HERE.parent / "training" / "container"
GROUP = "strangers-prices"


class PipelinesStack(cdk.Stack):
    """A pipeline that trains and registers, written here, and one that tells, from a file."""

    def __init__(self, scope: Construct, construct_id: str, *, version: str, image: str, model: str) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(self, "Data", auto_delete_objects=True, removal_policy=cdk.RemovalPolicy.DESTROY)
        self.images = ecr.Repository(self, "Images", empty_on_delete=True, removal_policy=cdk.RemovalPolicy.DESTROY)
        project = self._build()
        self.jobs = iam.Role(
            self,
            "Jobs",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSageMakerFullAccess")],
        )
        self.bucket.grant_read_write(self.jobs)
        self.images.grant_pull(self.jobs)

        group = sagemaker.CfnModelPackageGroup(
            self, "Group", model_package_group_name=GROUP, model_package_group_description="prices"
        )
        prices = sagemaker.CfnFeatureGroup(
            self,
            "Prices",
            feature_group_name="strangers-prices",
            record_identifier_feature_name="house",
            event_time_feature_name="at",
            feature_definitions=[
                sagemaker.CfnFeatureGroup.FeatureDefinitionProperty(feature_name=name, feature_type=kind)
                for name, kind in (("house", "String"), ("at", "String"), ("price", "Fractional"))
            ],
            online_store_config={"EnableOnlineStore": True},
            offline_store_config={"S3StorageConfig": {"S3Uri": self.bucket.s3_url_for_object("features")}},
            role_arn=self.jobs.role_arn,
        )
        prices.node.add_dependency(self.jobs)
        if model:
            self._package(image, model).add_resource_dependency(group)

        training = sagemaker.CfnPipeline(
            self,
            "Training",
            pipeline_name="strangers-training",
            pipeline_display_name=f"training-{version}",
            pipeline_definition={"PipelineDefinitionBody": self.to_json_string(self._definition())},
            role_arn=self.jobs.role_arn,
            parallelism_configuration={"MaxParallelExecutionSteps": 2},
            tags=[cdk.CfnTag(key="version", value=version)],
        )
        document = assets.Asset(self, "Document", path=str(HERE / "retell.json"))
        document.grant_read(self.jobs)
        telling = sagemaker.CfnPipeline(
            self,
            "Telling",
            pipeline_name="strangers-telling",
            pipeline_definition={
                "PipelineDefinitionS3Location": {"Bucket": document.s3_bucket_name, "Key": document.s3_object_key}
            },
            role_arn=self.jobs.role_arn,
        )
        for pipeline in (training, telling):
            pipeline.node.add_dependency(self.jobs)
        heard, handled = self._listeners(training)
        self._callers(telling)
        for name, value in {
            "Bucket": self.bucket.bucket_name, "Project": project.project_name, "Training": training.ref,
            "Telling": telling.ref, "Features": prices.ref, "Heard": heard.queue_url, "Handled": handled.queue_url,
            "Image": self.images.repository_uri_for_tag("latest"),
        }.items():  # fmt: skip
            cdk.CfnOutput(self, f"{name}Output", value=value).override_logical_id(f"{name}Out")

    def _build(self) -> codebuild.Project:
        source = assets.Asset(self, "Source", path=str(CONTAINER))
        project = codebuild.Project(
            self,
            "Build",
            source=codebuild.Source.s3(bucket=source.bucket, path=source.s3_object_key),
            environment=codebuild.BuildEnvironment(build_image=codebuild.LinuxBuildImage.STANDARD_7_0, privileged=True),
            environment_variables={
                "REPOSITORY": codebuild.BuildEnvironmentVariable(value=self.images.repository_uri),
                "RUN": codebuild.BuildEnvironmentVariable(value="strangers"),
            },
        )
        source.grant_read(project)
        self.images.grant_pull_push(project)
        return project

    def _definition(self) -> dict[str, Any]:
        """A definition whose strings are tokens, as one that is written by hand in an app."""
        image = self.images.repository_uri_for_tag("latest")
        models = f"s3://{self.bucket.bucket_name}/models"
        train = {
            "AlgorithmSpecification": {
                "TrainingImage": image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}],
            },
            "RoleArn": self.jobs.role_arn,
            "HyperParameters": {"rounds": {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Rounds"}]}}},
            "InputDataConfig": [
                {
                    "ChannelName": "train",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": {"Get": "Parameters.Data"}}},
                }
            ],
            "OutputDataConfig": {"S3OutputPath": models},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 120},
        }
        register = {
            "ModelPackageGroupName": GROUP,
            "ModelApprovalStatus": "PendingManualApproval",
            "InferenceSpecification": {
                "Containers": [
                    {"Image": image, "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}}
                ],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        }
        good = {
            "Type": "LessThanOrEqualTo",
            "LeftValue": {"Get": "Steps.Train.FinalMetricDataList['rmse'].Value"},
            "RightValue": {"Get": "Parameters.Limit"},
        }
        bad = {"Std:Join": {"On": ": ", "Values": ["the error is above", {"Get": "Parameters.Limit"}]}}
        return {
            "Version": "2020-12-01",
            "Parameters": [
                {"Name": "Rounds", "Type": "Integer", "DefaultValue": 3},
                {"Name": "Limit", "Type": "Float", "DefaultValue": 10.5},
                {"Name": "Data", "Type": "String", "DefaultValue": f"s3://{self.bucket.bucket_name}/data/"},
            ],
            "Steps": [
                {
                    "Name": "Train", "Type": "Training", "Arguments": train,
                    "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"},
                    "RetryPolicies": [{"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "MaxAttempts": 2}],
                },
                {
                    "Name": "Good", "Type": "Condition",
                    "Arguments": {
                        "Conditions": [good],
                        "IfSteps": [{"Name": "Register", "Type": "RegisterModel", "Arguments": register}],
                        "ElseSteps": [{"Name": "Bad", "Type": "Fail", "Arguments": {"ErrorMessage": bad}}],
                    },
                },
            ],
        }  # fmt: skip

    def _package(self, image: str, model: str) -> sagemaker.CfnModelPackage:
        specification = sagemaker.CfnModelPackage.InferenceSpecificationProperty(
            containers=[
                sagemaker.CfnModelPackage.ModelPackageContainerDefinitionProperty(image=image, model_data_url=model)
            ],
            supported_content_types=["text/csv"],
            supported_response_mime_types=["application/json"],
        )
        return sagemaker.CfnModelPackage(
            self,
            "Package",
            model_package_group_name=GROUP,
            model_package_description="by hand",
            model_approval_status="Approved",
            inference_specification=specification,
        )

    def _listeners(self, training: sagemaker.CfnPipeline) -> tuple[sqs.Queue, sqs.Queue]:
        """Ends of the one's executions go to a topic, ends of steps to a function."""
        topic, heard, handled = sns.Topic(self, "Ends"), sqs.Queue(self, "Heard"), sqs.Queue(self, "Handled")
        topic.add_subscription(subscriptions.SqsSubscription(heard, raw_message_delivery=True))
        arn = self.format_arn(service="sagemaker", resource="pipeline", resource_name=training.ref)
        events.Rule(
            self,
            "Ended",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Building Pipeline Execution Status Change"],
                detail={"currentPipelineExecutionStatus": ["Succeeded", "Failed"], "pipelineArn": [arn]},
            ),
            targets=[
                targets.SnsTopic(
                    topic,
                    message=events.RuleTargetInput.from_text(
                        f"{events.EventField.from_path('$.detail.pipelineArn')} is "
                        f"{events.EventField.from_path('$.detail.currentPipelineExecutionStatus')}"
                    ),
                )
            ],
        )
        function = lambda_.Function(
            self,
            "Handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(
                "import boto3, os\n"
                "def handler(event, context):\n"
                "    detail = event['detail']\n"
                "    boto3.client('sqs').send_message(QueueUrl=os.environ['QUEUE'], MessageBody="
                "detail['stepName'] + ' ' + detail['currentStepStatus'])\n"
            ),
            environment={"QUEUE": handled.queue_url},
        )
        handled.grant_send_messages(function)
        events.Rule(
            self,
            "StepEnded",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Building Pipeline Execution Step Status Change"],
                detail={"currentStepStatus": ["Succeeded", "Failed"], "stepType": ["Training", "RegisterModel"]},
            ),
            targets=[targets.LambdaFunction(function)],
        )
        return heard, handled

    def _callers(self, telling: sagemaker.CfnPipeline) -> None:
        """An event and a moment start the pipeline that tells."""
        arn = self.format_arn(service="sagemaker", resource="pipeline", resource_name=telling.ref)
        starter = iam.Role(
            self,
            "Starter",
            assumed_by=iam.CompositePrincipal(
                iam.ServicePrincipal("events.amazonaws.com"), iam.ServicePrincipal("scheduler.amazonaws.com")
            ),
        )
        granted = starter.add_to_principal_policy(
            iam.PolicyStatement(actions=["sagemaker:StartPipelineExecution"], resources=[arn])
        )

        def parameters(**values: str) -> dict[str, Any]:
            return {"pipelineParameterList": [{"name": name, "value": value} for name, value in values.items()]}

        events.CfnRule(
            self,
            "Wished",
            event_pattern={"source": ["strangers"], "detail-type": ["Wish"]},
            targets=[
                events.CfnRule.TargetProperty(
                    id="pipeline",
                    arn=arn,
                    role_arn=starter.role_arn,
                    sage_maker_pipeline_parameters=parameters(Text="$.detail.text", Prefix="heard from"),
                )
            ],
        )
        schedule = scheduler.CfnSchedule(
            self,
            "Moment",
            flexible_time_window={"mode": "OFF"},
            schedule_expression="rate(1 minute)",
            target=scheduler.CfnSchedule.TargetProperty(
                arn=arn, role_arn=starter.role_arn, sage_maker_pipeline_parameters=parameters(Text="a schedule")
            ),
        )
        schedule.node.add_dependency(granted.policy_dependable)


app = cdk.App()
given = {name: app.node.try_get_context(name) or "" for name in ("version", "image", "model")}
PipelinesStack(app, "Pipelines", **given)
app.synth()
