"""CDK's own functions: files deployed into a bucket (Python and the AWS CLI in a layer), a bucket emptied (Node.js)."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.strangers.account import Account

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_files_are_deployed_changed_and_removed_with_their_bucket(project: Account) -> None:
    app, s3 = project.app("site"), project.client("s3")
    app.deploy()
    bucket = project.outputs("Site")["BucketName"]
    keys = {item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert keys == {"site/index.html", "site/deep/style.css", "site/version.txt", "site/where.json"}
    page = s3.get_object(Bucket=bucket, Key="site/index.html")
    assert page["Body"].read() == b"<h1>hello</h1>\n"
    assert page["ContentType"] == "text/html"
    assert page["CacheControl"] == "max-age=300"
    assert page["Metadata"] == {"deployed-by": "stranger"}
    assert json.loads(s3.get_object(Bucket=bucket, Key="site/where.json")["Body"].read()) == {"bucket": bucket}

    app.deploy(version="second")
    assert s3.get_object(Bucket=bucket, Key="site/version.txt")["Body"].read() == b"second"

    s3.put_object(Bucket=bucket, Key="not/of/the/app", Body=b"x" * 100)
    app.destroy(version="second")
    assert project.status("Site") == ""
    with pytest.raises(ClientError, match="Not Found"):
        s3.head_bucket(Bucket=bucket)
