"""Lines of what runs, and of what ends when the server does."""

import threading
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from local_aws.log_streams import LogStream
from local_aws.platform import Platform
from local_aws.server import LocalAws

GROUP = "/aws/sagemaker/TrainingJobs"


@pytest.fixture
def uncaught(monkeypatch: pytest.MonkeyPatch) -> list[type[BaseException]]:
    """What ended threads."""
    found: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: found.append(told.exc_type))
    return found


@pytest.fixture
def unreachable(tmp_path: Path) -> Platform:
    """Port 9 of this machine has no server."""
    return Platform(endpoint_url="http://127.0.0.1:9", state_dir=tmp_path, cache_dir=tmp_path)


def test_lines_arrive_in_their_order_before_the_stream_is_closed() -> None:
    with LocalAws() as running:
        stream = LogStream(running.platform, "us-east-1", GROUP, "in-order/algo-1")
        for line in ("first", "", "last"):
            stream.write(line)
        stream.close()

        logs = running.platform.client("logs", region="us-east-1")
        events = logs.get_log_events(logGroupName=GROUP, logStreamName="in-order/algo-1", startFromHead=True)["events"]

    assert [event["message"] for event in events] == ["first", " ", "last"]


def test_the_last_lines_of_what_ends_with_the_server_may_be_lost(
    unreachable: Platform, uncaught: list[type[BaseException]]
) -> None:
    unreachable.stop()
    stream = LogStream(unreachable, "us-east-1", GROUP, "late/algo-1")
    stream.write("too late")
    stream.close()

    assert uncaught == []


def test_lines_that_nobody_takes_are_a_fault_while_the_server_runs(
    unreachable: Platform, uncaught: list[type[BaseException]]
) -> None:
    stream = LogStream(unreachable, "us-east-1", GROUP, "early/algo-1")
    stream.write("lost")
    stream.close()

    assert uncaught == [EndpointConnectionError]
