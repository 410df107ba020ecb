"""The service's quotas: data of a state, events of a history, and how much is kept."""

from local_aws.stepfunctions.api.records import RegionRecords
from local_aws.stepfunctions.language.compiler import compile_machine
from local_aws.stepfunctions.language.documents import Scope, is_too_large
from local_aws.stepfunctions.running.clock import SystemClock
from local_aws.stepfunctions.running.executions import Branch, Execution, Revision
from local_aws.stepfunctions.running.history import History
from tests.local_aws.stepfunctions.workbench import Workbench, until


def test_256_kib_in_utf_8() -> None:
    assert not is_too_large("x" * 262_144)
    assert is_too_large("x" * 262_145)
    assert not is_too_large("ü" * 131_072)
    assert is_too_large("ü" * 131_073)


def test_a_state_s_output_is_limited_and_nothing_catches_it(bench: Workbench) -> None:
    state = {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}}
    result = bench.run_state(state, "x" * 200_000)
    assert (result.status, result.error) == ("FAILED", "States.DataLimitExceeded")
    assert "The state/task 'S' returned a result with a size exceeding the maximum number of bytes" in str(result.cause)


def test_a_history_ends_at_25_000_events(bench: Workbench) -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Next": "B"},
            "B": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "E"}],
                "Default": "A",
            },
            "E": {"Type": "Succeed"},
        },
    }
    client = bench.client()
    execution = bench.start(bench.machine(definition))
    ended = until(lambda: [d for d in [client.describe_execution(executionArn=execution)] if d["status"] != "RUNNING"])[
        0
    ]
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "The execution reached the maximum number of history events (25000)." in ended["cause"]
    last = client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
    assert (last["id"], last["type"]) == (25_000, "ExecutionFailed")


def test_old_executions_make_room() -> None:
    """The oldest that have ended go first; one that runs stays."""
    records = RegionRecords()
    for number in range(40):
        history = History(SystemClock())
        history.size = 4 * 1024 * 1024
        records.executions[str(number)] = execution(str(number), history, "RUNNING" if number == 0 else "FAILED")
        records.forget_old()
    # 64 MiB of four each are sixteen, and the look after every twentieth start
    assert list(records.executions) == ["0", *(str(number) for number in range(25, 40))]


def execution(name: str, history: History, status: str) -> Execution:
    machine = compile_machine({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}})
    revision = Revision(
        arn="arn",
        name="m",
        region="us-east-1",
        account="123456789012",
        definition="{}",
        machine=machine,
        role_arn="role",
        type="STANDARD",
        logging={},
        tracing={},
        encryption=None,
        revision_id=None,
        updated=0,
    )
    root = Branch(machine, "S", {}, "{}", Scope())
    return Execution(name, name, revision, "{}", {}, 0, history, root, status=status)
