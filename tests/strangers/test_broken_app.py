"""What goes wrong is undone, and told by the CDK's command line with its reason."""

import pytest
from botocore.exceptions import ClientError

from tests.strangers.account import Account

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_failures_are_undone_and_told(project: Account) -> None:
    app, sqs = project.app("broken"), project.client("sqs")
    told = app.deploy(code=1)
    assert "the licence has run out" in told
    assert project.status("Broken") == "ROLLBACK_COMPLETE"
    with pytest.raises(ClientError, match="NonExistentQueue"):
        sqs.get_queue_url(QueueName="strangers-broken")
    assert [name for name in buckets(project) if name.startswith("broken-")] == []

    app.deploy(version="second")
    assert project.status("Broken") == "CREATE_COMPLETE"
    assert sqs.get_queue_url(QueueName="strangers-broken")["QueueUrl"]

    told = app.deploy(version="third", code=1)
    assert "Unrecognized resource types: [AWS::EMR::StudioSessionMapping, AWS::SageMaker::NotebookInstance]" in told
    assert "the local AWS does not offer them" in told
    assert project.status("Broken") == "CREATE_COMPLETE"

    app.destroy(version="second")
    assert project.status("Broken") == ""


def buckets(account: Account) -> list[str]:
    """The names of all buckets."""
    return [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]]
