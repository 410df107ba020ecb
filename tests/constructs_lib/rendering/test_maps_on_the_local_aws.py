"""Distributed Maps over objects of S3, run by the local AWS with the rights that the library derives for them."""

import gzip
import json
import uuid
from typing import Any

import pytest

from constructs_lib.definitions import (
    CAUGHT_ERROR,
    EXECUTION_ARN,
    MAP_BATCH,
    MAP_INDEX,
    Catch,
    ChoiceRule,
    ChoiceStep,
    CsvItems,
    DistributedMapStep,
    ExecutionInput,
    InventoryItems,
    ItemBatch,
    ItemReader,
    JsonItems,
    JsonLinesItems,
    MapItem,
    MapStep,
    PassStep,
    ResultWriter,
    S3Objects,
    UniqueName,
    is_present,
)
from constructs_lib.permissions import engine_statements, map_statements
from constructs_lib.rendering import render_states
from tests.constructs_lib.rendering.running import call, run
from tests.constructs_lib.samples import workflow
from tests.local_aws.stepfunctions.stand_ins import HandlerError
from tests.local_aws.stepfunctions.workbench import ACCOUNT, REGION, Workbench

PLACE = {"partition": "aws", "region": REGION, "account": ACCOUNT}


@pytest.fixture
def bucket(bench: Workbench) -> str:
    name = f"maps-{uuid.uuid4().hex[:8]}"
    bench.client("s3").create_bucket(Bucket=name)
    return name


def put(bench: Workbench, bucket: str, key: str, content: bytes) -> None:
    bench.client("s3").put_object(Bucket=bucket, Key=key, Body=content)


def test_each_object_is_worked_on_with_what_other_steps_have_found(bench: Workbench, bucket: str) -> None:
    for number in range(3):
        put(bench, bucket, f"in/{number}", b"x" * number)
    put(bench, bucket, "out-of-sight", b"")
    seen: list[Any] = []

    def work(event: Any) -> Any:
        seen.append(event)
        return {"size": event["size"] * event["factor"]}

    prepare = call(bench, lambda _event: {"factor": 10}, "Prepare")
    payload = {
        "key": MapItem("Key"),
        "size": MapItem("Size"),
        "number": MAP_INDEX,
        "factor": prepare.output("Payload.factor"),
        "mode": ExecutionInput("Mode"),
        "execution": EXECUTION_ARN,
        "shared": UniqueName("shared"),
        "own": UniqueName("own", per_attempt=True),
    }
    each = call(bench, work, "Work", payload=payload)
    maps = DistributedMapStep(
        name="Each object",
        items=S3Objects(bucket=ExecutionInput("Bucket"), prefix="in/"),
        steps=[each],
        result=each.output("Payload.size"),
        max_concurrency=2,
    )
    told: list[Any] = []
    outer = {"sizes": maps.output("Results"), "shared": UniqueName("shared"), "mode": ExecutionInput("Mode")}
    tell = call(bench, told.append, "Tell", payload=outer)

    result = run(bench, workflow(prepare, maps, tell), {"Bucket": bucket, "Mode": "real"})

    assert result.status == "SUCCEEDED"
    by_key = sorted(seen, key=lambda event: str(event["key"]))
    assert [(event["key"], event["number"], event["factor"], event["mode"]) for event in by_key] == [
        (f"in/{number}", number, 10, "real") for number in range(3)
    ]
    assert {event["execution"] for event in seen} == {result.arn}
    assert {event["shared"] for event in seen} == {told[0]["shared"]}
    assert len({event["own"] for event in seen}) == 3
    assert (told[0]["sizes"], told[0]["mode"]) == ([0, 10, 20], "real")


@pytest.mark.parametrize(
    ("reader", "items"),
    [
        (lambda bucket: CsvItems(bucket=bucket, key="rows.csv"), [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]),
        (
            lambda bucket: CsvItems(bucket=bucket, key="bare.csv", headers=["x", "y"], delimiter="PIPE", max_items=1),
            [{"x": "1", "y": "2"}],
        ),
        (lambda bucket: JsonItems(bucket=bucket, key="rows.json", pointer="/data/rows"), [1, 2]),
        (lambda bucket: JsonLinesItems(bucket=bucket, key="rows.jsonl"), [{"a": 1}, {"a": 2}]),
        (
            lambda bucket: InventoryItems(bucket=bucket, key="inventory/manifest.json", data_prefix="inventory/data/"),
            [{"Bucket": "raw", "Key": "a.csv", "Size": "7"}],
        ),
    ],
)
def test_items_of_every_form_of_file(bench: Workbench, bucket: str, reader: Any, items: list[Any]) -> None:
    put(bench, bucket, "rows.csv", b"a,b\n1,2\n3,4\n")
    put(bench, bucket, "bare.csv", b"1|2\n3|4\n")
    put(bench, bucket, "rows.json", b'{"data": {"rows": [1, 2]}}')
    put(bench, bucket, "rows.jsonl", b'{"a": 1}\n{"a": 2}\n')
    put(bench, bucket, "inventory/data/1.csv.gz", gzip.compress(b'"raw","a.csv","7"\n'))
    manifest = {
        "destinationBucket": f"arn:aws:s3:::{bucket}",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "inventory/data/1.csv.gz"}],
    }
    put(bench, bucket, "inventory/manifest.json", json.dumps(manifest).encode())
    read: ItemReader = reader(bucket)
    each = PassStep(name="Item", given={"item": MapItem()})
    maps = DistributedMapStep(name="Each", items=read, steps=[each], result=each.output("item"))
    told: list[Any] = []
    definition = workflow(maps, call(bench, told.append, "Tell", payload={"all": maps.output("Results")}))

    assert run(bench, definition).status == "SUCCEEDED"
    assert told == [{"all": items}]


def test_batches_have_their_items_and_what_is_passed_on_once(bench: Workbench) -> None:
    seen: list[Any] = []
    inner = PassStep(name="One", given={"item": MapItem()})
    singles = MapStep(name="Singles", items=MAP_BATCH, steps=[inner], result=inner.output("item"))
    payload = {
        "items": MAP_BATCH,
        "again": singles.output("Results"),
        "first": MAP_INDEX,
        "mode": ExecutionInput("Mode"),
    }
    work = call(bench, seen.append, "Work", payload=payload)
    maps = DistributedMapStep(
        name="Batches", items=["a", "b", "c"], steps=[singles, work], batch=ItemBatch(max_items=2), max_concurrency=1
    )

    result = run(bench, workflow(maps), {"Mode": "real"})

    assert result.status == "SUCCEEDED"
    assert seen == [
        {"items": ["a", "b"], "again": ["a", "b"], "first": 0, "mode": "real"},
        {"items": ["c"], "again": ["c"], "first": 2, "mode": "real"},
    ]


def test_batches_without_numbers_are_the_items_as_they_are(bench: Workbench) -> None:
    seen: list[Any] = []
    work = call(bench, seen.append, "Work", payload={"items": MAP_BATCH})
    items = ExecutionInput("Items", type="document")
    maps = DistributedMapStep(name="B", items=items, steps=[work], batch=ItemBatch(max_bytes=9), max_concurrency=1)

    assert run(bench, workflow(maps), {"Items": [11, 22, 33, 44]}).status == "SUCCEEDED"
    assert seen == [{"items": [11, 22, 33]}, {"items": [44]}]


def test_a_distributed_map_in_another_gets_what_the_outer_one_was_given(bench: Workbench) -> None:
    seen: list[Any] = []
    prepare = call(bench, lambda _event: {"n": 7}, "Prepare")
    between = PassStep(name="Between", given={"file": MapItem("file")})
    payload = {
        "row": MapItem(),
        "file": between.output("file"),
        "n": prepare.output("Payload.n"),
        "mode": ExecutionInput("Mode"),
        "execution": EXECUTION_ARN,
    }
    rows = DistributedMapStep(
        name="Rows", items=MapItem("rows"), steps=[call(bench, seen.append, "Row", payload=payload)]
    )
    files = DistributedMapStep(
        name="Files", items=[{"file": "f", "rows": [1, 2]}], steps=[between, rows], max_concurrency=1
    )

    result = run(bench, workflow(prepare, files), {"Mode": "real"})

    assert result.status == "SUCCEEDED"
    assert sorted(seen, key=lambda event: int(event["row"])) == [
        {"row": row, "file": "f", "n": 7, "mode": "real", "execution": result.arn} for row in (1, 2)
    ]


def test_what_may_be_missing_may_be_missing_for_the_items_too(bench: Workbench) -> None:
    seen: list[Any] = []
    note = ExecutionInput("Note", optional=True)
    prepare = call(bench, lambda _event: {"found": {}}, "Prepare")
    extra = prepare.output("Payload.found.extra")
    choice = ChoiceStep(
        name="Note?",
        rules=[
            ChoiceRule(condition=is_present(note), steps=[call(bench, seen.append, "Noted", payload={"note": note})]),
            ChoiceRule(
                condition=is_present(extra), steps=[call(bench, seen.append, "Extra", payload={"extra": extra})]
            ),
        ],
        otherwise=[call(bench, seen.append, "Plain", payload={"item": MapItem()})],
    )
    definition = workflow(prepare, DistributedMapStep(name="Each", items=[1], steps=[choice]))

    assert run(bench, definition, {}).status == "SUCCEEDED"
    assert run(bench, definition, {"Note": "n"}).status == "SUCCEEDED"
    assert seen == [{"item": 1}, {"note": "n"}]


def test_failures_are_tolerated_caught_and_written(bench: Workbench, bucket: str) -> None:
    def odd(event: Any) -> Any:
        if event["n"] % 2:
            raise HandlerError("Odd", "cannot halve")
        return event["n"] // 2

    work = call(bench, odd, "Halve", payload={"n": MapItem("n")})
    put(bench, bucket, "rows.jsonl", b'{"n": 1}\n{"n": 2}\n{"n": 4}\n')
    told: list[Any] = []
    tell = call(bench, told.append, "Tell", payload={"error": CAUGHT_ERROR})

    def each(percentage: int) -> DistributedMapStep:
        return DistributedMapStep(
            name="Each",
            items=JsonLinesItems(bucket=bucket, key="rows.jsonl"),
            steps=[work],
            result=work.output("Payload"),
            tolerated_failure_percentage=percentage,
            results=ResultWriter(bucket=bucket, prefix="results", transformation="COMPACT"),
            catch=[Catch(errors=["States.ExceedToleratedFailureThreshold"], next_step=tell)],
        )

    tolerant = each(50)
    key = tolerant.output("ResultWriterDetails.Key")
    manifests: list[Any] = []
    result = run(bench, workflow(tolerant, call(bench, manifests.append, "Where", payload={"key": key})))
    assert result.status == "SUCCEEDED"
    read = bench.client("s3").get_object
    manifest = json.loads(read(Bucket=bucket, Key=manifests[0]["key"])["Body"].read())
    (succeeded,) = manifest["ResultFiles"]["SUCCEEDED"]
    assert json.loads(read(Bucket=bucket, Key=succeeded["Key"])["Body"].read()) == [1, 2]
    assert len(manifest["ResultFiles"]["FAILED"]) == 1

    assert run(bench, workflow(each(10))).status == "SUCCEEDED"
    assert told == [{"error": "States.ExceedToleratedFailureThreshold"}]


def test_the_derived_statements_are_what_it_takes(bench: Workbench, bucket: str) -> None:
    put(bench, bucket, "in/one", b"1")
    work = call(bench, lambda event: event, "Work", payload={"key": MapItem("Key")})
    maps = DistributedMapStep(
        name="Each",
        items=S3Objects(bucket=bucket, prefix="in/"),
        steps=[work],
        results=ResultWriter(bucket=bucket, prefix="out"),
        execution_type="EXPRESS",
    )
    definition = workflow(maps)
    name = f"m-{uuid.uuid4().hex[:8]}"
    own = map_statements(definition, state_machine_name=name, **PLACE)
    calls = engine_statements(definition, **PLACE)

    def ended(statements: Any) -> tuple[str, str | None]:
        role = bench.make_role(f"r-{uuid.uuid4().hex[:8]}", *(found.to_dict() for found in statements))
        machine = bench.machine(render_states(definition), roleArn=role, name=f"{name}")
        result = bench.ended(bench.start(machine))
        bench.client().delete_state_machine(stateMachineArn=machine)
        return result.status, result.error

    assert ended([*calls, *own]) == ("SUCCEEDED", None)
    for number, missing in enumerate(calls):
        if missing.actions[0] != "lambda:InvokeFunction":
            status, error = ended([*calls[:number], *calls[number + 1 :], *own])
            assert (status, error in {"States.ItemReaderFailed", "States.ResultWriterFailed"}) == ("FAILED", True)
    status, _ = ended(calls)
    assert status == "FAILED"
