"""A server that stops while a stack is being made."""

import threading
import time

from local_aws.server import LocalAws
from tests.local_aws.cloudformation.conftest import Deployer


def test_a_stop_ends_a_stack_operation_that_waits() -> None:
    waiting = {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": 3600},
        },
    }
    with LocalAws() as aws:
        stacks = Deployer(aws)
        name = stacks.new_name()
        stacks.cloudformation.create_stack(StackName=name, **stacks.arguments(waiting, {}))
        deadline = time.monotonic() + 30
        while "Wait" not in stacks.resources(name):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    deadline = time.monotonic() + 30
    while any(thread.name.startswith("resource") for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "a thread still waits for the signal"
        time.sleep(0.05)
