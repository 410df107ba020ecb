"""The providers' tables against the resource schemas that AWS publishes (cfn-lint carries them)."""

import json
from importlib import import_module, resources
from typing import Any

import pytest

from local_aws.cloudformation.resources.provider import Provider
from local_aws.cloudformation.resources.registry import _MODULES, find_provider

_SCHEMAS = resources.files("cfnlint") / "data" / "schemas"
_INDEX: dict[str, str] = json.loads((_SCHEMAS / "providers" / "us-east-1.json").read_text())

PROVIDERS: list[Provider] = [
    provider
    for module in sorted(set(_MODULES.values()))
    for provider in import_module(f"local_aws.cloudformation.resources.{module}").PROVIDERS
    if not provider.type.startswith("Custom::") and not provider.type.endswith("CustomResource")
]

# Fn::GetAtt of names that the services document beside the schema's read-only properties
ATTRIBUTES_BEYOND_THE_SCHEMA = {
    "AWS::Events::EventBus": {"Name", "Policy"},
    "AWS::SNS::Topic": {"TopicName"},
    "AWS::SQS::Queue": {"QueueName"},
    "AWS::SSM::Parameter": {"Type", "Value"},
    "AWS::SageMaker::Endpoint": {"EndpointName"},
    "AWS::SageMaker::EndpointConfig": {"EndpointConfigName"},
    "AWS::SageMaker::InferenceComponent": {"RuntimeConfig.CurrentCopyCount", "RuntimeConfig.DesiredCopyCount"},
    "AWS::SageMaker::Model": {"ModelName"},
    "AWS::StepFunctions::Activity": {"Name"},
}
# replaced by ours although the schema would update them: stated in the provider
CREATE_ONLY_BEYOND_THE_SCHEMA = {
    "AWS::Logs::LogGroup": {"LogGroupClass"},
    "AWS::SNS::Subscription": {"Region"},
    "AWS::Events::Rule": {"EventBusName"},
    "AWS::SageMaker::InferenceComponent": {"EndpointArn", "EndpointName", "InferenceComponentName", "VariantName"},
}


def published(resource_type: str) -> dict[str, Any]:
    text = (_SCHEMAS / "resources" / f"{_INDEX[resource_type]}.json").read_text()
    schema: dict[str, Any] = json.loads(text)
    return schema


def top_level(paths: list[str]) -> set[str]:
    return {path.split("/")[2] for path in paths if path.count("/") == 2}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.type)
class TestTables:
    def test_properties_are_aws_own(self, provider: Provider) -> None:
        schema = published(provider.type)
        settable = set(schema["properties"]) - top_level(schema.get("readOnlyProperties", []))
        assert provider.schema.properties <= settable

    def test_required_properties_agree(self, provider: Provider) -> None:
        assert provider.schema.required == set(published(provider.type).get("required", []))

    def test_replacements_agree(self, provider: Provider) -> None:
        schema = published(provider.type)
        expected = top_level(schema.get("createOnlyProperties", [])) & provider.schema.properties
        extra = CREATE_ONLY_BEYOND_THE_SCHEMA.get(provider.type, set())
        assert provider.schema.create_only == expected | extra

    def test_attributes_are_aws_own(self, provider: Provider) -> None:
        assert provider.schema.attributes is not None
        schema = published(provider.type)
        known = top_level(schema.get("readOnlyProperties", []))
        assert provider.schema.attributes <= known | ATTRIBUTES_BEYOND_THE_SCHEMA.get(provider.type, set())

    def test_the_name_is_one_of_the_properties(self, provider: Provider) -> None:
        assert provider.schema.name is None or provider.schema.name in provider.schema.properties


FIRST_WAVE = [
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::KMS::Key",
    "AWS::KMS::Alias",
    "AWS::IAM::Role",
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::User",
    "AWS::IAM::Group",
    "AWS::IAM::AccessKey",
    "AWS::SSM::Parameter",
    "AWS::ECR::Repository",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::LayerVersion",
    "AWS::Logs::LogGroup",
    "AWS::Logs::LogStream",
    "AWS::Logs::ResourcePolicy",
    "AWS::Logs::MetricFilter",
    "AWS::StepFunctions::StateMachine",
    "AWS::StepFunctions::Activity",
    "AWS::CodeBuild::Project",
    "AWS::Events::Rule",
    "AWS::Events::EventBus",
    "AWS::Events::EventBusPolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SNS::Subscription",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::InferenceComponent",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::SageMaker::ModelPackage",
    "AWS::SageMaker::FeatureGroup",
    "AWS::SecretsManager::Secret",
    "AWS::DynamoDB::Table",
    "AWS::CloudFormation::Stack",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CDK::Metadata",
]


def test_every_first_wave_type_has_one_provider() -> None:
    types = [provider.type for provider in PROVIDERS]
    assert len(types) == len(set(types))
    assert set(FIRST_WAVE) <= set(types)


@pytest.mark.parametrize("name", ["Custom::Thing", "AWS::CloudFormation::CustomResource"])
def test_custom_types_have_a_provider(name: str) -> None:
    provider = find_provider(name)
    assert provider is not None
    assert provider.has_attribute("Anything")


@pytest.mark.parametrize("name", ["AWS::Lambda::Url", "AWS::Nope::Thing", "AWS::SageMaker::App", "Nope"])
def test_other_types_have_none(name: str) -> None:
    assert find_provider(name) is None
