"""The results of a distributed Map: as a state's result, or as objects of S3. What writes S3 blocks."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.stepfunctions.language.documents import to_json
from local_aws.stepfunctions.language.errors import StatesError
from local_aws.stepfunctions.running.executions import Execution

_STATUSES = ("SUCCEEDED", "FAILED", "PENDING")


def transformed(executions: Iterable[Execution], transformation: str) -> list[Any]:
    """Executions as a writer's configuration wants them.

    Args:
        executions: that have ended.
        transformation: ``NONE`` gives their descriptions, ``COMPACT`` their outputs, ``FLATTEN`` the members of
            outputs that are arrays.
    """
    if transformation == "NONE":
        return [_described(each) for each in executions]
    outputs = [each.root.input for each in executions if each.status == "SUCCEEDED"]
    if transformation == "COMPACT":
        return outputs
    return [item for output in outputs for item in (output if isinstance(output, list) else [output])]


def write_results(
    s3: Any, arguments: Any, map_run: str, executions: list[Execution], *, transformation: str, lines: bool
) -> dict[str, Any]:
    """Writes the results and their manifest; gives what ResultWriter gives in the state's result.

    Args:
        s3: a client with the execution role's rights.
        arguments: Bucket and Prefix.
        map_run: the run's ARN.
        executions: that have ended.
        transformation: see `transformed`; what failed is described in any case.
        lines: whether a result stands in each line.

    Raises:
        StatesError: ``States.ResultWriterFailed``.
    """
    try:
        bucket = arguments["Bucket"]
        folder = "/".join(
            part for part in (str(arguments.get("Prefix", "")).strip("/"), map_run.rsplit(":", maxsplit=1)[-1]) if part
        )
        files: dict[str, list[dict[str, Any]]] = {status: [] for status in _STATUSES}
        for status, chosen, form in (
            ("SUCCEEDED", [each for each in executions if each.status == "SUCCEEDED"], transformation),
            ("FAILED", [each for each in executions if each.status != "SUCCEEDED"], "NONE"),
        ):
            if chosen:
                results = transformed(chosen, form)
                body = ("\n".join(map(to_json, results)) if lines else to_json(results)).encode()
                key = f"{folder}/{status}_0.{'jsonl' if lines else 'json'}"
                s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
                files[status].append({"Key": key, "Size": len(body)})
        manifest = {"DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": files}
        s3.put_object(Bucket=bucket, Key=f"{folder}/manifest.json", Body=to_json(manifest).encode())
    except (ClientError, BotoCoreError, KeyError, TypeError, AttributeError) as error:
        raise StatesError("States.ResultWriterFailed", f"The ResultWriter could not write to S3: {error}") from None
    return {"MapRunArn": map_run, "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"}}


def _described(execution: Execution) -> dict[str, Any]:
    described: dict[str, Any] = {
        "ExecutionArn": execution.arn,
        "Input": execution.input_text,
        "InputDetails": {"Included": True},
        "Name": execution.name,
        "RedriveCount": execution.redrive_count,
        "StartDate": _time(execution.started),
        "StateMachineArn": execution.revision.arn,
        "Status": execution.status,
        "StopDate": _time(execution.stopped or execution.started),
    }
    if execution.status == "SUCCEEDED":
        return described | {"Output": execution.output_text, "OutputDetails": {"Included": True}}
    told = {"Error": execution.error, "Cause": execution.cause}
    return described | {name: value for name, value in told.items() if value is not None}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
