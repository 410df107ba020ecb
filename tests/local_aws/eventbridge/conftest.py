"""What EventBridge's tests share."""

import zlib
from collections.abc import Iterator

import pytest

from local_aws.server import LocalAws
from tests.local_aws.functions.deployments import Deployments, deployments


@pytest.fixture
def made(local_aws: LocalAws, request: pytest.FixtureRequest) -> Iterator[Deployments]:
    """Makes things named after the test."""
    with deployments(local_aws, f"eb-{zlib.crc32(request.node.nodeid.encode()):08x}") as found:
        yield found
