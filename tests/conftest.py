"""What all tests share."""

from collections.abc import Iterator

import pytest

from local_aws.server import LocalAws


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """One local AWS for the session, on a free port; tests keep apart by the names of what they make."""
    with LocalAws() as running:
        yield running
