"""S3, KMS, ECR, SSM, Secrets Manager and DynamoDB resources: made, changed, removed, read back from the services."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer

ACCOUNT = "123456789012"


def one(resource_type: str, **properties: Any) -> dict[str, Any]:
    return {"It": {"Type": resource_type, "Properties": properties}}


def physical_id(stacks: Deployer, name: str, logical_id: str = "It") -> str:
    return str(stacks.resources(name)[logical_id]["PhysicalResourceId"])


class TestBucket:
    def test_settings(self, stacks: Deployer) -> None:
        settings: dict[str, Any] = {
            "VersioningConfiguration": {"Status": "Enabled"},
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": "true", "IgnorePublicAcls": True},
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "Id": "old",
                        "Status": "Enabled",
                        "Prefix": "tmp/",
                        "ExpirationInDays": 30,
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                        "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 7}],
                    }
                ]
            },
            "CorsConfiguration": {
                "CorsRules": [
                    {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ExposedHeaders": ["x"], "MaxAge": 5}
                ]
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "Tags": [{"Key": "a", "Value": "b"}],
        }
        stack = stacks.create(
            one("AWS::S3::Bucket", **settings),
            outputs={
                "Arn": {"Value": {"Fn::GetAtt": ["It", "Arn"]}},
                "Domain": {"Value": {"Fn::GetAtt": ["It", "RegionalDomainName"]}},
            },
        )
        name, s3 = stack["StackName"], stacks.client("s3")
        bucket = physical_id(stacks, name)
        assert bucket == bucket.lower()
        assert stacks.outputs(stack) == {
            "Arn": f"arn:aws:s3:::{bucket}",
            "Domain": f"{bucket}.s3.us-east-1.amazonaws.com",
        }
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert block["BlockPublicAcls"] is True
        rule = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
        assert rule["ID"] == "old"
        assert rule["Expiration"] == {"Days": 30}
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 3}
        assert rule["Transitions"] == [{"Days": 7, "StorageClass": "GLACIER"}]
        assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["MaxAgeSeconds"] == 5
        assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "b"}]

        fewer = {key: settings[key] for key in ("BucketEncryption", "OwnershipControls")}
        assert stacks.update(name, one("AWS::S3::Bucket", **fewer))["StackStatus"] == "UPDATE_COMPLETE"
        assert physical_id(stacks, name) == bucket
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
        for read, code in (
            (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
            (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
            (s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration"),
            (s3.get_bucket_tagging, "NoSuchTagSet"),
        ):
            with pytest.raises(ClientError, match=code):
                read(Bucket=bucket)

    def test_versioning_without_a_status(self, stacks: Deployer) -> None:
        template = one("AWS::S3::Bucket", VersioningConfiguration={"Status": {"Ref": "AWS::NoValue"}})
        stack = stacks.create(template)
        assert "VersioningConfiguration: required key [Status] not found" in stacks.reasons(stack["StackName"])

    def test_policy(self, stacks: Deployer) -> None:
        def template(action: str) -> dict[str, Any]:
            statement = {
                "Effect": "Allow",
                "Principal": {"AWS": "123456789012"},
                "Action": action,
                "Resource": {"Fn::Sub": "${It.Arn}/*"},
            }
            policy = {"Version": "2012-10-17", "Statement": [statement]}
            return {
                **one("AWS::S3::Bucket"),
                "Policy": {
                    "Type": "AWS::S3::BucketPolicy",
                    "Properties": {"Bucket": {"Ref": "It"}, "PolicyDocument": policy},
                },
            }

        name = stacks.create(template("s3:GetObject"))["StackName"]
        bucket, s3 = physical_id(stacks, name), stacks.client("s3")
        assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Action"] == "s3:GetObject"
        stacks.update(name, template("s3:PutObject"))
        assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Action"] == "s3:PutObject"
        stacks.update(name, one("AWS::S3::Bucket"))
        with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
            s3.get_bucket_policy(Bucket=bucket)

    def test_a_name_that_is_taken(self, stacks: Deployer) -> None:
        name = stacks.new_name()
        stacks.client("s3").create_bucket(Bucket=name)
        stack = stacks.create(one("AWS::S3::Bucket", BucketName=name), name=name)
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert f"{name} already exists" in stacks.reasons(name)
        stacks.client("s3").head_bucket(Bucket=name)


class TestKey:
    def test_key_and_alias(self, stacks: Deployer) -> None:
        name = stacks.new_name()

        def template(**properties: Any) -> dict[str, Any]:
            alias = {"AliasName": f"alias/{name}", "TargetKeyId": {"Ref": "It"}}
            return {
                **one("AWS::KMS::Key", **properties),
                "Alias": {"Type": "AWS::KMS::Alias", "Properties": alias},
            }

        stacks.create(template(Description="one", EnableKeyRotation=True, PendingWindowInDays=7), name=name)
        kms, key = stacks.client("kms"), physical_id(stacks, name)
        assert kms.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]["KeyId"] == key
        assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
        stacks.update(name, template(Description="two", Enabled=False, PendingWindowInDays=7))
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        assert (metadata["Description"], metadata["Enabled"]) == ("two", False)
        stack = stacks.update(name, template(Description="two", KeySpec="RSA_2048"))
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert "KeySpec of an existing KMS key is not allowed" in stacks.reasons(name)
        stacks.delete(name)
        assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


class TestRepository:
    def test_policies_and_settings(self, stacks: Deployer) -> None:
        selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3}
        rules = {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}],
        }
        stack = stacks.create(
            one(
                "AWS::ECR::Repository",
                ImageScanningConfiguration={"ScanOnPush": "true"},
                ImageTagMutability="IMMUTABLE",
                LifecyclePolicy={"LifecyclePolicyText": json.dumps(rules)},
                RepositoryPolicyText=policy,
                EmptyOnDelete=True,
            ),
            outputs={"Uri": {"Value": {"Fn::GetAtt": ["It", "RepositoryUri"]}}},
        )
        name, ecr = stack["StackName"], stacks.client("ecr")
        repository = physical_id(stacks, name)
        found = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]
        assert found["imageTagMutability"] == "IMMUTABLE"
        assert found["imageScanningConfiguration"] == {"scanOnPush": True}
        assert stacks.outputs(stack) == {"Uri": found["repositoryUri"]}
        assert json.loads(ecr.get_lifecycle_policy(repositoryName=repository)["lifecyclePolicyText"]) == rules
        stacks.update(name, one("AWS::ECR::Repository"))
        found = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]
        assert found["imageTagMutability"] == "MUTABLE"
        for read in (ecr.get_lifecycle_policy, ecr.get_repository_policy):
            with pytest.raises(ClientError, match="NotFoundException"):
                read(repositoryName=repository)
        stacks.delete(name)
        with pytest.raises(ClientError, match="RepositoryNotFoundException"):
            ecr.describe_repositories(repositoryNames=[repository])


class TestSecret:
    def test_a_generated_secret_is_used_and_never_shown(self, stacks: Deployer) -> None:
        generate = {"SecretStringTemplate": '{"user": "me"}', "GenerateStringKey": "password", "PasswordLength": "20"}
        stack = stacks.create(
            {
                **one("AWS::SecretsManager::Secret", GenerateSecretString=generate, Description="d"),
                "User": {
                    "Type": "AWS::SSM::Parameter",
                    "Properties": {
                        "Type": "String",
                        "Value": {"Fn::Sub": "{{resolve:secretsmanager:${It}:SecretString:password}}"},
                    },
                },
            }
        )
        name = stack["StackName"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        secret = stacks.client("secretsmanager").get_secret_value(SecretId=physical_id(stacks, name))["SecretString"]
        content = json.loads(secret)
        assert content["user"] == "me"
        assert len(content["password"]) == 20
        used = stacks.client("ssm").get_parameter(Name=physical_id(stacks, name, "User"))["Parameter"]["Value"]
        assert used == content["password"]
        assert content["password"] not in json.dumps(stacks.raw_events(name), default=str)

    def test_a_key_that_the_secret_lacks(self, stacks: Deployer) -> None:
        stack = stacks.create(
            {
                **one("AWS::SecretsManager::Secret", SecretString='{"a": "1"}'),
                "User": {
                    "Type": "AWS::SSM::Parameter",
                    "Properties": {
                        "Type": "String",
                        "Value": {"Fn::Sub": "{{resolve:secretsmanager:${It}:SecretString:b}}"},
                    },
                },
            }
        )
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "Could not find a value associated with JSONKey b" in stacks.reasons(stack["StackName"])


class TestTable:
    def test_life(self, stacks: Deployer) -> None:
        keys = {
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }
        stack = stacks.create(
            one(
                "AWS::DynamoDB::Table",
                **keys,
                BillingMode="PAY_PER_REQUEST",
                StreamSpecification={"StreamViewType": "NEW_IMAGE"},
                TimeToLiveSpecification={"AttributeName": "expires", "Enabled": "true"},
            ),
            outputs={"Stream": {"Value": {"Fn::GetAtt": ["It", "StreamArn"]}}},
        )
        name, dynamodb = stack["StackName"], stacks.client("dynamodb")
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
        table = physical_id(stacks, name)
        assert f"table/{table}/stream/" in stacks.outputs(stack)["Stream"]
        found = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        assert found["TimeToLiveStatus"] == "ENABLED"
        throughput = {"ReadCapacityUnits": "2", "WriteCapacityUnits": 1}
        stack = stacks.update(
            name, one("AWS::DynamoDB::Table", **keys, BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
        )
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
        assert dynamodb.describe_table(TableName=table)["Table"]["ProvisionedThroughput"]["ReadCapacityUnits"] == 2
        stacks.delete(name)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            dynamodb.describe_table(TableName=table)


def test_the_policy_of_a_secret(stacks: Deployer) -> None:
    def template(action: str) -> dict[str, Any]:
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": action, "Resource": "*"}],
        }
        return {
            "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "s"}},
            "Policy": {
                "Type": "AWS::SecretsManager::ResourcePolicy",
                "Properties": {"SecretId": {"Ref": "Secret"}, "ResourcePolicy": document},
            },
        }

    name = stacks.create(template("secretsmanager:GetSecretValue"))["StackName"]
    arn, client = stacks.resources(name)["Secret"]["PhysicalResourceId"], stacks.client("secretsmanager")
    stack = stacks.update(name, template("secretsmanager:DescribeSecret"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    written = json.loads(client.get_resource_policy(SecretId=arn)["ResourcePolicy"])
    assert written["Statement"][0]["Action"] == "secretsmanager:DescribeSecret"
    stacks.delete(name)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.describe_secret(SecretId=arn)
