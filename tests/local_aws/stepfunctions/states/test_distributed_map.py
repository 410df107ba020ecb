"""Map states of mode DISTRIBUTED: items of S3, batches, executions of their own, tolerance, results in S3."""

import gzip
import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.stepfunctions.workbench import ACCOUNT, REGION, Result, Workbench, allow, until

BUCKET = "distributed"
GET, LIST, PUT = (f"arn:aws:states:::s3:{action}" for action in ("getObject", "listObjectsV2", "putObject"))
IDENTITY = {"I": {"Type": "Pass", "End": True}}


@pytest.fixture(scope="module", autouse=True)
def bucket(shared_bench: Workbench) -> None:
    shared_bench.client("s3").create_bucket(Bucket=BUCKET)


def put(bench: Workbench, key: str, content: str) -> None:
    bench.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content.encode())


def read(bench: Workbench, key: str) -> Any:
    return json.loads(bench.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


def distributed(states: dict[str, Any] = IDENTITY, *, kind: str = "STANDARD", **members: Any) -> dict[str, Any]:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": next(iter(states)),
        "States": states,
    }
    return {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True, **members}}}


def from_s3(key: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"Resource": GET, "ReaderConfig": config, "Parameters": {"Bucket": BUCKET, "Key": key}}


def run_of(bench: Workbench, result: Result) -> dict[str, Any]:
    """The description of an execution's one Map Run."""
    client = bench.client()
    (run,) = client.list_map_runs(executionArn=result.arn)["mapRuns"]
    return dict(client.describe_map_run(mapRunArn=run["mapRunArn"]))


def test_each_item_has_an_execution_of_its_own(bench: Workbench) -> None:
    states = {
        "I": {
            "Type": "Pass",
            "Parameters": {
                "v.$": "States.MathAdd($.n, 1)",
                "given.$": "$$.Execution.Input.n",
                "me.$": "$$.Execution.Id",
            },
            "End": True,
        }
    }
    selector = {"n.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"}
    definition = distributed(states, ItemsPath="$.items", ItemSelector=selector, Label="Mine", MaxConcurrency=2)
    result = bench.run(definition, {"items": [1, 2, 3]})
    assert [each["v"] for each in result.output] == [2, 3, 4]
    assert result.types == [
        "ExecutionStarted",
        "MapStateEntered",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]
    assert result.details("MapStateStarted") == {"length": 3}
    run = run_of(bench, result)
    machine = result.arn.split(":")[6]
    assert run["mapRunArn"].startswith(f"arn:aws:states:{REGION}:{ACCOUNT}:mapRun:{machine}/Mine:")
    assert result.details("MapRunStarted") == {"mapRunArn": run["mapRunArn"]}
    assert (run["status"], run["maxConcurrency"], run["executionArn"]) == ("SUCCEEDED", 2, result.arn)
    assert run["itemCounts"]["succeeded"] == run["executionCounts"]["total"] == 3
    listed = bench.client().list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert sorted(each["executionArn"] for each in listed) == sorted(each["me"] for each in result.output)
    child = bench.client().describe_execution(executionArn=listed[0]["executionArn"])
    assert child["mapRunArn"] == run["mapRunArn"]
    assert child["stateMachineArn"].endswith(f":stateMachine:{machine}/Mine")
    assert json.loads(child["input"]) == {"n": 3, "i": 2}
    history = [event["type"] for event in bench.history(listed[0]["executionArn"])]
    assert history == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    # they tell nothing to the rest of the account
    assert not [event for event in bench.events if event["resources"][0] == listed[0]["executionArn"]]


@pytest.mark.parametrize(
    ("content", "config", "items"),
    [
        (
            "a,b\n1,2\n\n3,4\n",
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}],
        ),
        (
            "1|2\n",
            {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x", "y"], "CSVDelimiter": "PIPE"},
            [{"x": "1", "y": "2"}],
        ),
        ('[1, {"a": 2}, 3]', {"InputType": "JSON", "MaxItems": 2}, [1, {"a": 2}]),
        ('{"data": {"rows": ["r"]}}', {"InputType": "JSON", "ItemsPointer": "/data/rows"}, ["r"]),
        ('{"a": 1}\n\n{"a": 2}\n', {"InputType": "JSONL"}, [{"a": 1}, {"a": 2}]),
    ],
)
def test_items_of_an_object(bench: Workbench, content: str, config: dict[str, Any], items: list[Any]) -> None:
    put(bench, "items", content)
    assert bench.run(distributed(ItemReader=from_s3("items", config))).output == items


def test_items_are_the_rows_of_an_inventory(bench: Workbench) -> None:
    for name, rows in (("1", b'"raw","a b.csv"\n'), ("2", b'"raw","c.csv"\n"raw","d.csv"\n')):
        key = f"inventory/data/{name}.csv.gz"
        bench.client("s3").put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(rows))
    files = [{"key": f"inventory/data/{name}.csv.gz", "size": 1} for name in ("1", "2")]
    manifest = {
        "sourceBucket": "raw",
        "destinationBucket": f"arn:aws:s3:::{BUCKET}",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key",
        "files": files,
    }
    put(bench, "manifest.json", json.dumps(manifest))
    reader = from_s3("manifest.json", {"InputType": "MANIFEST", "MaxItems": 2})
    assert bench.run(distributed(ItemReader=reader)).output == [
        {"Bucket": "raw", "Key": "a b.csv"},
        {"Bucket": "raw", "Key": "c.csv"},
    ]


def test_items_are_the_objects_below_a_prefix(bench: Workbench) -> None:
    for name in ("one", "two"):
        put(bench, f"listed/{name}", name)
    reader = {"Resource": LIST, "Parameters": {"Bucket": BUCKET, "Prefix.$": "$.prefix"}}
    output = bench.run(distributed(ItemReader=reader), {"prefix": "listed/"}).output
    assert [(item["Key"], item["Size"]) for item in output] == [("listed/one", 3), ("listed/two", 3)]
    assert sorted(output[0]) == ["Etag", "Key", "LastModified", "Size", "StorageClass"]


def test_batches_hold_as_much_as_they_may(bench: Workbench) -> None:
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"run.$": "$.run"}}
    result = bench.run(distributed(ItemsPath="$.items", ItemBatcher=batcher), {"items": [1, 2, 3], "run": "r"})
    assert result.output == [
        {"BatchInput": {"run": "r"}, "Items": [1, 2]},
        {"BatchInput": {"run": "r"}, "Items": [3]},
    ]
    counts = run_of(bench, result)
    assert (counts["itemCounts"]["total"], counts["executionCounts"]["total"]) == (3, 2)
    by_bytes = distributed(ItemsPath="$.items", ItemBatcher={"MaxInputBytesPerBatch": 20})
    assert bench.run(by_bytes, {"items": ["x" * 10, "y" * 4, "z" * 30]}).output == [
        {"Items": ["x" * 10, "y" * 4]},
        {"Items": ["z" * 30]},
    ]


def test_jsonata_all_through(bench: Workbench) -> None:
    put(bench, "jsonata", "[1, 2, 3]")
    definition = distributed(
        {"I": {"Type": "Pass", "Output": "{% $states.input.Items[0] * 10 %}", "End": True}},
        ItemReader={
            "Resource": GET,
            "ReaderConfig": {"InputType": "JSON"},
            "Arguments": {"Bucket": BUCKET, "Key": "{% $states.input.key %}"},
        },
        ItemBatcher={"MaxItemsPerBatch": 1},
        Output="{% $sum($states.result) %}",
    )
    assert bench.run({**definition, "QueryLanguage": "JSONata"}, {"key": "jsonata"}).output == 60


def test_a_map_inside_of_a_map(bench: Workbench) -> None:
    role = bench.make_role(
        "nested-maps", allow("states:StartExecution", resource="arn:aws:states:*:*:stateMachine:m-nested")
    )
    states = {"I": {"Type": "Pass", "OutputPath": "$$.Execution.Id", "End": True}}
    inner = distributed(states, ItemsPath="$", Label="Inner")["States"]["M"]
    definition = distributed({"M2": inner}, Label="Outer")
    result = bench.run(definition, [[1, 2], [3]], roleArn=role, name="m-nested")
    assert [len(arns) for arns in result.output] == [2, 1], result.cause
    assert result.output[1][0].startswith(f"arn:aws:states:{REGION}:{ACCOUNT}:execution:m-nested/Inner:")


def test_results_go_to_s3_with_a_manifest(bench: Workbench) -> None:
    states = {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "I"},
        "F": {"Type": "Fail", "Error": "Two", "Cause": "not this one"},
        **IDENTITY,
    }
    writer = {"Resource": PUT, "Parameters": {"Bucket": BUCKET, "Prefix": "results"}}
    definition = distributed(states, ResultWriter=writer, ToleratedFailureCount=1)
    result = bench.run(definition, [1, 2, 3])
    run = run_of(bench, result)
    folder = f"results/{run['mapRunArn'].split(':')[-1]}"
    assert result.output == {
        "MapRunArn": run["mapRunArn"],
        "ResultWriterDetails": {"Bucket": BUCKET, "Key": f"{folder}/manifest.json"},
    }
    manifest = read(bench, f"{folder}/manifest.json")
    assert manifest["DestinationBucket"] == BUCKET
    (good,), (bad,) = manifest["ResultFiles"]["SUCCEEDED"], manifest["ResultFiles"]["FAILED"]
    assert [json.loads(each["Output"]) for each in read(bench, good["Key"])] == [1, 3]
    (failed,) = read(bench, bad["Key"])
    assert (failed["Status"], failed["Error"], failed["Cause"], failed["Input"]) == (
        "FAILED",
        "Two",
        "not this one",
        "2",
    )
    assert run["itemCounts"]["resultsWritten"] == 3
    assert run["itemCounts"]["failed"] == 1


@pytest.mark.parametrize(
    ("config", "name", "expected"),
    [
        ({"Transformation": "COMPACT", "OutputType": "JSON"}, "SUCCEEDED_0.json", "[[1,2],[3]]"),
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, "SUCCEEDED_0.jsonl", "1\n2\n3"),
    ],
)
def test_results_may_be_outputs_alone(bench: Workbench, config: dict[str, Any], name: str, expected: str) -> None:
    writer = {"Resource": PUT, "WriterConfig": config, "Parameters": {"Bucket": BUCKET, "Prefix": "compact"}}
    result = bench.run(distributed(ResultWriter=writer), [[1, 2], [3]])
    key = result.output["ResultWriterDetails"]["Key"].replace("manifest.json", name)
    assert bench.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() == expected


def test_a_writer_without_a_place_forms_the_result(bench: Workbench) -> None:
    definition = distributed(ResultWriter={"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}})
    assert bench.run(definition, [[1, 2], [3]]).output == [1, 2, 3]


def test_executions_may_be_express(bench: Workbench) -> None:
    result = bench.run(distributed(kind="EXPRESS"), [1, 2])
    assert result.output == [1, 2]
    run = run_of(bench, result)
    assert run["executionCounts"]["succeeded"] == 2
    assert bench.client().list_executions(mapRunArn=run["mapRunArn"])["executions"] == []


FAILS_AT_TWO = {
    "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "I"},
    "F": {"Type": "Fail", "Error": "Two"},
    **IDENTITY,
}


def test_a_failure_beyond_what_is_tolerated_fails_the_state_and_ends_the_others(bench: Workbench) -> None:
    states = {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "W"},
        "F": {"Type": "Fail", "Error": "Two"},
        "W": {"Type": "Wait", "Seconds": 1000, "End": True},
    }
    result = bench.run(distributed(states), [1, 2, 3])
    assert (result.status, result.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert result.cause == "The specified tolerated failure threshold was exceeded"
    assert result.types[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    run = run_of(bench, result)
    assert run["status"] == "FAILED"
    assert (run["itemCounts"]["failed"], run["itemCounts"]["aborted"]) == (1, 2)


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({"ToleratedFailureCount": 1}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 34}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 33}, "FAILED"),
        ({"ToleratedFailureCount": 0, "ToleratedFailurePercentage": 50}, "FAILED"),
    ],
)
def test_tolerance_is_a_count_or_a_share_of_items(bench: Workbench, tolerance: dict[str, Any], status: str) -> None:
    result = bench.run(distributed(FAILS_AT_TWO, **tolerance), [1, 2, 3])
    assert result.status == status
    assert result.output in (None, [1, 3])


def test_limits_and_tolerance_may_come_from_the_input(bench: Workbench) -> None:
    definition = distributed(
        FAILS_AT_TWO,
        ItemsPath="$.items",
        MaxConcurrencyPath="$.at_once",
        ToleratedFailureCountPath="$.tolerated",
    )
    result = bench.run(definition, {"items": [1, 2, 3], "at_once": 3, "tolerated": 1})
    assert result.output == [1, 3]
    run = run_of(bench, result)
    assert (run["maxConcurrency"], run["toleratedFailureCount"]) == (3, 1)
    batched = distributed(ItemsPath="$.items", ItemBatcher={"MaxItemsPerBatchPath": "$.size"})
    assert bench.run(batched, {"items": [1, 2, 3], "size": 3}).output == [{"Items": [1, 2, 3]}]


def test_a_failure_can_be_caught(bench: Workbench) -> None:
    definition = distributed(
        FAILS_AT_TWO,
        Catch=[{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "After"}],
    )
    definition["States"]["After"] = {"Type": "Pass", "Result": "caught", "End": True}
    assert bench.run(definition, [2]).output == "caught"


@pytest.mark.parametrize(
    ("reader", "cause"),
    [
        (from_s3("absent", {"InputType": "JSON"}), "could not read from S3: .*NoSuchKey"),
        (from_s3("broken", {"InputType": "JSON"}), "The object is not valid JSON: "),
        (from_s3("object", {"InputType": "JSON"}), "The object is not valid JSON: expected an array of items"),
        (from_s3("object", {"InputType": "JSON", "ItemsPointer": "/no/where"}), "there is nothing at /no/where"),
        (from_s3("object", {"InputType": "MANIFEST"}), "not valid MANIFEST: expected the manifest.json of an S3 Inv"),
        (from_s3("orc.json", {"InputType": "MANIFEST"}), "got an inventory in ORC, expected one in CSV"),
        (
            {"Resource": LIST, "Parameters": {"Bucket": "no-such-bucket-anywhere"}},
            "could not read from S3: .*NoSuchBucket",
        ),
        ({"Resource": LIST, "Parameters": {"Bucket": BUCKET, "Colour": "red"}}, "ItemReader are not right: .*Colour"),
    ],
)
def test_items_that_cannot_be_read(bench: Workbench, reader: dict[str, Any], cause: str) -> None:
    put(bench, "broken", "[1,")
    put(bench, "object", '{"a": 1}')
    put(bench, "orc.json", '{"destinationBucket": "b", "fileFormat": "ORC", "fileSchema": "s", "files": []}')
    result = bench.run(distributed(ItemReader=reader))
    assert result.error == "States.ItemReaderFailed"
    with pytest.raises(AssertionError, match=cause):
        raise AssertionError(result.cause)


def test_results_that_cannot_be_written(bench: Workbench) -> None:
    writer = {"Resource": PUT, "Parameters": {"Bucket": "no-such-bucket-anywhere"}}
    result = bench.run(distributed(ResultWriter=writer), [1])
    assert result.error == "States.ResultWriterFailed"
    assert "NoSuchBucket" in str(result.cause)


def test_items_must_be_a_list(bench: Workbench) -> None:
    result = bench.run(distributed(ItemsPath="$.items"), {"items": {"a": 1}})
    assert result.error == "States.Runtime"
    assert 'Reference path "$.items" must point to array, got object.' in str(result.cause)


def test_the_role_must_be_allowed_to_start_executions(bench: Workbench) -> None:
    role = bench.make_role("no-start", allow("s3:*"))
    result = bench.run(distributed(), [1], roleArn=role)
    assert result.error == "States.Permissions"
    assert "states:StartExecution" in str(result.cause)


def test_a_stop_ends_the_executions(bench: Workbench) -> None:
    states = {"W": {"Type": "Wait", "Seconds": 1000, "End": True}}
    execution = bench.start(bench.machine(distributed(states)), [1, 2])
    client = bench.client()
    (run,) = until(lambda: client.list_map_runs(executionArn=execution)["mapRuns"])
    arn = run["mapRunArn"]
    until(lambda: client.describe_map_run(mapRunArn=arn)["itemCounts"]["running"] == 2)
    client.stop_execution(executionArn=execution)
    assert bench.ended(execution).status == "ABORTED"
    described = until(
        lambda: [each for each in [client.describe_map_run(mapRunArn=arn)] if each["status"] == "ABORTED"]
    )
    assert described[0]["itemCounts"]["aborted"] == 2


def test_a_redrive_takes_up_what_has_not_succeeded(bench: Workbench) -> None:
    seen: list[int] = []
    broken = threading.Event()
    broken.set()

    def work(payload: int) -> int:
        seen.append(payload)
        if payload == 2 and broken.is_set():
            raise RuntimeError("not yet")
        return payload * 10

    function = bench.function(work)
    states = {"T": {"Type": "Task", "Resource": function, "End": True}}
    machine = bench.machine(distributed(states, MaxConcurrency=1, ToleratedFailureCount=0))
    execution = bench.start(machine, [1, 2, 3])
    assert bench.ended(execution).status == "FAILED"
    broken.clear()
    bench.client().redrive_execution(executionArn=execution)
    result = bench.ended(execution)
    assert (result.status, result.output) == ("SUCCEEDED", [10, 20, 30])
    assert seen == [1, 2, 2, 3]
    assert "MapRunRedriven" in result.types
    run = run_of(bench, result)
    assert (run["status"], run["redriveCount"]) == ("SUCCEEDED", 1)


def test_a_run_can_be_changed_while_it_runs(bench: Workbench) -> None:
    go_on = threading.Event()
    function = bench.function(lambda payload: go_on.wait(20) and payload)
    states = {"T": {"Type": "Task", "Resource": function, "End": True}}
    execution = bench.start(bench.machine(distributed(states, MaxConcurrency=1)), [1, 2, 3])
    client = bench.client()
    (run,) = until(lambda: client.list_map_runs(executionArn=execution)["mapRuns"])
    client.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=5, toleratedFailureCount=2)
    described = client.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (described["maxConcurrency"], described["toleratedFailureCount"]) == (5, 2)
    go_on.set()
    assert bench.ended(execution).output == [1, 2, 3]
    with pytest.raises(ClientError, match=r"Resource not found: '.*:mapRun:m/l:none'"):
        client.describe_map_run(mapRunArn=f"arn:aws:states:{REGION}:{ACCOUNT}:mapRun:m/l:none")


def test_a_thousand_items(bench: Workbench) -> None:
    result = bench.run(distributed(ItemsPath="$.items"), {"items": list(range(1000))})
    assert result.output == list(range(1000))


@pytest.mark.parametrize(
    ("members", "kind", "message"),
    [
        ({}, "NONE", r"one of: \[EXPRESS, STANDARD\] at /States/M/ItemProcessor/ProcessorConfig/ExecutionType"),
        ({"Label": "a b"}, "STANDARD", "A Label has at most 40 letters.* at /States/M/Label"),
        (
            {"ItemReader": {"Resource": "arn:aws:states:::s3:copyObject"}},
            "STANDARD",
            "one of: .*getObject, .*listObjectsV2. at /States/M/ItemReader/Resource",
        ),
        (
            {"ItemReader": from_s3("k", {"InputType": "XML"})},
            "STANDARD",
            r"\[CSV, JSON, JSONL, MANIFEST, PARQUET\] at /States/M/ItemReader/ReaderConfig/InputType",
        ),
        (
            {"ItemReader": from_s3("k", {"InputType": "CSV", "CSVHeaderLocation": "GIVEN"})},
            "STANDARD",
            "CSVHeaders are needed where CSVHeaderLocation is GIVEN",
        ),
        ({"ResultWriter": "there"}, "STANDARD", "Expected value of type Object at /States/M/ResultWriter"),
        ({"ResultWriter": {}}, "STANDARD", "one of: .*putObject. at /States/M/ResultWriter/Resource"),
        ({"ItemBatcher": {"BatchInput": {}}}, "STANDARD", "A batch needs MaxItemsPerBatch or MaxInputBytesPerBatch"),
        (
            {"ItemBatcher": {"MaxItemsPerBatchPath": "$[", "BatchInput": {"a.$": "nothing("}}},
            "STANDARD",
            "not a valid JSONPath.* at /States/M/ItemBatcher/MaxItemsPerBatchPath.*/States/M/ItemBatcher/BatchInput",
        ),
        ({"ToleratedFailureCountPath": "$["}, "STANDARD", "JSONPath.* at /States/M/ToleratedFailureCountPath"),
        ({"ToleratedFailurePercentage": 101}, "STANDARD", "Value must be between 0 and 100, got 101"),
    ],
)
def test_what_is_no_definition(bench: Workbench, members: dict[str, Any], kind: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        bench.machine(distributed(kind=kind, **members))


def test_an_express_state_machine_has_none(bench: Workbench) -> None:
    with pytest.raises(ClientError, match="mode DISTRIBUTED are not supported in EXPRESS state machines"):
        bench.machine(distributed(), type="EXPRESS")
