"""Addresses in S3."""

import pytest

from local_aws.sagemaker.s3_locations import S3Location


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/a/b%20c",
        "https://s3.amazonaws.com/bucket/a/b%2520c",
        "https://s3.eu-central-1.amazonaws.com/bucket/a/b%2520c",
        "https://s3-us-west-2.amazonaws.com/bucket/a/b%2520c",
        "https://s3.cn-north-1.amazonaws.com.cn/bucket/a/b%2520c",
        "https://bucket.s3.eu-central-1.amazonaws.com/a/b%2520c",
        "https://bucket.s3.amazonaws.com/a/b%2520c",
    ],
)
def test_every_form_leads_to_bucket_and_key(uri: str) -> None:
    assert S3Location.parse(uri) == S3Location("bucket", "a/b%20c")


@pytest.mark.parametrize("uri", ["s3://", "s3:///key", "https://example.com/bucket/key", "file:///a", "bucket/key", ""])
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(ValueError, match=r"is no S3 address: expected s3://bucket/key or https://s3\.REGION"):
        S3Location.parse(uri)


def test_parts_are_joined_with_one_slash() -> None:
    assert S3Location("b", "out/").join("job", "/output/", "m").uri == "s3://b/out/job/output/m"
    assert S3Location("b").join("job").uri == "s3://b/job"


def test_a_folder_ends_in_a_slash() -> None:
    assert S3Location("b", "c").folder == S3Location("b", "c/") == S3Location("b", "c/").folder
    assert S3Location("b").folder == S3Location("b")


@pytest.mark.parametrize(
    ("prefix", "key", "relative"),
    [
        ("data", "data/x.csv", "x.csv"),
        ("data/", "data/deep/x.csv", "deep/x.csv"),
        ("data/x.csv", "data/x.csv", "x.csv"),
        ("data/part-", "data/part-1.csv", "part-1.csv"),
        ("", "a/b", "a/b"),
    ],
)
def test_keys_are_relative_to_the_folder_of_their_prefix(prefix: str, key: str, relative: str) -> None:
    assert S3Location("b", prefix).relative(key) == relative
