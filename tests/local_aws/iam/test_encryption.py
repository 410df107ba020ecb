"""KMS keys decide over what is encrypted with them."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.iam.conftest import ROOT, Clients, allow, document

Role = Callable[..., str]


@pytest.fixture
def key(clients: Clients) -> str:
    return str(clients.root("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def encrypted(clients: Clients, bucket: str, key: str) -> str:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    clients.root("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    return bucket


def test_objects_of_an_encrypted_bucket_need_its_key(
    clients: Clients, make_role: Role, encrypted: str, key: str
) -> None:
    s3 = clients.session("s3", make_role(allow("s3:*")))
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=encrypted, Key="k", Body=b"1")
    assert f"not authorized to perform: kms:GenerateDataKey on resource: {key} because no identity-based" in str(
        error.value
    )
    clients.root("s3").put_object(Bucket=encrypted, Key="k", Body=b"1")
    with pytest.raises(ClientError, match=f"kms:Decrypt on resource: {key} because no identity-based policy allows"):
        s3.get_object(Bucket=encrypted, Key="k")
    both = make_role(allow("s3:*"), allow(["kms:Decrypt", "kms:GenerateDataKey"], key))
    s3 = clients.session("s3", both)
    s3.put_object(Bucket=encrypted, Key="k", Body=b"2")
    assert s3.get_object(Bucket=encrypted, Key="k")["Body"].read() == b"2"


def test_the_key_may_be_asked_for_by_s3_alone(clients: Clients, make_role: Role, encrypted: str, key: str) -> None:
    via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": "123456789012"}}
    role = make_role(allow("s3:*"), allow("kms:*", key, Condition=via))
    clients.session("s3", role).put_object(Bucket=encrypted, Key="k", Body=b"1")
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        clients.session("kms", role).generate_data_key(KeyId=key, KeySpec="AES_256")


def test_multipart_uploads_need_decryption_too(clients: Clients, make_role: Role, encrypted: str, key: str) -> None:
    s3 = clients.session("s3", make_role(allow("s3:*"), allow("kms:GenerateDataKey", key)))
    upload = s3.create_multipart_upload(Bucket=encrypted, Key="k")["UploadId"]
    with pytest.raises(ClientError, match="kms:Decrypt"):
        s3.upload_part(Bucket=encrypted, Key="k", UploadId=upload, PartNumber=1, Body=b"1")


def test_a_key_policy_that_leaves_out_the_account_rules_alone(clients: Clients, make_role: Role) -> None:
    named = make_role()
    other = make_role(allow("kms:*"))
    policy = document(
        allow("kms:*", Principal={"AWS": named}),
        allow(["kms:Put*", "kms:ScheduleKeyDeletion"], Principal={"AWS": ROOT}),
    )
    key = clients.root("kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    clients.session("kms", named).encrypt(KeyId=key, Plaintext=b"1")
    with pytest.raises(ClientError, match="no resource-based policies allow access"):
        clients.session("kms", other).encrypt(KeyId=key, Plaintext=b"1")


def test_a_grant_allows_what_it_names(clients: Clients, make_role: Role, key: str) -> None:
    role = make_role()
    kms = clients.session("kms", role)
    with pytest.raises(ClientError, match="kms:Encrypt"):
        kms.encrypt(KeyId=key, Plaintext=b"1")
    clients.root("kms").create_grant(KeyId=key, GranteePrincipal=role, Operations=["Encrypt"])
    blob = kms.encrypt(KeyId=key, Plaintext=b"1")["CiphertextBlob"]
    with pytest.raises(ClientError, match=f"kms:Decrypt on resource: {key}"):
        kms.decrypt(CiphertextBlob=blob)


def test_aliases_are_resolved_to_their_keys(clients: Clients, make_role: Role, key: str) -> None:
    alias = f"alias/{key[-12:]}"
    clients.root("kms").create_alias(AliasName=alias, TargetKeyId=key)
    clients.session("kms", make_role(allow("kms:Encrypt", key))).encrypt(KeyId=alias, Plaintext=b"1")


def test_absent_and_disabled_keys_fail_the_object(clients: Clients, bucket: str, key: str) -> None:
    s3 = clients.root("s3")
    sse = {"ServerSideEncryption": "aws:kms"}
    with pytest.raises(ClientError, match=r"KMS\.NotFoundException.*key/absent' does not exist"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"1", SSEKMSKeyId="absent", **sse)
    clients.root("kms").disable_key(KeyId=key)
    with pytest.raises(ClientError, match=r"KMS\.DisabledException.* is disabled"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"1", SSEKMSKeyId=key, **sse)


def test_the_key_that_aws_manages_needs_no_right(clients: Clients, make_role: Role, bucket: str) -> None:
    s3 = clients.session("s3", make_role(allow("s3:*")))
    s3.put_object(Bucket=bucket, Key="k", Body=b"1", ServerSideEncryption="aws:kms")
    assert s3.get_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "aws:kms"


def test_a_log_group_needs_a_key_that_lets_cloudwatch_logs_in(clients: Clients, key: str) -> None:
    logs, kms = clients.root("logs"), clients.root("kms")
    name = f"/encrypted/{key[-12:]}"
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"
    with pytest.raises(ClientError, match=f"does not exist or is not allowed to be used with Arn '{arn}'"):
        logs.create_log_group(logGroupName=name, kmsKeyId=key)
    condition = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:123456789012:*"}}
    service = {"Service": "logs.us-east-1.amazonaws.com"}
    actions = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    policy = document(allow("kms:*", Principal={"AWS": ROOT}), allow(actions, Principal=service, Condition=condition))
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
    logs.create_log_group(logGroupName=name, kmsKeyId=key)


def test_an_encrypted_queue_needs_its_key(clients: Clients, make_role: Role, key: str) -> None:
    url = clients.root("sqs").create_queue(QueueName=f"q-{key[-12:]}", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        clients.session("sqs", make_role(allow("sqs:*"))).send_message(QueueUrl=url, MessageBody="1")
    sqs = clients.session("sqs", make_role(allow("sqs:*"), allow(["kms:GenerateDataKey", "kms:Decrypt"], key)))
    sqs.send_message(QueueUrl=url, MessageBody="1")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "1"
