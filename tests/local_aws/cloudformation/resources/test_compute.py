"""Lambda, Step Functions, CodeBuild and SageMaker resources."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer


def physical_id(stacks: Deployer, name: str, logical_id: str) -> str:
    return str(stacks.resources(name)[logical_id]["PhysicalResourceId"])


def role(service: str, *actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    properties: dict[str, Any] = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    if actions:
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [allowed]}
        properties["Policies"] = [{"PolicyName": "p", "PolicyDocument": document}]
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def arn_of(logical_id: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


class TestFunction:
    def function(self, source: str, **properties: Any) -> dict[str, Any]:
        defaults = {
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Role": arn_of("Role"),
            "Code": {"ZipFile": source},
        }
        return {"Type": "AWS::Lambda::Function", "Properties": defaults | properties}

    def call(self, stacks: Deployer, function: str) -> Any:
        return json.loads(stacks.client("lambda").invoke(FunctionName=function, Payload="{}")["Payload"].read())

    def test_code_in_the_template_runs_and_changes(self, stacks: Deployer) -> None:
        source = "import os\ndef handler(event, context):\n    return [os.environ['WHO'], {!r}]\n"
        parts = {
            "Role": role("lambda.amazonaws.com"),
            "It": self.function(source.format(1), Environment={"Variables": {"WHO": "a"}}, Timeout="10"),
            "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "It"}}},
            "Live": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "FunctionName": {"Ref": "It"},
                    "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
                    "Name": "live",
                },
            },
            "Permission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "FunctionName": {"Ref": "It"},
                    "Action": "lambda:InvokeFunction",
                    "Principal": "events.amazonaws.com",
                },
            },
            "Async": {
                "Type": "AWS::Lambda::EventInvokeConfig",
                "Properties": {"FunctionName": {"Ref": "It"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": "0"},
            },
        }
        stack = stacks.create(parts)
        name, client = stack["StackName"], stacks.client("lambda")
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        function = physical_id(stacks, name, "It")
        assert self.call(stacks, function) == ["a", 1]
        statements = json.loads(client.get_policy(FunctionName=function)["Policy"])["Statement"]
        assert [item["Principal"]["Service"] for item in statements] == ["events.amazonaws.com"]
        settings = client.get_function_event_invoke_config(FunctionName=function, Qualifier="$LATEST")
        assert settings["MaximumRetryAttempts"] == 0

        parts["It"] = self.function(source.format(2), Environment={"Variables": {"WHO": "b"}})
        del parts["Permission"]
        stack = stacks.update(name, parts)
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
        assert physical_id(stacks, name, "It") == function
        assert self.call(stacks, function) == ["b", 2]
        assert self.call(stacks, physical_id(stacks, name, "Live")) == ["a", 1]
        assert client.get_function_configuration(FunctionName=function)["Timeout"] == 3
        assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            client.get_function(FunctionName=function)

    @pytest.mark.parametrize(
        ("properties", "message"),
        [
            ({"Code": {"Nope": 1}}, r"/Code: extraneous key \[Nope\]"),
            ({"Code": {}}, "Please provide a source for function code"),
            ({"VpcConfig": {"Nope": 1}}, r"/VpcConfig: extraneous key \[Nope\]"),
            ({"Timeout": "soon"}, "/Timeout: expected type: Number"),
            ({"DurableConfig": {}}, "unsupported property DurableConfig"),
        ],
    )
    def test_faults_are_said_beforehand(self, stacks: Deployer, properties: dict[str, Any], message: str) -> None:
        with pytest.raises(ClientError, match=message):
            stacks.create({"Role": role("lambda.amazonaws.com"), "It": self.function("", **properties)})

    def test_code_that_is_not_there(self, stacks: Deployer) -> None:
        function = self.function("", Code={"S3Bucket": "no-such-bucket-here", "S3Key": "k"})
        stack = stacks.create({"Role": role("lambda.amazonaws.com"), "It": function})
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "CreateFunction" in stacks.reasons(stack["StackName"])


class TestStateMachine:
    def machine(self, **properties: Any) -> dict[str, Any]:
        defaults = {"RoleArn": arn_of("Role")}
        return {"Type": "AWS::StepFunctions::StateMachine", "Properties": defaults | properties}

    def definition(self, result: Any) -> dict[str, Any]:
        return {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Result": result, "End": True}}}

    def output(self, stacks: Deployer, arn: str) -> Any:
        states = stacks.client("stepfunctions")
        execution = states.start_execution(stateMachineArn=arn)["executionArn"]
        deadline = time.monotonic() + 30
        while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert found["status"] == "SUCCEEDED"
        return json.loads(found["output"])

    def test_each_source_of_a_definition(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        stacks.client("s3").create_bucket(Bucket=name)
        text = json.dumps(self.definition("${who}-${AWS::Region}"))
        stacks.client("s3").put_object(Bucket=name, Key="d.json", Body=text.encode())
        who = {"DefinitionSubstitutions": {"who": {"Ref": "AWS::StackName"}}}
        parts = {
            "Role": role("states.amazonaws.com"),
            "Text": self.machine(DefinitionString=text, **who),
            "Object": self.machine(Definition=self.definition("${who}"), **who),
            "Stored": self.machine(DefinitionS3Location={"Bucket": name, "Key": "d.json"}, **who),
        }
        stack = stacks.create(parts, name=name, outputs={"Name": {"Value": {"Fn::GetAtt": ["Text", "Name"]}}})
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        assert stacks.outputs(stack)["Name"].startswith(f"{name}-Text-")
        arn = physical_id(stacks, name, "Text")
        assert self.output(stacks, arn) == f"{name}-${{AWS::Region}}"
        assert self.output(stacks, physical_id(stacks, name, "Object")) == name
        assert self.output(stacks, physical_id(stacks, name, "Stored")) == f"{name}-${{AWS::Region}}"
        parts["Text"] = self.machine(DefinitionString=json.dumps(self.definition("new")))
        stack = stacks.update(name, parts)
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
        assert physical_id(stacks, name, "Text") == arn
        assert self.output(stacks, arn) == "new"
        assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"

    def test_a_definition_is_given_once(self, stacks: Deployer) -> None:
        both = self.machine(DefinitionString="{}", Definition={})
        with pytest.raises(ClientError, match="exactly one of Definition, DefinitionS3Location, DefinitionString"):
            stacks.create({"Role": role("states.amazonaws.com"), "It": both})

    def test_a_definition_that_is_wrong(self, stacks: Deployer) -> None:
        stack = stacks.create({"Role": role("states.amazonaws.com"), "It": self.machine(DefinitionString="{}")})
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "InvalidDefinition" in stacks.reasons(stack["StackName"])


class TestProject:
    def project(self, **properties: Any) -> dict[str, Any]:
        defaults = {
            "Artifacts": {"Type": "NO_ARTIFACTS"},
            "Environment": {
                "Type": "LINUX_CONTAINER",
                "ComputeType": "BUILD_GENERAL1_SMALL",
                "Image": "aws/codebuild/standard:7.0",
                "PrivilegedMode": "true",
                "EnvironmentVariables": [{"Name": "A", "Value": "1", "Type": "PLAINTEXT"}],
            },
            "Source": {"Type": "NO_SOURCE", "BuildSpec": "version: 0.2\nphases: {build: {commands: [true]}}\n"},
            "ServiceRole": arn_of("Role"),
        }
        return {"Type": "AWS::CodeBuild::Project", "Properties": defaults | properties}

    def test_life(self, stacks: Deployer) -> None:
        parts = {
            "Role": role("codebuild.amazonaws.com"),
            "It": self.project(TimeoutInMinutes="15", Description="one", Tags=[{"Key": "a", "Value": "b"}]),
        }
        stack = stacks.create(parts, outputs={"Arn": {"Value": arn_of("It")}})
        name, codebuild = stack["StackName"], stacks.client("codebuild")
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        project = physical_id(stacks, name, "It")
        found = codebuild.batch_get_projects(names=[project])["projects"][0]
        assert stacks.outputs(stack)["Arn"] == found["arn"]
        assert found["timeoutInMinutes"] == 15
        assert found["environment"]["privilegedMode"] is True
        assert found["environment"]["environmentVariables"] == [{"name": "A", "value": "1", "type": "PLAINTEXT"}]
        assert found["tags"] == [{"key": "a", "value": "b"}]
        parts["It"] = self.project()
        stack = stacks.update(name, parts)
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
        found = codebuild.batch_get_projects(names=[project])["projects"][0]
        assert (found["timeoutInMinutes"], found.get("description", "")) == (60, "")
        stacks.delete(name)
        assert codebuild.batch_get_projects(names=[project])["projects"] == []

    def test_a_member_that_is_unknown(self, stacks: Deployer) -> None:
        with pytest.raises(ClientError, match=r"/Source: extraneous key \[Nope\] is not permitted"):
            stacks.create(
                {"Role": role("codebuild.amazonaws.com"), "It": self.project(Source={"Type": "S3", "Nope": 1})}
            )


class TestModels:
    def test_models_configs_and_groups(self, stacks: Deployer) -> None:
        parts = {
            "Role": role("sagemaker.amazonaws.com"),
            "Model": {
                "Type": "AWS::SageMaker::Model",
                "Properties": {
                    "ExecutionRoleArn": arn_of("Role"),
                    "PrimaryContainer": {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1"},
                },
            },
            "Config": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {
                    "ProductionVariants": [
                        {
                            "VariantName": "v",
                            "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                            "InstanceType": "ml.m5.large",
                            "InitialInstanceCount": "1",
                            "InitialVariantWeight": "1.0",
                        }
                    ]
                },
            },
            "Group": {
                "Type": "AWS::SageMaker::ModelPackageGroup",
                "Properties": {"ModelPackageGroupName": {"Ref": "AWS::StackName"}},
            },
        }
        stack = stacks.create(parts)
        name, sagemaker = stack["StackName"], stacks.client("sagemaker")
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        model = physical_id(stacks, name, "Model")
        assert model.startswith("arn:aws:sagemaker:us-east-1:123456789012:model/")
        config = physical_id(stacks, name, "Config").rpartition("/")[2]
        found = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
        assert found["ModelName"] == model.rpartition("/")[2]
        assert found["InitialInstanceCount"] == 1
        assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"
        for read, arguments in (
            (sagemaker.describe_endpoint_config, {"EndpointConfigName": config}),
            (sagemaker.describe_model, {"ModelName": model.rpartition("/")[2]}),
            (sagemaker.describe_model_package_group, {"ModelPackageGroupName": name}),
        ):
            with pytest.raises(ClientError, match="ValidationException"):
                read(**arguments)


class TestRegistry:
    def test_a_version_is_made_approved_and_removed(self, stacks: Deployer) -> None:
        def parts(**members: Any) -> dict[str, Any]:
            statement = {
                "Effect": "Allow",
                "Action": "sagemaker:DescribeModelPackage",
                "Principal": {"AWS": "arn:aws:iam::222233334444:root"},
                "Resource": "*",
            }
            version = {
                "ModelPackageGroupName": {"Ref": "AWS::StackName"},
                "InferenceSpecification": {
                    "Containers": [{"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1"}],
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedResponseMIMETypes": ["text/csv"],
                },
            }
            return {
                "Group": {
                    "Type": "AWS::SageMaker::ModelPackageGroup",
                    "Properties": {
                        "ModelPackageGroupName": {"Ref": "AWS::StackName"},
                        "ModelPackageGroupPolicy": {"Version": "2012-10-17", "Statement": [statement]},
                    },
                },
                "Version": {
                    "Type": "AWS::SageMaker::ModelPackage",
                    "DependsOn": "Group",
                    "Properties": version | members,
                },
            }

        stack = stacks.create(parts(CustomerMetadataProperties={"a": "1", "b": "2"}))
        name, sagemaker = stack["StackName"], stacks.client("sagemaker")
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        policy = sagemaker.get_model_package_group_policy(ModelPackageGroupName=name)["ResourcePolicy"]
        assert "222233334444" in policy
        arn = physical_id(stacks, name, "Version")
        assert arn == f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{name}/1"
        approved = parts(
            ModelApprovalStatus="Approved", ApprovalDescription="good", CustomerMetadataProperties={"b": "3"}
        )
        assert stacks.update(name, approved)["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
        assert physical_id(stacks, name, "Version") == arn
        found = sagemaker.describe_model_package(ModelPackageName=arn)
        assert (found["ModelApprovalStatus"], found["ApprovalDescription"]) == ("Approved", "good")
        assert found["CustomerMetadataProperties"] == {"b": "3"}
        assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"
        with pytest.raises(ClientError, match="does not exist"):
            sagemaker.describe_model_package(ModelPackageName=arn)


class TestEndpoint:
    def test_an_endpoint_that_fails_fails_the_stack_with_its_reason(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        parts = {
            "Role": role("sagemaker.amazonaws.com", "ecr:*", "logs:*"),
            "Model": {
                "Type": "AWS::SageMaker::Model",
                "Properties": {
                    "ExecutionRoleArn": arn_of("Role"),
                    "PrimaryContainer": {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/no-such-image:1"},
                },
            },
            "Config": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {
                    "ProductionVariants": [
                        {
                            "VariantName": "v",
                            "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                            "InstanceType": "ml.m5.large",
                            "InitialInstanceCount": 1,
                            "InitialVariantWeight": 1,
                        }
                    ]
                },
            },
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {
                    "EndpointName": name,
                    "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                },
            },
        }
        stack = stacks.create(parts, name=name)
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert f"The endpoint {name} is Failed: " in stacks.reasons(name)
        assert "no-such-image" in stacks.reasons(name)
        with pytest.raises(ClientError, match="Could not find endpoint"):
            stacks.client("sagemaker").describe_endpoint(EndpointName=name)
