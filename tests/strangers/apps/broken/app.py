"""A stack that goes wrong: first by a custom resource of its own, at last by types that only AWS has."""

import aws_cdk as cdk
from aws_cdk import aws_emr as emr
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sqs as sqs
from constructs import Construct

SOURCE = """
import cfnresponse
def handler(event, context):
    wrong = event["RequestType"] != "Delete" and event["ResourceProperties"]["Version"] == "first"
    cfnresponse.send(event, context, "FAILED" if wrong else "SUCCESS", {}, "it", reason="the licence has run out")
"""


class BrokenStack(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str, *, version: str) -> None:
        super().__init__(scope, construct_id)
        queue = sqs.Queue(self, "Queue", queue_name="strangers-broken")
        bucket = s3.Bucket(self, "Bucket", removal_policy=cdk.RemovalPolicy.DESTROY)
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(SOURCE),
        )
        licence = cdk.CustomResource(
            self,
            "Licence",
            service_token=function.function_arn,
            resource_type="Custom::Licence",
            properties={"Version": version},
        )
        licence.node.add_dependency(queue, bucket)
        if version == "third":
            emr.CfnStudioSessionMapping(
                self, "Mapping", identity_name="i", identity_type="USER", session_policy_arn="arn", studio_id="s"
            )
            sagemaker.CfnNotebookInstance(
                self, "Notebook", instance_type="ml.t3.medium", role_arn=str(function.role.role_arn)
            )


app = cdk.App()
BrokenStack(app, "Broken", version=app.node.try_get_context("version"))
app.synth()
