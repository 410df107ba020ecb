"""Which provider makes which resource type; a service's module is loaded when a template first needs it."""

import importlib
from functools import cache

from local_aws.cloudformation.resources.provider import Provider

_MODULES = {
    "AWS::S3": "s3",
    "AWS::KMS": "kms",
    "AWS::IAM": "iam",
    "AWS::SSM": "ssm",
    "AWS::ECR": "ecr",
    "AWS::Lambda": "functions",
    "AWS::Logs": "logs",
    "AWS::StepFunctions": "stepfunctions",
    "AWS::CodeBuild": "codebuild",
    "AWS::Events": "events",
    "AWS::CloudWatch": "cloudwatch",
    "AWS::SNS": "sns",
    "AWS::SQS": "sqs",
    "AWS::SageMaker": "sagemaker",
    "AWS::Scheduler": "scheduler",
    "AWS::SecretsManager": "secretsmanager",
    "AWS::DynamoDB": "dynamodb",
    "AWS::EC2": "ec2",
    "AWS::CloudFormation": "cloudformation",
    "AWS::CDK": "cloudformation",
    "Custom": "custom",
}


@cache
def find_provider(resource_type: str) -> Provider | None:
    """The provider of a type, moto's where the project has none, or None for a type that neither knows."""
    prefix = resource_type.rpartition("::")[0]
    if resource_type.startswith("Custom::"):
        prefix = "Custom"
    if prefix in _MODULES:
        module = importlib.import_module(f"local_aws.cloudformation.resources.{_MODULES[prefix]}")
        for provider in module.PROVIDERS:
            if provider.type in {resource_type, prefix + "::*"}:
                found: Provider = provider
                return found
    from local_aws.cloudformation import moto_fallback  # loads moto's models: only for types that need them

    return moto_fallback.provider_of(resource_type)
