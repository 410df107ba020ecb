"""A stack is taken for one operation at a time, and says so from the moment at which the request is answered."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.cloudformation.callbacks import Callbacks
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.service import StackService
from tests.local_aws.cloudformation.conftest import Deployer

TOPIC = {"Type": "AWS::SNS::Topic"}
BROKEN = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "not a queue name!"}}


@contextmanager
def operations_held(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Accepted operations begin only at the end."""
    held: list[tuple[Any, ...]] = []
    start = StackService._start
    with monkeypatch.context() as patch:
        patch.setattr(StackService, "_start", lambda *operation: held.append(operation))
        try:
            yield
        finally:
            for operation in held:
                start(*operation)


def test_a_rollback(stacks: Deployer, monkeypatch: pytest.MonkeyPatch) -> None:
    name = stacks.new_name()
    stacks.create({"One": TOPIC}, name=name)
    failed = stacks.update(name, {"One": TOPIC, "Bad": BROKEN}, DisableRollback=True)
    assert failed["StackStatus"] == "UPDATE_FAILED"
    with operations_held(monkeypatch):
        stacks.cloudformation.rollback_stack(StackName=name)
        assert stacks.describe(name)["StackStatus"] == "UPDATE_ROLLBACK_IN_PROGRESS"
        with pytest.raises(ClientError, match="is in UPDATE_ROLLBACK_IN_PROGRESS state and can not be rolled back"):
            stacks.cloudformation.rollback_stack(StackName=name)
    assert stacks.settled(name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_rollback_of_a_creation(stacks: Deployer, monkeypatch: pytest.MonkeyPatch) -> None:
    name = stacks.new_name()
    failed = stacks.create({"Bad": BROKEN}, name=name, DisableRollback=True)
    assert failed["StackStatus"] == "CREATE_FAILED"
    with operations_held(monkeypatch):
        stacks.cloudformation.rollback_stack(StackName=name)
        assert stacks.describe(name)["StackStatus"] == "ROLLBACK_IN_PROGRESS"
    assert stacks.settled(name)["StackStatus"] == "ROLLBACK_COMPLETE"


def test_a_deletion(stacks: Deployer, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = stacks.create({"One": TOPIC})
    with operations_held(monkeypatch):
        stacks.cloudformation.delete_stack(StackName=stack["StackName"])
        assert stacks.describe(stack["StackId"])["StackStatus"] == "DELETE_IN_PROGRESS"
        # a second one is the first
        stacks.cloudformation.delete_stack(StackName=stack["StackName"])
    assert stacks.settled(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    statuses = [status for logical_id, status in stacks.events(stack["StackId"]) if logical_id == stack["StackName"]]
    assert statuses.count("DELETE_IN_PROGRESS") == 1


def test_settings_of_a_failed_update_are_taken_back(stacks: Deployer) -> None:
    name = stacks.new_name()
    stacks.create({"One": TOPIC}, name=name, Capabilities=["CAPABILITY_IAM"])
    stack = stacks.update(name, {"One": TOPIC, "Bad": BROKEN}, Capabilities=["CAPABILITY_NAMED_IAM"])
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["Capabilities"] == ["CAPABILITY_IAM"]


def test_an_operation_that_lets_go_is_waited_for(stacks: Deployer) -> None:
    """Its last status is seen a moment before its end; who acts on that is not refused."""
    service = StackService(stacks.aws.platform, Callbacks(stacks.aws.platform.endpoint_url))
    stack = service.states.of("000000000000", stacks.region).add("000000000000", stacks.region, "one")
    stack.set_status("CREATE_COMPLETE")
    stack.settled.clear()
    claimed = threading.Event()

    def claim() -> None:
        service.claim(stack, {"CREATE_COMPLETE"}, "UPDATE_IN_PROGRESS", "updated")
        claimed.set()

    thread = threading.Thread(target=claim)
    thread.start()
    try:
        assert not claimed.wait(0.05)
    finally:
        stack.settled.set()
        thread.join()
    assert claimed.is_set()
    assert stack.status == "UPDATE_IN_PROGRESS"
    with pytest.raises(ValidationError, match="is in UPDATE_IN_PROGRESS state and can not be updated"):
        service.claim(stack, {"CREATE_COMPLETE"}, "UPDATE_IN_PROGRESS", "updated")
