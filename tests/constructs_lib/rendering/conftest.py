from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.server import LocalAws
from local_aws.stepfunctions.service import register_stepfunctions
from tests.local_aws.stepfunctions.manual_clock import ManualClock
from tests.local_aws.stepfunctions.stand_ins import Builds, Bus, Functions, TrainingJobs
from tests.local_aws.stepfunctions.workbench import Workbench, allow


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    """Step Functions, and stand-ins for what its tasks call."""
    made: dict[str, Any] = {}
    clock = ManualClock()

    def register(gateway: Gateway, platform: Platform) -> None:
        made.update(functions=Functions(), training=TrainingJobs(platform), builds=Builds(platform), bus=Bus())
        gateway.register(made["functions"], made["training"], made["builds"], made["bus"])
        made["engine"] = register_stepfunctions(gateway, platform, clock)

    with LocalAws(register=register) as running:
        workbench = Workbench(platform=running.platform, clock=clock, role="", **made)
        workbench.role = workbench.make_role("lines", allow("*"))
        yield workbench
