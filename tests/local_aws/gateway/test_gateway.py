"""The gateway: moto's services through it, and groups of operations registered with it."""

import gc
import time

import boto3
import flask
import pytest
from botocore.exceptions import ClientError

from local_aws.gateway import wire
from local_aws.server import LocalAws


def test_s3_objects_keep_their_bytes_and_keys(local_aws: LocalAws) -> None:
    s3 = local_aws.platform.client("s3", region="us-east-1")
    s3.create_bucket(Bucket="gateway-bytes")
    s3.put_object(Bucket="gateway-bytes", Key="a b/ü%2F.txt", Body=b"\x00\xff", Metadata={"under_score": "1"})
    found = s3.get_object(Bucket="gateway-bytes", Key="a b/ü%2F.txt")
    assert found["Body"].read() == b"\x00\xff"
    assert found["Metadata"] == {"under_score": "1"}
    presigned = s3.generate_presigned_url("get_object", Params={"Bucket": "gateway-bytes", "Key": "a b/ü%2F.txt"})
    assert presigned.startswith(local_aws.platform.endpoint_url)


def test_identity_is_the_root_of_the_account(local_aws: LocalAws) -> None:
    sts = boto3.client(
        "sts",
        endpoint_url=local_aws.platform.endpoint_url,
        region_name="eu-west-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    assert sts.get_caller_identity()["Account"] == "123456789012"


def test_error_codes_of_moto_reach_the_client(local_aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        local_aws.platform.client("s3", region="us-east-1").get_object(Bucket="absent", Key="k")


def test_a_request_of_moto_s_does_not_outlive_its_answer(local_aws: LocalAws) -> None:
    """A body of many megabytes would lie in memory until the garbage is collected."""
    s3 = local_aws.platform.client("s3", region="us-east-1")
    s3.create_bucket(Bucket="gateway-garbage")
    gc.collect()
    gc.disable()
    try:
        s3.put_object(Bucket="gateway-garbage", Key="k", Body=b"body")
        deadline = time.monotonic() + 20
        while requests := [found for found in gc.get_objects() if isinstance(found, flask.Request | wire.Request)]:
            assert time.monotonic() < deadline, gc.get_referrers(requests[0])
            del requests
            time.sleep(0.05)
    finally:
        gc.enable()
