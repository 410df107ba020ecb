"""A static site: files and what is known at deployment only, put into a bucket that empties itself."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as s3deploy
from constructs import Construct


class SiteStack(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str, *, version: str) -> None:
        super().__init__(scope, construct_id)
        bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True,
            auto_delete_objects=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        s3deploy.BucketDeployment(
            self,
            "Files",
            destination_bucket=bucket,
            destination_key_prefix="site",
            sources=[
                s3deploy.Source.asset(str(Path(__file__).parent / "files")),
                s3deploy.Source.data("version.txt", version),
                s3deploy.Source.json_data("where.json", {"bucket": bucket.bucket_name}),
            ],
            cache_control=[s3deploy.CacheControl.max_age(cdk.Duration.minutes(5))],
            metadata={"deployed-by": "stranger"},
            memory_limit=512,
        )
        cdk.CfnOutput(self, "BucketName", value=bucket.bucket_name)


app = cdk.App()
SiteStack(app, "Site", version=app.node.try_get_context("version"))
app.synth()
