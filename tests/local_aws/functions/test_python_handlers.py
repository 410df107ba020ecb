"""Python handlers in their own process: answers, errors, environment, context and logs."""

import base64
import json
import os
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.functions.deployments import Deployments, until, zipped
from tests.local_aws.process_state import runs


def test_a_handler_answers_with_what_it_was_given(deployed: Deployments) -> None:
    name = deployed.function("f", "def handler(event, context):\n    return {'got': event, 'text': 'ü'}")
    assert deployed.invoke(name, {"a": [1, None, "ß"]}) == {"got": {"a": [1, None, "ß"]}, "text": "ü"}


def test_no_payload_is_an_empty_object(deployed: Deployments) -> None:
    name = deployed.function("f", "def handler(event, context):\n    return event")
    answer = deployed.functions.invoke(FunctionName=name)
    assert json.loads(answer["Payload"].read()) == {}
    assert answer["ExecutedVersion"] == "$LATEST"


def test_a_warm_process_keeps_its_module_and_a_change_starts_a_new_one(deployed: Deployments) -> None:
    source = """
import os
count = 0
def handler(event, context):
    global count
    count += 1
    return [count, os.getpid()]
"""
    name = deployed.function("f", source)
    first, second = deployed.invoke(name), deployed.invoke(name)
    assert first[0] == 1
    assert second == [2, first[1]]
    deployed.functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"NEW": "1"}})
    count, process = deployed.invoke(name)
    assert count == 1
    assert process != first[1]


def test_concurrent_invocations_have_processes_of_their_own(deployed: Deployments, tmp_path: Path) -> None:
    source = """
import os, time
def handler(event, context):
    open(os.path.join(event, str(os.getpid())), "w").close()
    while len(os.listdir(event)) < 2:
        time.sleep(0.01)
    return os.getpid()
"""
    name = deployed.function("f", source, Timeout=30)
    futures = [deployed.aws.platform.workers.submit(deployed.invoke, name, str(tmp_path)) for _ in range(2)]
    assert len({future.result(30) for future in futures}) == 2


def test_the_environment_is_the_functions_own(deployed: Deployments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_SERVER", "not for functions")
    name = deployed.function(
        "f",
        "import os\ndef handler(event, context):\n    return dict(os.environ)",
        MemorySize=256,
        Environment={"Variables": {"TABLE": "t1", "PATH_LIKE": "a:b"}},
    )
    seen = deployed.invoke(name)
    own = {"HOME", "TMPDIR", "LC_CTYPE"}
    expected = {
        "TABLE": "t1",
        "PATH_LIKE": "a:b",
        "PATH": os.environ["PATH"],
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "_HANDLER": "index.handler",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": deployed.aws.platform.endpoint_url,
        "AWS_ENDPOINT_URL_S3": deployed.aws.platform.endpoint_url,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
    }
    assert {key: seen[key] for key in expected} == expected
    rest = set(seen) - set(expected) - own
    assert rest == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_X_AMZN_TRACE_ID",
    }
    assert seen["HOME"] == seen["TMPDIR"]


def test_boto3_is_there_and_acts_as_the_functions_role(deployed: Deployments) -> None:
    source = """
import boto3
def handler(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]
"""
    name = deployed.function("f", source, Timeout=30)
    assert deployed.invoke(name) == f"arn:aws:sts::123456789012:assumed-role/{name}/{name}"


def test_what_else_the_server_has_installed_is_not_there(deployed: Deployments) -> None:
    name = deployed.function("f", "import moto\ndef handler(event, context):\n    return 1")
    error = deployed.failure(name)
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"] == "Unable to import module 'index': No module named 'moto'"


def test_the_context_tells_about_the_invocation(deployed: Deployments) -> None:
    source = """
def handler(event, context):
    client = context.client_context
    return {
        "name": context.function_name,
        "version": context.function_version,
        "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb,
        "group": context.log_group_name,
        "request": context.aws_request_id,
        "remaining": context.get_remaining_time_in_millis(),
        "custom": client.custom if client else None,
        "app": client.client.app_title if client else None,
    }
"""
    name = deployed.function("f", source, Timeout=7)
    client = base64.b64encode(json.dumps({"custom": {"k": "v"}, "client": {"app_title": "App"}}).encode()).decode()
    answer = deployed.functions.invoke(FunctionName=name, ClientContext=client)
    seen = json.loads(answer["Payload"].read())
    assert len(seen.pop("request")) == 36
    assert 0 < seen.pop("remaining") <= 7000
    assert seen == {
        "name": name,
        "version": "$LATEST",
        "arn": f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
        "memory": "128",
        "group": f"/aws/lambda/{name}",
        "custom": {"k": "v"},
        "app": "App",
    }


def test_an_exception_is_the_answer_and_the_process_lives_on(deployed: Deployments) -> None:
    source = """
count = 0
def fail():
    raise KeyError("the key")
def handler(event, context):
    global count
    count += 1
    return count if event else fail()
"""
    name = deployed.function("f", source)
    error = deployed.failure(name)
    assert error["errorMessage"] == "'the key'"
    assert error["errorType"] == "KeyError"
    assert len(error["stackTrace"]) == 2
    assert "line 8, in handler\n    return count if event else fail()\n" in error["stackTrace"][0]
    assert "line 4, in fail\n" in error["stackTrace"][1]
    assert 'raise KeyError("the key")' in error["stackTrace"][1]
    assert deployed.invoke(name, True) == 2


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        (
            "import absent",
            "index.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'index': No module named 'absent'",
        ),
        (
            "x = 1",
            "other.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'other': No module named 'other'",
        ),
        ("x = 1", "index.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        (
            "x = 1",
            "index",
            "Runtime.MalformedHandlerName",
            "Bad handler 'index': not enough values to unpack (expected 2, got 1)",
        ),
        (
            "def x(",
            "index.x",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'index': '(' was never closed (index.py, line 1)",
        ),
        ("raise OSError('no disk')", "index.x", "OSError", "no disk"),
        ("import os; os._exit(9)", "index.x", "Runtime.ExitError", "Runtime exited with error: exit status 9"),
        ("import sys; sys.exit()", "index.x", "Runtime.ExitError", "Runtime exited without providing a reason"),
    ],
)
def test_a_module_that_cannot_be_loaded(
    deployed: Deployments, source: str, handler: str, kind: str, message: str
) -> None:
    error = deployed.failure(deployed.function("f", source, handler=handler))
    assert error["errorType"] == kind
    assert message in error["errorMessage"]


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (
            "return {1}",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
        ("import os; os._exit(3)", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("import sys; sys.exit(4)", "Runtime.ExitError", "Runtime exited with error: exit status 4"),
        ("import os; os.kill(os.getpid(), 9)", "Runtime.ExitError", "Runtime exited with error: signal: killed"),
        (
            "import ctypes; ctypes.string_at(0)",
            "Runtime.ExitError",
            "Runtime exited with error: signal: segmentation fault",
        ),
        ("import time; time.sleep(30)", "Sandbox.Timedout", "Error: Task timed out after 1.00 seconds"),
        (
            "return 'x' * 7_000_000",
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        ),
    ],
)
def test_a_handler_that_ends_badly_is_followed_by_a_fresh_one(
    deployed: Deployments, body: str, kind: str, message: str
) -> None:
    source = f"def handler(event, context):\n    if event:\n        return 'fine'\n    {body}"
    name = deployed.function("f", source, Timeout=1)
    error = deployed.failure(name)
    assert error["errorType"] == kind
    assert message in error["errorMessage"]
    assert deployed.invoke(name, True) == "fine"


def test_a_timeout_ends_the_children_of_the_handler_too(deployed: Deployments, tmp_path: Path) -> None:
    source = """
import os, subprocess, sys
def handler(event, context):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with open(event, "w") as out:
        out.write(str(child.pid))
    child.wait()
"""
    name = deployed.function("f", source, Timeout=1)
    assert deployed.failure(name, str(tmp_path / "pid"))["errorType"] == "Sandbox.Timedout"
    child = int((tmp_path / "pid").read_text())
    # the signal is sent by then; the system takes a moment
    until(lambda: not runs(child))


def test_output_arrives_in_the_log_with_start_and_report(deployed: Deployments) -> None:
    source = """
import logging, sys
logging.getLogger().setLevel("INFO")
def handler(event, context):
    print("printed", event)
    print("to stderr", file=sys.stderr)
    logging.info("logged\\nin two lines")
    print("no line end", end="")
"""
    name = deployed.function("f", source)
    answer = deployed.functions.invoke(FunctionName=name, Payload=b"7", LogType="Tail")
    messages = deployed.log(name, "REPORT RequestId")
    request_id = messages[1].split()[2]
    assert messages[0].startswith(
        f"INIT_START Runtime Version: python:{sys.version_info.major}.{sys.version_info.minor}"
    )
    assert messages[1] == f"START RequestId: {request_id} Version: $LATEST"
    assert messages[2:4] == ["printed 7", "to stderr"]
    assert messages[4].startswith("[INFO]\t")
    assert messages[4].endswith(f"Z\t{request_id}\tlogged\nin two lines")
    assert messages[5] == "no line end"
    assert messages[6] == f"END RequestId: {request_id}"
    assert messages[7].startswith(f"REPORT RequestId: {request_id}\tDuration: ")
    assert "\tMemory Size: 128 MB\tMax Memory Used: " in messages[7]
    assert "\tInit Duration: " in messages[7]
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert tail.splitlines()[2] == "printed 7"
    assert tail.splitlines()[-1].startswith(f"REPORT RequestId: {request_id}")


def test_json_logs(deployed: Deployments) -> None:
    source = """
import logging
def handler(event, context):
    logging.warning("careful")
    logging.info("details")
    try:
        1 / 0
    except ZeroDivisionError:
        logging.exception("failed")
"""
    group = f"/own/{deployed.name('group')}"
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "LogGroup": group}
    name = deployed.function("f", source, LoggingConfig=logging)
    deployed.invoke(name)
    records = [json.loads(message) for message in deployed.log(name, "platform.report", group=group)]
    assert [record.get("type", record.get("level")) for record in records] == [
        "platform.initStart",
        "platform.start",
        "WARNING",
        "ERROR",
        "platform.report",
    ]
    assert records[2]["message"] == "careful"
    assert records[2]["requestId"] == records[1]["record"]["requestId"]
    assert records[3]["errorType"] == "ZeroDivisionError"
    assert records[4]["record"]["status"] == "success"


def test_a_role_without_rights_on_logs_still_runs(deployed: Deployments) -> None:
    role = deployed.role(deployed.name("quiet"))
    name = deployed.function("f", "def handler(event, context):\n    print('x'); return 1", Role=role)
    assert deployed.invoke(name) == 1


def test_the_interpreter_is_named_where_it_is_not_the_one_asked_for(deployed: Deployments) -> None:
    other = "python3.9" if sys.version_info[:2] != (3, 9) else "python3.10"
    name = deployed.function("f", "def handler(event, context):\n    return 1", runtime=other)
    assert deployed.invoke(name) == 1
    first = deployed.log(name, "REPORT")[0]
    assert first.endswith(f"(the function asks for {other}; the local AWS has this one)")


def test_files_of_the_package_can_be_read_and_not_changed(deployed: Deployments) -> None:
    source = """
import os
from pathlib import Path
from lib.inner import value
def handler(event, context):
    root = Path(os.environ["LAMBDA_TASK_ROOT"])
    return [value, Path("data.txt").read_text(), oct((root / "data.txt").stat().st_mode & 0o777)]
"""
    code = {"ZipFile": zipped(index__py=source, data__txt="content", lib___inner__py="value = 3")}
    name = deployed.function("f", "", Code=code)
    assert deployed.invoke(name) == [3, "content", "0o444"]


def test_a_role_that_lambda_may_not_assume_is_refused_at_once(deployed: Deployments) -> None:
    role = deployed.role(deployed.name("other"), service="sagemaker.amazonaws.com")
    with pytest.raises(ClientError, match="The role defined for the function cannot be assumed by Lambda"):
        deployed.function("f", "x = 1", Role=role)
