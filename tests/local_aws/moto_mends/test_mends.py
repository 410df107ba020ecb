"""One test a fault of moto's that is mended; each fails without its mend."""

import base64
import hashlib
import json
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import OperationNotFoundError
from moto.core.model import OperationModel, ServiceModel
from moto.s3.models import s3_backends

from local_aws.gateway.wire import get_service_model
from local_aws.server import LocalAws

MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"size": 3, "digest": "sha256:" + "a" * 64},
        "layers": [{"size": 10, "digest": "sha256:" + "b" * 64}],
    },
    indent=1,
)
DIGEST = "sha256:" + hashlib.sha256(MANIFEST.encode()).hexdigest()
OTHER = MANIFEST.replace("10", "11")


@pytest.fixture
def client(local_aws: LocalAws) -> Any:
    return lambda service: local_aws.platform.client(service, region="us-east-1")


@pytest.fixture
def repository(client: Any) -> str:
    name = f"mends/{datetime.now(UTC).timestamp()}"
    client("ecr").create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    return name


def test_an_image_digest_is_the_hash_of_its_manifest(client: Any, repository: str) -> None:
    ecr = client("ecr")
    image = ecr.put_image(repositoryName=repository, imageManifest=MANIFEST, imageTag="one")["image"]
    assert image["imageId"]["imageDigest"] == DIGEST
    (found,) = ecr.describe_images(repositoryName=repository, imageIds=[{"imageDigest": DIGEST}])["imageDetails"]
    assert (found["imageTags"], found["imageSizeInBytes"]) == (["one"], 13)
    (pulled,) = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "one"}])["images"]
    assert hashlib.sha256(pulled["imageManifest"].encode()).hexdigest() == DIGEST.removeprefix("sha256:")


def test_an_immutable_tag_stays_where_it_is(client: Any, repository: str) -> None:
    ecr = client("ecr")
    ecr.put_image(repositoryName=repository, imageManifest=MANIFEST, imageTag="one")
    with pytest.raises(ClientError, match="ImageAlreadyExistsException"):
        ecr.put_image(repositoryName=repository, imageManifest=MANIFEST, imageTag="one")
    with pytest.raises(ClientError, match=r"ImageTagAlreadyExistsException.*because the tag is immutable"):
        ecr.put_image(repositoryName=repository, imageManifest=OTHER, imageTag="one")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"repositoryName": "mends/absent"}, "RepositoryNotFoundException"),
        ({"imageManifest": "{"}, "InvalidParameterException.*Invalid JSON syntax"),
        ({"imageDigest": "sha256:" + "0" * 64}, "ImageDigestDoesNotMatchException"),
    ],
)
def test_an_image_that_does_not_fit_is_refused(
    client: Any, repository: str, arguments: dict[str, str], message: str
) -> None:
    request = {"repositoryName": repository, "imageManifest": MANIFEST, "imageTag": "one", **arguments}
    with pytest.raises(ClientError, match=message):
        client("ecr").put_image(**request)


def test_registry_passwords_are_good_for_hours(client: Any) -> None:
    (found,) = client("ecr").get_authorization_token()["authorizationData"]
    assert found["expiresAt"] > datetime.now(UTC) + timedelta(hours=11)


def test_keys_that_are_disabled_or_going_do_no_work(client: Any) -> None:
    kms = client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    blob = kms.encrypt(KeyId=arn, Plaintext=b"1")["CiphertextBlob"]
    kms.disable_key(KeyId=arn)
    with pytest.raises(ClientError, match=r"DisabledException.* is disabled"):
        kms.encrypt(KeyId=arn, Plaintext=b"1")
    with pytest.raises(ClientError, match=r"DisabledException.* is disabled"):
        kms.decrypt(CiphertextBlob=blob)
    with pytest.raises(ClientError, match=r"DisabledException.* is disabled"):
        kms.generate_data_key(KeyId=arn, KeySpec="AES_256")
    kms.enable_key(KeyId=arn)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"1"
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    with pytest.raises(ClientError, match=r"KMSInvalidStateException.* is pending deletion"):
        kms.encrypt(KeyId=arn, Plaintext=b"1")
    kms.cancel_key_deletion(KeyId=arn)


def test_the_rotation_period_of_a_key_is_kept(client: Any) -> None:
    kms = client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=arn)
    assert kms.get_key_rotation_status(KeyId=arn)["RotationPeriodInDays"] == 365
    kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=arn)
    assert (status["RotationPeriodInDays"], status["KeyId"]) == (90, arn)
    assert status["NextRotationDate"] > datetime.now(UTC) + timedelta(days=89)
    with pytest.raises(ClientError, match="RotationPeriodInDays, value: 89, valid min value: 90"):
        kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=89)


def test_a_new_alarm_has_seen_no_data(client: Any) -> None:
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="mends",
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["mends"])["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"


def test_policies_of_aws_can_be_attached(client: Any) -> None:
    iam = client("iam")
    trust = '{"Version": "2012-10-17", "Statement": []}'
    iam.create_role(RoleName="mends-admin", AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName="mends-admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    (found,) = iam.list_attached_role_policies(RoleName="mends-admin")["AttachedPolicies"]
    assert found["PolicyName"] == "AdministratorAccess"


def test_an_unmet_condition_of_a_bucket_policy_denies_nobody(client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="mends-secure")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::mends-secure/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="mends-secure", Policy=json.dumps({"Statement": [statement]}))
    s3.put_object(Bucket="mends-secure", Key="k", Body=b"1")


def test_reading_a_parameter_does_not_load_ec2() -> None:
    program = (
        "import sys\n"
        "from local_aws.server import LocalAws\n"
        "with LocalAws() as local_aws:\n"
        "    ssm = local_aws.platform.client('ssm', region='us-east-1')\n"
        "    ssm.put_parameter(Name='/a', Value='1', Type='String')\n"
        "    assert ssm.get_parameter(Name='/a')['Parameter']['Value'] == '1'\n"
        "    assert not [name for name in sys.modules if name.startswith('moto.ec2')]\n"
        "    from moto.ec2.models.instance_types import INSTANCE_TYPES\n"
        "    assert INSTANCE_TYPES == {}\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_a_topic_delivers_where_a_queue_lets_it(client: Any) -> None:
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name="mends")["TopicArn"]
    url = sqs.create_queue(QueueName="mends")["QueueUrl"]
    queue = "arn:aws:sqs:us-east-1:123456789012:mends"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.org")
    sns.publish(TopicArn=topic, Message="refused")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.publish(
        TopicArn=topic,
        Message="delivered",
        Subject="s",
        MessageAttributes={"a": {"DataType": "String", "StringValue": "1"}},
    )
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    body = json.loads(message["Body"])
    assert (body["Message"], body["Subject"], body["TopicArn"]) == ("delivered", "s", topic)


def test_s3_keeps_versions_and_heeds_conditions(client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="mends-versions")
    s3.put_bucket_versioning(Bucket="mends-versions", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="mends-versions", Key="k", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="mends-versions", Key="k", Body=b"2", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="mends-versions", Key="k", Body=b"2", IfMatch='"other"')
    s3.put_object(Bucket="mends-versions", Key="k", Body=b"2", IfMatch=first["ETag"])
    s3.delete_object(Bucket="mends-versions", Key="k")
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="mends-versions", Key="k")
    old = s3.get_object(Bucket="mends-versions", Key="k", VersionId=first["VersionId"])
    assert old["Body"].read() == b"1"
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket="mends-versions")


def test_an_object_that_is_replaced_is_whole_for_who_reads_it(client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="replaced-objects")
    s3.put_object(Bucket="replaced-objects", Key="key", Body=b"first")
    read = s3_backends["123456789012"]["aws"].get_object("replaced-objects", "key")

    s3.put_object(Bucket="replaced-objects", Key="key", Body=b"second")

    assert (read.value, read.etag) == (b"first", f'"{hashlib.md5(b"first", usedforsecurity=False).hexdigest()}"')
    assert s3.get_object(Bucket="replaced-objects", Key="key")["Body"].read() == b"second"


def test_access_logging_is_turned_on_before_the_log_bucket_has_its_policy(local_aws: LocalAws) -> None:
    s3 = local_aws.platform.client("s3", region="us-east-1")
    s3.create_bucket(Bucket="mend-logging-target")
    s3.create_bucket(Bucket="mend-logging-source")
    s3.put_bucket_logging(
        Bucket="mend-logging-source",
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "mend-logging-target", "TargetPrefix": "log/"}},
    )
    enabled = s3.get_bucket_logging(Bucket="mend-logging-source")["LoggingEnabled"]
    assert enabled["TargetBucket"] == "mend-logging-target"


def test_a_bucket_tells_the_account_s_event_bus_of_its_objects(client: Any) -> None:
    s3, sqs, events = client("s3"), client("sqs"), client("events")
    s3.create_bucket(Bucket="mend-events")
    s3.put_bucket_notification_configuration(
        Bucket="mend-events", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    url = sqs.create_queue(QueueName="mend-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})}
    )
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["mend-events"]}}}
    events.put_rule(Name="mend-events", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="mend-events", Targets=[{"Id": "queue", "Arn": arn}])
    etag = s3.put_object(Bucket="mend-events", Key="data/a b.csv", Body=b"1,2")["ETag"].strip('"')
    s3.delete_object(Bucket="mend-events", Key="data/a b.csv")

    found: dict[str, Any] = {}
    deadline = time.monotonic() + 30
    while len(found) < 2:
        assert time.monotonic() < deadline, found
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []):
            event = json.loads(message["Body"])
            found[event["detail-type"]] = event
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    created, deleted = found["Object Created"], found["Object Deleted"]
    assert created["resources"] == deleted["resources"] == ["arn:aws:s3:::mend-events"]
    described = created["detail"]["object"]
    sequencer = described.pop("sequencer")
    assert described == {"key": "data/a b.csv", "size": 3, "etag": etag}
    assert created["detail"]["reason"] == "PutObject"
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"
    assert deleted["detail"]["object"]["sequencer"] > sequencer


def test_dashboards_have_tags(client: Any) -> None:
    cloudwatch = client("cloudwatch")
    arn = "arn:aws:cloudwatch::123456789012:dashboard/tagged"

    def tags() -> dict[str, str]:
        found = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}

    cloudwatch.put_dashboard(DashboardName="tagged", DashboardBody="{}", Tags=[{"Key": "a", "Value": "1"}])
    assert tags() == {"a": "1"}
    cloudwatch.put_dashboard(DashboardName="tagged", DashboardBody="{}", Tags=[{"Key": "a", "Value": "2"}])
    assert tags() == {"a": "1"}
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert tags() == {"b": "2"}
    cloudwatch.delete_dashboards(DashboardNames=["tagged"])
    cloudwatch.put_dashboard(DashboardName="tagged", DashboardBody="{}")
    assert tags() == {}
    cloudwatch.delete_dashboards(DashboardNames=["tagged"])


@pytest.fixture
def log_group(client: Any) -> str:
    logs, name = client("logs"), f"/mends/{datetime.now(UTC).timestamp()}"
    logs.create_log_group(logGroupName=name)
    for stream, lines in {"b": ("INFO late", "WARN last"), "a": ("ERROR first", "DEBUG second")}.items():
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
        now = int(datetime.now(UTC).timestamp() * 1000) - (5000 if stream == "a" else 0)
        events = [{"timestamp": now + number, "message": line} for number, line in enumerate(lines)]
        logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=events)
    return name


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", ["ERROR first", "DEBUG second", "INFO late", "WARN last"]),
        ("?ERROR ?WARN", ["ERROR first", "WARN last"]),
        ("-DEBUG", ["ERROR first", "INFO late", "WARN last"]),
    ],
)
def test_log_events_of_all_streams_are_filtered_by_any_pattern(
    client: Any, log_group: str, pattern: str, found: list[str]
) -> None:
    events = client("logs").filter_log_events(logGroupName=log_group, filterPattern=pattern)["events"]
    assert [event["message"] for event in events] == found


def test_what_is_wrong_about_log_groups_is_told(client: Any, log_group: str) -> None:
    logs = client("logs")
    with pytest.raises(ClientError, match=r"InvalidParameterException.*Invalid filter pattern"):
        logs.filter_log_events(logGroupName=log_group, filterPattern="{ $.a")
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*The specified log stream does not exist"):
        logs.get_log_events(logGroupName=log_group, logStreamName="c")
    with pytest.raises(ClientError, match=r"InvalidParameterException.*'2' at 'retentionInDays'"):
        logs.put_retention_policy(logGroupName=log_group, retentionInDays=2)
    with pytest.raises(ClientError, match="mutually exclusive"):
        logs.describe_log_groups(logGroupNamePattern="a", logGroupNamePrefix="b")


def test_log_groups_are_found_by_a_part_of_their_name(client: Any, log_group: str) -> None:
    logs = client("logs")
    logs.put_retention_policy(logGroupName=log_group, retentionInDays=3)
    (found,) = logs.describe_log_groups(logGroupNamePattern=log_group[3:].upper())["logGroups"]
    assert (found["logGroupName"], found["retentionInDays"]) == (log_group, 3)


@pytest.mark.parametrize(("name", "value"), [("VisibilityTimeout", "43201"), ("DelaySeconds", "-1")])
def test_attributes_of_queues_keep_to_their_ranges(client: Any, name: str, value: str) -> None:
    sqs, queue = client("sqs"), f"mends-{datetime.now(UTC).timestamp()}".replace(".", "-")
    with pytest.raises(ClientError, match=f"InvalidAttributeValue.*Invalid value for the parameter {name}"):
        sqs.create_queue(QueueName=queue, Attributes={name: value})
    url = sqs.create_queue(QueueName=queue, Attributes={name: "900"})["QueueUrl"]
    with pytest.raises(ClientError, match=f"InvalidAttributeValue.*Invalid value for the parameter {name}"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={name: value})


def test_a_tag_of_a_table_has_one_value(client: Any) -> None:
    dynamodb = client("dynamodb")
    arn = dynamodb.create_table(
        TableName="tagged",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}],
    )["TableDescription"]["TableArn"]
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    tags = dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
    dynamodb.delete_table(TableName="tagged")
    assert sorted((tag["Key"], tag["Value"]) for tag in tags) == [("a", "2"), ("b", "1")]


def test_a_stream_is_enabled_once_more(client: Any) -> None:
    dynamodb = client("dynamodb")
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    dynamodb.create_table(
        TableName="streams",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification=stream,
    )
    with pytest.raises(ClientError, match="Cannot enable stream"):
        dynamodb.update_table(TableName="streams", StreamSpecification=stream)
    dynamodb.update_table(TableName="streams", StreamSpecification={"StreamEnabled": False})
    table = dynamodb.update_table(TableName="streams", StreamSpecification=stream)["TableDescription"]
    dynamodb.delete_table(TableName="streams")
    assert table["StreamSpecification"] == stream


def test_parts_are_joined_in_memory_once(client: Any) -> None:
    s3, size = client("s3"), 5 * 2**20
    s3.create_bucket(Bucket="joined-parts")
    sent = {"Bucket": "joined-parts", "Key": "k"}
    upload = s3.create_multipart_upload(**sent)["UploadId"]
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**sent, UploadId=upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in enumerate([*(bytes([number]) * size for number in range(8)), b"end"], start=1)
    ]
    tracemalloc.start()
    try:
        answer = s3.complete_multipart_upload(**sent, UploadId=upload, MultipartUpload={"Parts": parts})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # once as it is joined, once as moto puts it on disk
    assert peak < 2.75 * 8 * size
    digests = b"".join(bytes.fromhex(part["ETag"].strip('"')) for part in parts)
    assert answer["ETag"] == f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-9"'
    body = s3.get_object(**sent)["Body"].read()
    assert body == b"".join(bytes([number]) * size for number in range(8)) + b"end"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda parts: [], "MalformedXML"),
        (lambda parts: [parts[0] | {"ETag": f'"{"0" * 32}"'}, parts[1]], "InvalidPart"),
        (lambda parts: [parts[0], {**parts[1], "PartNumber": 7}], "InvalidPart"),
        (lambda parts: parts, "EntityTooSmall"),
    ],
)
def test_parts_that_do_not_make_an_object_are_refused(
    client: Any, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], code: str
) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="joined-parts")
    sent = {"Bucket": "joined-parts", "Key": "refused"}
    upload = s3.create_multipart_upload(**sent)["UploadId"]
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**sent, UploadId=upload, PartNumber=number, Body=b"s")["ETag"]}
        for number in (1, 2)
    ]
    with pytest.raises(ClientError, match=code):
        s3.complete_multipart_upload(**sent, UploadId=upload, MultipartUpload={"Parts": change(parts)})


@pytest.mark.parametrize(("kind", "expected"), [("COMPOSITE", "CRC32 of parts"), ("FULL_OBJECT", "CRC32")])
def test_the_checksum_is_of_the_parts_checksums_or_of_the_whole(client: Any, kind: str, expected: str) -> None:
    s3, bodies = client("s3"), (b"a" * 5 * 2**20, b"b")
    s3.create_bucket(Bucket="joined-parts")
    sent = {"Bucket": "joined-parts", "Key": kind}
    upload = s3.create_multipart_upload(**sent, ChecksumAlgorithm="CRC32", ChecksumType=kind)["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(**sent, UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")[
                "ETag"
            ],
        }
        for number, body in enumerate(bodies, start=1)
    ]
    s3.complete_multipart_upload(**sent, UploadId=upload, MultipartUpload={"Parts": parts})
    checksums = {
        "CRC32 of parts": b"".join(zlib.crc32(body).to_bytes(4, "big") for body in bodies),
        "CRC32": b"".join(bodies),
    }
    told = s3.head_object(**sent, ChecksumMode="ENABLED")["ChecksumCRC32"]
    assert told.partition("-")[0] == base64.b64encode(zlib.crc32(checksums[expected]).to_bytes(4, "big")).decode()


def test_an_operation_is_never_kept_as_anything_but_motos() -> None:
    class Kept(dict[Any, Any]):
        def __setitem__(self, key: Any, value: Any) -> None:
            kept.append(value)
            super().__setitem__(key, value)

    kept: list[Any] = []
    model = ServiceModel(get_service_model("lambda")._service_description, "lambda")
    model._instance_cache = Kept()
    assert model.operation_model("Invoke") is model.operation_model("Invoke")
    assert [type(operation) for operation in kept] == [OperationModel]
    assert kept[0].http_trait.method == "POST"
    with pytest.raises(OperationNotFoundError):
        model.operation_model("Evoke")
