"""The pool of processes: how many are kept, for how long, and how they end."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.functions import environments
from local_aws.functions import pool as pool_settings
from local_aws.functions.pool import EnvironmentPool
from local_aws.server import LocalAws
from tests.local_aws.functions.deployments import Deployments, deployments, until
from tests.local_aws.process_state import runs

PID = "import os\ndef handler(event, context):\n    return os.getpid()"


def pool_of(deployed: Deployments) -> EnvironmentPool:
    found: EnvironmentPool = deployed.aws.gateway._operations["lambda"]["Invoke"].__self__.runner.pool  # type: ignore[attr-defined]
    return found


def test_processes_that_are_idle_for_long_are_ended(deployed: Deployments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_settings, "IDLE_SECONDS", 0.1)
    name = deployed.function("f", PID)
    first = deployed.invoke(name)
    until(lambda: not runs(first))
    assert deployed.invoke(name) != first


def test_no_more_processes_are_kept_than_the_limit(deployed: Deployments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_settings, "IDLE_KEPT", 1)
    first, second = (deployed.function(suffix, PID) for suffix in ("one", "two"))
    older, newer = deployed.invoke(first), deployed.invoke(second)
    until(lambda: not runs(older))
    assert runs(newer)
    assert deployed.invoke(second) == newer


def test_a_process_that_died_while_idle_is_replaced(deployed: Deployments) -> None:
    source = """
import os, threading
def handler(event, context):
    threading.Timer(0.05, os._exit, [1]).start()
    return os.getpid()
"""
    name = deployed.function("f", source)
    first = deployed.invoke(name)
    until(lambda: not runs(first))
    assert deployed.invoke(name) != first


def test_a_changed_or_deleted_function_leaves_no_process(deployed: Deployments) -> None:
    name = deployed.function("f", PID)
    first = deployed.invoke(name)
    deployed.functions.update_function_configuration(FunctionName=name, Timeout=5)
    until(lambda: not runs(first))
    second = deployed.invoke(name)
    deployed.functions.delete_function(FunctionName=name)
    deployed.made.remove(name)
    until(lambda: not runs(second))


def test_a_process_past_its_time_is_not_used_again(deployed: Deployments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_settings, "_ENVIRONMENT_SECONDS", 0.0)
    name = deployed.function("f", PID)
    assert deployed.invoke(name) != deployed.invoke(name)


def test_scratch_folders_are_removed_with_their_process(deployed: Deployments) -> None:
    source = "import os, tempfile\ndef handler(event, context):\n    return tempfile.mkstemp()[1]"
    name = deployed.function("f", source)
    made = Path(deployed.invoke(name))
    assert made.exists()
    assert made.parent.parent == pool_of(deployed).interpreters.folder / "scratch"
    deployed.functions.update_function_configuration(FunctionName=name, Timeout=5)
    until(lambda: not made.parent.exists())


def test_a_module_that_takes_too_long_to_load(deployed: Deployments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "INIT_SECONDS", 0.2)
    name = deployed.function("f", "import time\ntime.sleep(60)", Timeout=1)
    error = deployed.failure(name)
    assert error == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "Error: Task timed out after 1.20 seconds of loading",
    }


def test_the_end_of_the_server_ends_functions_that_run(tmp_path: Path) -> None:
    source = """
import os, time
def handler(event, context):
    with open(event, "w") as out:
        out.write(str(os.getpid()))
    time.sleep(600)
"""
    pid_file = tmp_path / "pid"
    ended: list[ClientError | BotoCoreError | None] = []

    def call(functions: Any, name: str) -> None:
        try:
            functions.invoke(FunctionName=name, Payload=json.dumps(str(pid_file)).encode())["Payload"].read()
        except (BotoCoreError, ClientError) as error:
            ended.append(error)
        else:
            ended.append(None)

    with LocalAws() as aws, deployments(aws, "ends") as deployed:
        name = deployed.function("f", source, Timeout=900)
        deployed.made.clear()
        caller = threading.Thread(target=call, args=(deployed.functions, name))
        caller.start()
        pid = int(until(lambda: pid_file.exists() and pid_file.read_text()))
        assert runs(pid) or not Path("/proc").exists()
    caller.join(30)
    assert len(ended) == 1
    assert not runs(pid)
