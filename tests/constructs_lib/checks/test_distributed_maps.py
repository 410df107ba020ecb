from typing import Any

import pytest

from constructs_lib.definitions import (
    MAP_BATCH,
    MAP_INDEX,
    Catch,
    CsvItems,
    DistributedMapStep,
    ExecutionInput,
    ItemBatch,
    JsonItems,
    MapItem,
    MapStep,
    ResultWriter,
    S3Objects,
)
from tests.constructs_lib.samples import TOKEN, function, problems, training


def distributed(name: str = "M", **changed: Any) -> DistributedMapStep:
    return DistributedMapStep(**{"name": name, "items": [1], "steps": [function("F")], **changed})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"max_concurrency": 10_001}, "max_concurrency: got 10001, expected 0 to 10000"),
        ({"tolerated_failure_count": -1}, "tolerated_failure_count: got -1, expected 0 to 99999999"),
        ({"tolerated_failure_percentage": 101}, "tolerated_failure_percentage: got 101, expected 0 to 100"),
        ({"batch": ItemBatch(max_items=0)}, "batch.max_items: got 0, expected 1 to 100000000"),
        ({"batch": ItemBatch(max_bytes=300_000)}, "batch.max_bytes: got 300000, expected 1 to 262144"),
        ({"batch": ItemBatch()}, "batch: expected max_items, max_bytes or both"),
        ({"items": S3Objects(bucket="b", max_items=0)}, "items.max_items: got 0, expected 1 to 100000000"),
    ],
)
def test_distributed_maps_are_within_limits(changed: dict[str, Any], message: str) -> None:
    assert problems(distributed(**changed)) == [f"M: {message}"]


def test_distributed_maps_are_within_limits_passing() -> None:
    step = distributed(
        items=S3Objects(bucket=TOKEN, prefix=ExecutionInput("Prefix"), max_items=10),
        batch=ItemBatch(max_items=1, max_bytes=262_144),
        max_concurrency=10_000,
        tolerated_failure_count=0,
        tolerated_failure_percentage=100,
        results=ResultWriter(bucket=TOKEN),
    )
    assert problems(step) == []


def test_files_of_items_can_be_read() -> None:
    repeated = distributed("A", items=CsvItems(bucket="b", key="k", headers=["x", "y", "x"]), steps=[function("F")])
    pointer = distributed("B", items=JsonItems(bucket="b", key="k", pointer="data"), steps=[function("G")])
    assert problems(repeated, pointer) == [
        "A: items.headers: got 'x' 2 times, expected names that differ",
        "B: items.pointer: got 'data', expected a pointer such as '/data/rows'",
    ]


def test_files_of_items_can_be_read_passing() -> None:
    given = distributed("A", items=CsvItems(bucket="b", key="k", headers=["x", "y"]), steps=[function("F")])
    whole = distributed("B", items=JsonItems(bucket="b", key="k"), steps=[function("G")])
    inner = distributed("C", items=JsonItems(bucket="b", key="k", pointer="/data/rows"), steps=[function("H")])
    assert problems(given, whole, inner) == []


def test_distributed_maps_have_labels_of_their_own() -> None:
    same = "label: got 'each-file', which is the label of another Map, too; give each its own"
    assert problems(
        distributed("Each file", steps=[function("F")]),
        distributed("each/file", steps=[function("G")]),
        distributed("C", steps=[function("H")], label="each file"),
        distributed("D", steps=[function("I")], label=TOKEN),
    ) == [
        f"Each file: {same}",
        f"each/file: {same}",
        "C: label: got 'each file', expected 1 to 40 letters, digits, '-' or '_'",
        f"D: label: got the text token '{TOKEN}', expected 1 to 40 letters, digits, '-' or '_'",
    ]


def test_distributed_maps_have_labels_of_their_own_passing() -> None:
    assert problems(distributed("Each file"), distributed("each/file", steps=[function("G")], label="Each_2")) == []


def test_batches_are_read_as_such() -> None:
    rescue = function("Rescue", payload={"item": MapItem()})
    work = function("F", payload={"item": MapItem("Key")}, catch=[Catch(next_step=rescue)])
    plain = distributed("B", steps=[function("G", payload={"all": MAP_BATCH})])
    inline = MapStep(name="C", items=[1], steps=[function("H", payload={"all": MAP_BATCH})])
    assert problems(distributed("A", steps=[work], batch=ItemBatch(max_items=2)), plain, inline) == [
        "F: reads MapItem(path='Key'), expected MAP_BATCH: 'A' has batches",
        "G: reads MAP_BATCH, expected only in the steps of a DistributedMapStep with batches",
        "H: reads MAP_BATCH, expected only in the steps of a DistributedMapStep with batches",
        "Rescue: reads MapItem(path=''), expected MAP_BATCH: 'A' has batches",
    ]
    assert problems(distributed(result=MapItem("Key"), batch=ItemBatch(max_items=2))) == [
        "M: reads MapItem(path='Key'), expected MAP_BATCH: 'M' has batches"
    ]
    assert problems(function("F", payload={"all": MAP_BATCH})) == [
        "F: reads MAP_BATCH, expected only in the steps of a DistributedMapStep with batches"
    ]


def test_batches_are_read_as_such_passing() -> None:
    rescue = function("Rescue", payload={"all": MAP_BATCH, "first": MAP_INDEX})
    singles = MapStep(name="I", items=MAP_BATCH, steps=[function("G", payload={"item": MapItem("Key")})])
    work = function("F", payload={"all": MAP_BATCH}, catch=[Catch(next_step=rescue)])
    assert problems(distributed(steps=[work, singles], batch=ItemBatch(max_items=2), result=MAP_BATCH)) == []


def test_express_executions_wait_for_nothing() -> None:
    train, inner = training("T"), distributed("I", steps=[function("F")])
    assert problems(distributed(steps=[train, inner], execution_type="EXPRESS")) == [
        "T: waits for what it starts, expected the execution type STANDARD of 'M'",
        "I: is a distributed Map, expected the execution type STANDARD of 'M'",
    ]


def test_express_executions_wait_for_nothing_passing() -> None:
    train = training("T", wait=False)
    assert problems(distributed(steps=[function("F"), train], execution_type="EXPRESS")) == []
    assert problems(distributed(steps=[training("T")])) == []
