"""What Lambda's tests share."""

import re
import zlib
from collections.abc import Iterator

import pytest

from local_aws.server import LocalAws
from tests.local_aws.functions.deployments import Deployments, deployments


@pytest.fixture
def deployed(local_aws: LocalAws, request: pytest.FixtureRequest) -> Iterator[Deployments]:
    """Makes functions named after the test, and removes them."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[5:35].strip("-")
    prefix = f"{words}-{zlib.crc32(request.node.nodeid.encode()):08x}"
    with deployments(local_aws, prefix) as made:
        yield made
