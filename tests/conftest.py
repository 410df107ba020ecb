"""What all tests share."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from local_aws.containers.engine import ENGINE_VARIABLE
from local_aws.server import LocalAws

settings.register_profile("steady", deadline=None)  # how long an example takes is the machine's business
settings.load_profile("steady")
# the same engine on all machines: docker and podman, where a machine has one, would fetch base images from the network
os.environ.setdefault(ENGINE_VARIABLE, "process")
# a shell has what it leaves in the background ignore Ctrl-C, and so would all that tests start and interrupt
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """One local AWS for the session, on a free port; tests keep apart by the names of what they make."""
    with LocalAws() as running:
        yield running
