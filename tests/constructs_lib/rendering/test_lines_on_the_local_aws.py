"""Workflows with ways, branches and iterations, run by the local AWS on functions that are Python callables."""

import json
import threading
import uuid
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constructs_lib.definitions import (
    CAUGHT_CAUSE,
    CAUGHT_ERROR,
    MAP_INDEX,
    Catch,
    ChoiceRule,
    ChoiceStep,
    ExecutionInput,
    FailStep,
    Join,
    LambdaStep,
    MapItem,
    MapStep,
    ParallelStep,
    PassStep,
    QueueStep,
    ReadJsonStep,
    StateStep,
    Step,
    WorkflowStep,
    equal,
    greater_than,
    is_present,
)
from constructs_lib.rendering import render_states
from tests.constructs_lib.rendering.running import call, run
from tests.constructs_lib.samples import function, workflow
from tests.local_aws.stepfunctions.stand_ins import HandlerError
from tests.local_aws.stepfunctions.workbench import Workbench


def test_steps_side_by_side_read_and_are_read(bench: Workbench) -> None:
    both = threading.Barrier(2, timeout=20)

    def meets(event: Any) -> Any:
        both.wait()  # only if both run at the same time
        return event

    start = call(bench, lambda _event: {"n": 1}, "Start")
    left = call(bench, meets, "Left", payload={"v": start.output("Payload.n")}, depends_on=[start])
    after = call(bench, lambda event: event, "After left", payload={"v": left.output("Payload.v")}, depends_on=[left])
    right = call(bench, meets, "Right", payload={"v": 2}, depends_on=[start])
    values = [start.output("Payload.n"), left.output("Payload.v"), after.output("Payload.v"), right.output("Payload.v")]
    seen: list[Any] = []
    end = call(bench, seen.append, "End", payload={"all": values}, depends_on=[after, right])

    result = run(bench, workflow(start, left, after, right, end), {"given": True})

    assert (result.status, result.output) == ("SUCCEEDED", {"given": True})
    assert seen == [{"all": [1, 1, 1, 2]}]


def test_an_error_in_a_fork_within_a_fork_reaches_the_step_it_is_caught_by(bench: Workbench) -> None:
    def fails(_event: Any) -> Any:
        raise HandlerError("NoRows", 'it\'s "empty"')

    told: list[Any] = []
    tell = call(bench, told.append, "Tell", payload={"error": CAUGHT_ERROR, "cause": CAUGHT_CAUSE})
    failed = FailStep(name="Failed", error=CAUGHT_ERROR, cause=Join(": ", ["caught", CAUGHT_ERROR]))
    start = call(bench, lambda _event: None, "Start")
    beside = call(bench, lambda _event: None, "Beside", depends_on=[start])
    inner = call(bench, lambda _event: None, "Inner", depends_on=[start])
    quiet = call(bench, lambda _event: None, "Quiet", depends_on=[inner], catch=[Catch(next_step=failed)])
    bad = call(bench, fails, "Bad", depends_on=[inner], catch=[Catch(errors=["NoRows"], next_step=tell)])
    join = call(bench, lambda _event: None, "Join", depends_on=[beside, quiet, bad])

    result = run(bench, workflow(start, beside, inner, quiet, bad, join))

    assert result.status == "SUCCEEDED"
    assert [(event["error"], "it's" in event["cause"]) for event in told] == [("NoRows", True)]
    assert "Join" not in str(result.events)

    loud = call(bench, fails, "Loud", depends_on=[inner], catch=[Catch(next_step=failed)])
    result = run(bench, workflow(start, beside, inner, loud, function("Z", depends_on=[beside, loud])))

    assert (result.status, result.error, result.cause) == ("FAILED", "NoRows", "caught: NoRows")


def test_a_choice_takes_the_way_of_its_values(bench: Workbench) -> None:
    check = call(bench, lambda event: event, "Check")
    report = PassStep(name="Report", given={"report": ExecutionInput("Report", type="document")})
    good = greater_than(report.output("report.accuracy"), ExecutionInput("Least", type="number"), type="number")
    choice = ChoiceStep(
        name="Good?",
        rules=[
            ChoiceRule(condition=is_present(report.output("report.error")), steps=[FailStep(name="Broken")]),
            ChoiceRule(condition=good & ~equal(ExecutionInput("Mode"), "dry"), steps=[check]),
        ],
        otherwise=[FailStep(name="Bad", error="Bad")],
    )
    definition = workflow(report, choice)

    def ended(report: Any, mode: str = "real") -> tuple[str, str | None]:
        result = run(bench, definition, {"Report": report, "Least": 0.9, "Mode": mode})
        return result.status, result.error

    assert ended({"accuracy": 0.95}) == ("SUCCEEDED", None)
    assert ended({"accuracy": 0.95}, "dry") == ("FAILED", "Bad")
    assert ended({"accuracy": 0.5}) == ("FAILED", "Bad")
    assert ended({"accuracy": 0.95, "error": "x"}) == ("FAILED", None)


def test_a_map_gives_the_results_of_its_items_in_order(bench: Workbench) -> None:
    def half(event: Any) -> Any:
        if event["item"] % 2:
            raise HandlerError("Odd", "cannot halve")
        return {"half": event["item"] // 2, "number": event["number"]}

    noted: list[Any] = []
    note = call(bench, noted.append, "Note", payload={"item": MapItem("n"), "error": CAUGHT_ERROR})
    work = call(
        bench,
        half,
        "Half",
        payload={"item": MapItem("n"), "number": MAP_INDEX},
        catch=[Catch(errors=["Odd"], next_step=note)],
    )
    items = ExecutionInput("Items", type="document")
    repeat = MapStep(name="Each", items=items, steps=[work], result=work.output("Payload"), max_concurrency=2)
    seen: list[Any] = []
    end = call(
        bench, seen.append, "End", payload={"all": repeat.output("Results"), "x": repeat.output("Results[2].half")}
    )

    result = run(bench, workflow(repeat, end), {"Items": [{"n": 4}, {"n": 5}, {"n": 6}]})

    assert result.status == "SUCCEEDED"
    assert seen == [{"all": [{"half": 2, "number": 0}, None, {"half": 3, "number": 2}], "x": 3}]
    assert noted == [{"item": 5, "error": "Odd"}]


def test_a_branch_that_fails_stops_the_others_and_is_caught(bench: Workbench) -> None:
    def fails(_event: Any) -> Any:
        raise HandlerError("Broken", "no")

    told: list[Any] = []
    tell = call(bench, told.append, "Tell", payload={"error": CAUGHT_ERROR})
    waits = function("Waits", function_arn=bench.function(lambda _event: None, "waits"))
    bad = call(bench, fails, "Bad")
    parallel = ParallelStep(name="Both", branches=[[bad], [waits]], catch=[Catch(next_step=tell)])

    result = run(bench, workflow(parallel, function("Never")))

    assert (result.status, told) == ("SUCCEEDED", [{"error": "Broken"}])


@given(st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_graph_runs_each_step_after_what_it_reads(bench: Workbench, data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 8))
    before = [sorted(data.draw(st.sets(st.integers(0, number - 1)))) if number else [] for number in range(count)]
    calls: list[int] = []

    def handler(event: Any) -> Any:
        calls.append(event["number"])
        return {"number": event["number"]}

    arn = bench.function(handler)
    steps: list[Any] = []
    for number in range(count):
        reads = [steps[found].output("Payload.number") for found in before[number]]
        payload = {"number": number, "reads": reads}
        names = [str(found) for found in before[number]]
        steps.append(LambdaStep(name=str(number), function_arn=arn, payload=payload, depends_on=names))
    listed: list[Step] = data.draw(st.permutations(steps))

    result = run(bench, workflow(*listed))

    assert result.status == "SUCCEEDED"
    assert sorted(calls) == list(range(count))
    assert all(calls.index(one) < calls.index(number) for number in range(count) for one in before[number])
    if any(before):
        read = {
            event["number"]: event["reads"] for name, event in bench.functions.calls if name == arn.rpartition(":")[2]
        }
        assert read == dict(enumerate(before))


def test_a_report_in_s3_is_read_and_told(bench: Workbench) -> None:
    bucket = f"reports-{uuid.uuid4().hex[:8]}"
    bench.client("s3").create_bucket(Bucket=bucket)
    body = json.dumps({"metrics": {"accuracy": 0.95}})
    bench.client("s3").put_object(Bucket=bucket, Key="runs/one/evaluation.json", Body=body.encode())
    queue = bench.client("sqs").create_queue(QueueName=bucket)["QueueUrl"]
    inner = bench.machine(render_states(workflow(PassStep(name="Any"), name="inner")))
    key = Join("/", ["runs", ExecutionInput("Run"), "evaluation.json"])
    report = ReadJsonStep(name="Report", bucket=bucket, key=key)
    accuracy = report.output("Document.metrics.accuracy")
    nested = WorkflowStep(name="Nested", state_machine_arn=inner, given={"accuracy": accuracy})
    tell = QueueStep(
        name="Tell",
        queue_url=queue,
        queue_arn=f"arn:aws:sqs:us-east-1:123456789012:{bucket}",
        message={"accuracy": nested.output("Output.accuracy"), "status": nested.output("Status")},
    )
    good = ChoiceRule(condition=greater_than(accuracy, 0.9), steps=[tell])
    choice = ChoiceStep(name="Good?", rules=[good], otherwise=[FailStep(name="Bad")])

    result = run(bench, workflow(report, nested, choice), {"Run": "one"})

    assert result.status == "SUCCEEDED"
    (message,) = bench.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == {"accuracy": 0.95, "status": "SUCCEEDED"}


def test_a_report_that_is_not_there_can_be_caught(bench: Workbench) -> None:
    bucket = f"reports-{uuid.uuid4().hex[:8]}"
    bench.client("s3").create_bucket(Bucket=bucket)
    missing = FailStep(name="Missing", error=CAUGHT_ERROR)
    report = ReadJsonStep(
        name="Report", bucket=bucket, key="a", catch=[Catch(errors=["S3.NoSuchKeyException"], next_step=missing)]
    )

    result = run(bench, workflow(report))

    assert (result.status, result.error) == ("FAILED", "S3.NoSuchKeyException")


def test_a_state_of_ones_own_is_a_step_like_others(bench: Workbench) -> None:
    own = StateStep(name="Own", state={"Type": "Pass", "Parameters": {"n.$": "$.given", "list": [1]}})
    seen: list[Any] = []
    end = call(bench, seen.append, "End", payload={"n": own.output("n"), "first": own.output("list[0]")})

    result = run(bench, workflow(own, end), {"given": 5})

    assert (result.status, result.output, seen) == ("SUCCEEDED", {"given": 5}, [{"n": 5, "first": 1}])
