"""Names of jobs that are asked for at once."""

import threading

from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import Account


def test_two_requests_for_one_name_at_once_make_one_job(account: Account, role: str) -> None:
    image = account.engine.image("at-once", run="")
    refused: list[str] = []

    def create() -> None:
        try:
            account.create_processing_job("at-once", image, role)
        except ClientError as error:
            refused.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["ResourceInUse"] * 3
    assert account.ended_processing_job("at-once")["ProcessingJobStatus"] == "Completed"
