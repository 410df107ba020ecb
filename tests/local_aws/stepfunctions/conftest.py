"""What the tests of Step Functions share."""

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


@pytest.fixture(scope="session")
def shared_bench() -> Iterator[Workbench]:
    """Step Functions with a clock of the tests, and stand-ins for Lambda, SageMaker, CodeBuild and EventBridge."""
    made: dict[str, Any] = {}
    clock = ManualClock()
    events: list[dict[str, Any]] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        made.update(
            functions=Functions(),
            training=TrainingJobs(platform),
            builds=Builds(platform),
            bus=Bus(),
            role="",
            clock=clock,
        )
        gateway.register(made["functions"], made["training"], made["builds"], made["bus"])
        platform.on_event(lambda _account, _region, event: events.append(event))
        made["engine"] = register_stepfunctions(gateway, platform, clock)

    with LocalAws(register=register) as running:
        workbench = Workbench(running.platform, events=events, **made)
        workbench.role = workbench.make_role("everything", allow("*"))
        yield workbench


@pytest.fixture
def bench(shared_bench: Workbench) -> Workbench:
    """The bench at the present time: CloudWatch Logs takes nothing that is two hours ahead of it."""
    shared_bench.clock.skipped = 0.0
    return shared_bench
