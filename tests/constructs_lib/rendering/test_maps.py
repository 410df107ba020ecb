"""Distributed Maps as states: compared with a golden file, which was read by hand when it was made."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.definitions import (
    EXECUTION_ARN,
    MAP_BATCH,
    MAP_INDEX,
    CsvItems,
    DistributedMapStep,
    ExecutionInput,
    FailStep,
    InventoryItems,
    ItemBatch,
    ItemReader,
    Join,
    JsonItems,
    JsonLinesItems,
    MapItem,
    ResultWriter,
    Retry,
    S3Objects,
    UniqueName,
    WorkflowDefinition,
)
from constructs_lib.rendering import render_states
from constructs_lib.rendering.diagrams import render_svg
from tests.constructs_lib.samples import function, training, workflow

GOLDEN = Path(__file__).parent / "golden" / "distributed-maps.json"


def distributed_maps() -> WorkflowDefinition:
    """Maps with each of their properties, and a chain of values from outside into the innermost one."""
    prepare = function("Prepare")
    team, bucket = ExecutionInput("Team"), ExecutionInput("Bucket")
    row = function(
        "Row",
        payload={"row": MapItem(), "x": prepare.output("Payload.x"), "team": team, "shared": UniqueName("shared")},
    )
    train = training(
        "Train", hyperparameters={"file": MapItem("Key"), "number": Join("", ["n", MAP_INDEX]), "in": EXECUTION_ARN}
    )
    rows = DistributedMapStep(
        name="Rows",
        items=CsvItems(bucket=bucket, key=MapItem("Key"), headers=["a", "b"], delimiter="TAB", max_items=9),
        steps=[row],
        result=row.output("Payload.score"),
        execution_type="EXPRESS",
        label="rows_of_file",
        retry=[Retry(errors=["States.ItemReaderFailed"])],
    )
    files = DistributedMapStep(
        name="Files",
        items=S3Objects(bucket=bucket, prefix="in/"),
        steps=[train, rows, function("Told", payload={"all": rows.output("Results"), "size": MapItem("Size")})],
        max_concurrency=10,
        tolerated_failure_count=2,
        tolerated_failure_percentage=5,
        results=ResultWriter(bucket=bucket, prefix="out", transformation="FLATTEN", output_type="JSONL"),
    )
    batches = DistributedMapStep(
        name="Batches",
        items=JsonItems(bucket="b", key=files.output("ResultWriterDetails.Key"), pointer="/ResultFiles/SUCCEEDED"),
        steps=[function("Batch", payload={"files": MAP_BATCH, "first": MAP_INDEX, "team": team})],
        batch=ItemBatch(max_items=10, max_bytes=1000),
    )
    return workflow(prepare, files, batches)


def test_maps_are_rendered_as_golden() -> None:
    assert json.loads(json.dumps(render_states(distributed_maps()))) == json.loads(GOLDEN.read_text())


@pytest.mark.parametrize(
    ("reader", "action", "config"),
    [
        (S3Objects(bucket="b"), "listObjectsV2", None),
        (CsvItems(bucket="b", key="k"), "getObject", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}),
        (JsonItems(bucket="b", key="k", max_items=3), "getObject", {"InputType": "JSON", "MaxItems": 3}),
        (JsonLinesItems(bucket="b", key="k"), "getObject", {"InputType": "JSONL"}),
        (InventoryItems(bucket="b", key="k", data_prefix="d/"), "getObject", {"InputType": "MANIFEST"}),
    ],
)
def test_a_reader_says_no_more_than_it_must(reader: ItemReader, action: str, config: dict[str, Any] | None) -> None:
    states = render_states(workflow(DistributedMapStep(name="M", items=reader, steps=[function("Work")])))["States"]
    rendered = states["M"]["ItemReader"]
    assert rendered["Resource"] == f"arn:aws:states:::s3:{action}"
    assert rendered.get("ReaderConfig") == config
    assert "ItemSelector" not in states["M"]
    assert "ResultWriter" not in states["M"]


def test_an_iteration_that_surely_fails_has_no_result() -> None:
    maps = DistributedMapStep(name="M", items=[1], steps=[FailStep(name="No")])
    assert list(render_states(workflow(maps))["States"]["M"]["ItemProcessor"]["States"]) == ["No"]


def test_pictures_show_what_runs_for_each_item() -> None:
    drawn = render_svg(distributed_maps())
    assert all(f">{name}<" in drawn for name in ("Files", "Rows", "Row", "Batch"))
    notes = (
        "distributed over S3 objects",
        "distributed over rows in S3",
        "distributed over a list in S3",
        "in batches",
    )
    assert all(note in drawn for note in notes)
