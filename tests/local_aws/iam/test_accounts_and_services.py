"""Several accounts, and AWS services as callers."""

import json
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from local_aws.platform import service_credentials
from local_aws.server import LocalAws
from tests.local_aws.iam.conftest import Clients, allow, document

Role = Callable[..., str]
OTHER = "222233334444"


def test_accounts_are_apart(clients: Clients) -> None:
    clients.root("sqs", key=OTHER).create_queue(QueueName="apart")
    with pytest.raises(ClientError, match="NonExistentQueue"):
        clients.root("sqs").get_queue_url(QueueName="apart")


def test_another_account_needs_the_bucket_and_its_own_leave(clients: Clients, make_role: Role, bucket: str) -> None:
    other = clients.root("s3", key=OTHER)
    with pytest.raises(ClientError, match=r"arn:aws:iam::222233334444:root .* because no resource-based policy allows"):
        other.list_objects_v2(Bucket=bucket)
    clients.root("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
    statement = allow("s3:*", [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"], Principal={"AWS": OTHER})
    clients.root("s3").put_bucket_policy(Bucket=bucket, Policy=document(statement))
    assert other.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


def test_bucket_policies_name_organizations_of_accounts(clients: Clients, bucket: str) -> None:
    statement = allow(
        "s3:ListBucket",
        f"arn:aws:s3:::{bucket}",
        Principal="*",
        Condition={"StringEquals": {"aws:PrincipalAccount": OTHER}},
    )
    clients.root("s3").put_bucket_policy(Bucket=bucket, Policy=document(statement))
    clients.root("s3", key=OTHER).list_objects_v2(Bucket=bucket)
    with pytest.raises(ClientError, match="AccessDenied"):
        clients.root("s3", key="555566667777").list_objects_v2(Bucket=bucket)


def test_a_service_sends_only_where_a_queue_lets_it(local_aws: LocalAws, clients: Clients) -> None:
    sqs = clients.root("sqs")
    url = sqs.create_queue(QueueName="for-events")["QueueUrl"]
    queue = "arn:aws:sqs:us-east-1:123456789012:for-events"
    rule = "arn:aws:events:us-east-1:123456789012:rule/r"

    def send(source: str) -> None:
        credentials = service_credentials("events.amazonaws.com")
        client = local_aws.platform.client("sqs", region="us-east-1", credentials=credentials, source_arn=source)
        client.send_message(QueueUrl=url, MessageBody="event")

    with pytest.raises(ClientError, match=r"User: events.amazonaws.com is not authorized to perform: sqs:SendMessage"):
        send(rule)
    policy = document(
        allow(
            "sqs:SendMessage",
            queue,
            Principal={"Service": "events.amazonaws.com"},
            Condition={"ArnEquals": {"aws:SourceArn": rule}},
        )
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    send(rule)
    with pytest.raises(ClientError, match="no resource-based policy allows"):
        send(rule + "-other")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "event"


def test_only_services_may_say_for_whom_they_act(clients: Clients, make_role: Role, bucket: str) -> None:
    statement = allow(
        "s3:PutObject", f"arn:aws:s3:::{bucket}/*", Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}}
    )
    s3 = clients.session("s3", make_role(statement))
    s3.meta.events.register(
        "before-call.s3",
        lambda params, **_: params["headers"].update({"x-amz-source-arn": "arn:aws:sns:r:123456789012:t"}),
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"1")


def test_a_topic_lets_a_service_publish_that_its_policy_names(local_aws: LocalAws, clients: Clients) -> None:
    sns = clients.root("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]

    def publish(service: str) -> None:
        credentials = service_credentials(service)
        source = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"
        client = local_aws.platform.client("sns", region="us-east-1", credentials=credentials, source_arn=source)
        client.publish(TopicArn=topic, Message="m")

    publish("cloudwatch.amazonaws.com")
    with pytest.raises(ClientError, match="SNS:Publish"):
        publish("events.amazonaws.com")
    statement = allow("sns:Publish", topic, Principal={"Service": "events.amazonaws.com"})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document(statement))
    publish("events.amazonaws.com")


def test_a_repository_policy_lets_another_account_pull(clients: Clients) -> None:
    ecr = clients.root("ecr")
    ecr.create_repository(repositoryName="shared/app")
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "m", "layers": []})
    ecr.put_image(repositoryName="shared/app", imageManifest=manifest, imageTag="t")
    ids = [{"imageTag": "t"}]
    other = clients.root("ecr", key=OTHER)
    with pytest.raises(ClientError, match="because no resource-based policy allows the ecr:BatchGetImage action"):
        other.batch_get_image(registryId="123456789012", repositoryName="shared/app", imageIds=ids)
