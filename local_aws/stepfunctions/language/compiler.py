"""Compiles the JSON of a definition that has passed its checks."""

import re
from collections.abc import Callable
from typing import Any

from local_aws.stepfunctions.language import definition as d
from local_aws.stepfunctions.language.choices import compile_condition
from local_aws.stepfunctions.language.data_flow import (
    compile_catcher_output,
    compile_flow,
    compile_value,
    error_member,
    literal_or_path,
    whole_path,
)
from local_aws.stepfunctions.language.documents import Environment
from local_aws.stepfunctions.language.errors import QUERY_EVALUATION_ERROR, StatesError, runtime_error
from local_aws.stepfunctions.language.jsonata_expressions import compile_jsonata
from local_aws.stepfunctions.language.resources import Resource, parse_resource
from local_aws.stepfunctions.language.templates import Value, constant

_LABEL_CHARACTERS = 40

JSONATA = "JSONata"
JSONPATH = "JSONPath"


def compile_machine(raw: dict[str, Any], language: str = JSONPATH) -> d.Machine:
    """A state machine, branch or item processor, ready to run.

    Args:
        raw: its JSON, which `validation` has found no fault with.
        language: the query language of what is around it.
    """
    language = raw.get("QueryLanguage", language)
    return d.Machine(
        start_at=raw["StartAt"],
        states={name: compile_state(name, state, language) for name, state in raw["States"].items()},
        timeout_seconds=raw.get("TimeoutSeconds"),
        raw=raw,
    )


def compile_state(name: str, raw: dict[str, Any], language: str) -> d.State:
    """One state, ready to run."""
    jsonata = raw.get("QueryLanguage", language) == JSONATA
    base: dict[str, Any] = {
        "name": name,
        "type": raw["Type"],
        "next": raw.get("Next"),
        "flow": compile_flow(raw, jsonata=jsonata),
        "retry": tuple(_retrier(entry) for entry in raw.get("Retry", ())),
        "catch": tuple(_catcher(entry, index, jsonata) for index, entry in enumerate(raw.get("Catch", ()))),
    }
    return _COMPILERS[raw["Type"]](base, raw, jsonata)


def _pass(base: dict[str, Any], raw: dict[str, Any], _jsonata: bool) -> d.State:
    return d.PassState(**base, result=constant(raw["Result"]) if "Result" in raw else None)


def _succeed(base: dict[str, Any], _raw: dict[str, Any], _jsonata: bool) -> d.State:
    return d.SucceedState(**base)


def _fail(base: dict[str, Any], raw: dict[str, Any], jsonata: bool) -> d.State:
    return d.FailState(
        **base,
        error=error_member(raw, "Error", jsonata=jsonata),
        cause=error_member(raw, "Cause", jsonata=jsonata),
    )


def _choice(base: dict[str, Any], raw: dict[str, Any], jsonata: bool) -> d.State:
    rules = []
    for index, rule in enumerate(raw["Choices"]):
        location = f"Choices[{index}]"
        if jsonata:
            condition = _jsonata_condition(rule["Condition"], f"{location}/Condition")
            output = compile_jsonata(rule["Output"], f"{location}/Output") if "Output" in rule else None
        else:
            condition, output = compile_condition(rule), None
        assign = compile_value(rule["Assign"], f"{location}/Assign", jsonata=jsonata) if "Assign" in rule else None
        rules.append(d.Rule(condition=condition, next=rule["Next"], output=output, assign=assign))
    return d.ChoiceState(**base, rules=tuple(rules), default=raw.get("Default"))


def _jsonata_condition(text: Any, location: str) -> Callable[[Environment], bool]:
    value = compile_jsonata(text, location)

    def decide(environment: Environment) -> bool:
        result = value(environment)
        if not isinstance(result, bool):
            raise StatesError(
                QUERY_EVALUATION_ERROR,
                f"The JSONata expression '{text}' specified for the field '{location}' returned an unexpected result "
                f"type. Expected 'boolean', but was '{type_name(result)}'.",
                location=location,
            )
        return result

    return decide


def _wait(base: dict[str, Any], raw: dict[str, Any], jsonata: bool) -> d.State:
    for field in ("SecondsPath", "TimestampPath"):
        if field in raw:
            path = raw[field]
            return d.WaitState(**base, until=d.WaitEnd(field=field, value=literal_or_path(raw, field), path=path))
    field = "Seconds" if "Seconds" in raw else "Timestamp"
    return d.WaitState(**base, until=d.WaitEnd(field=field, value=compile_value(raw[field], field, jsonata=jsonata)))


def _task(base: dict[str, Any], raw: dict[str, Any], jsonata: bool) -> d.State:
    credentials = raw.get("Credentials")
    return d.TaskState(
        **base,
        resource=_resource(raw["Resource"]),
        timeout=_seconds(raw, "TimeoutSeconds", jsonata=jsonata),
        heartbeat=_seconds(raw, "HeartbeatSeconds", jsonata=jsonata),
        credentials=None if credentials is None else compile_value(credentials, "Credentials", jsonata=jsonata),
    )


def _resource(arn: str) -> Resource:
    resource = parse_resource(arn)
    if resource is None:
        raise ValueError(f"'{arn}' is not a resource")
    return resource


def _parallel(base: dict[str, Any], raw: dict[str, Any], jsonata: bool) -> d.State:
    language = JSONATA if jsonata else JSONPATH
    return d.ParallelState(**base, branches=tuple(compile_machine(branch, language) for branch in raw["Branches"]))


def _map(base: dict[str, Any], raw: dict[str, Any], jsonata: bool) -> d.State:
    selector = raw.get("ItemSelector", raw.get("Parameters"))
    processor = raw["ItemProcessor"] if "ItemProcessor" in raw else raw["Iterator"]
    members: dict[str, Any] = {
        **base,
        "items": _items(raw, jsonata=jsonata),
        "selector": None if selector is None else compile_value(selector, "ItemSelector", jsonata=jsonata),
        "max_concurrency": _seconds(raw, "MaxConcurrency", jsonata=jsonata) or constant(0),
        "processor": compile_machine(processor, JSONATA if jsonata else JSONPATH),
    }
    config = processor.get("ProcessorConfig", {})
    if config.get("Mode") != "DISTRIBUTED":
        return d.MapState(**members)
    return d.DistributedMapState(
        **members,
        reader=_reader(raw["ItemReader"], jsonata=jsonata) if "ItemReader" in raw else None,
        batcher=_batcher(raw["ItemBatcher"], jsonata=jsonata) if "ItemBatcher" in raw else None,
        writer=_writer(raw["ResultWriter"], jsonata=jsonata) if "ResultWriter" in raw else None,
        label=raw.get("Label") or re.sub(r"[^A-Za-z0-9_-]", "", base["name"])[:_LABEL_CHARACTERS] or "Map",
        express=config.get("ExecutionType") == "EXPRESS",
        tolerated_count=_seconds(raw, "ToleratedFailureCount", jsonata=jsonata),
        tolerated_percentage=_seconds(raw, "ToleratedFailurePercentage", jsonata=jsonata),
    )


def _reader(raw: dict[str, Any], *, jsonata: bool) -> d.ItemReader:
    config = raw.get("ReaderConfig", {})
    return d.ItemReader(
        action=raw["Resource"].rpartition(":")[2],
        arguments=_call_arguments(raw, "ItemReader", jsonata=jsonata),
        config=config,
        max_items=_seconds(config, "MaxItems", jsonata=jsonata),
    )


def _batcher(raw: dict[str, Any], *, jsonata: bool) -> d.ItemBatcher:
    given = raw.get("BatchInput")
    return d.ItemBatcher(
        max_items=_seconds(raw, "MaxItemsPerBatch", jsonata=jsonata),
        max_bytes=_seconds(raw, "MaxInputBytesPerBatch", jsonata=jsonata),
        input=None if given is None else compile_value(given, "ItemBatcher/BatchInput", jsonata=jsonata),
    )


def _writer(raw: dict[str, Any], *, jsonata: bool) -> d.ResultWriter:
    config = raw.get("WriterConfig", {})
    return d.ResultWriter(
        arguments=_call_arguments(raw, "ResultWriter", jsonata=jsonata) if "Resource" in raw else None,
        transformation=config.get("Transformation", "NONE"),
        lines=config.get("OutputType") == "JSONL",
    )


def _call_arguments(raw: dict[str, Any], field: str, *, jsonata: bool) -> Value:
    member = "Arguments" if jsonata else "Parameters"
    return compile_value(raw.get(member, {}), f"{field}/{member}", jsonata=jsonata)


def _items(raw: dict[str, Any], *, jsonata: bool) -> Value:
    if jsonata:
        value = compile_jsonata(raw["Items"], "Items") if "Items" in raw else _state_input
        refusal = f"The value of the field 'Items' ({raw.get('Items', 'the state input')}) must be an array"
    else:
        path = raw.get("ItemsPath", "$")
        value = whole_path(path)
        refusal = f'Reference path "{path}" must point to array'

    def read(environment: Environment) -> list[Any]:
        items = value(environment)
        if isinstance(items, list):
            return items
        cause = f"{refusal}, got {type_name(items)}."
        raise StatesError(QUERY_EVALUATION_ERROR, cause, location="Items") if jsonata else runtime_error(cause)

    return read


def _state_input(environment: Environment) -> Any:
    return environment.input


def type_name(value: Any) -> str:
    """A JSON value's type in JSON's words."""
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")


def _seconds(raw: dict[str, Any], field: str, *, jsonata: bool) -> Value | None:
    """A number that a field gives, or the path in its ``...Path`` form."""
    if f"{field}Path" in raw:
        value, spelled = literal_or_path(raw, f"{field}Path"), f"{field}Path {raw[f'{field}Path']}"
    elif field in raw:
        value, spelled = compile_value(raw[field], field, jsonata=jsonata), field
    else:
        return None

    def read(environment: Environment) -> float:
        number = value(environment)
        if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 0 or number > 99_999_999:
            raise runtime_error(f"The {spelled} must be a number between 0 and 99999999, got {number!r}")
        return number

    return read


def _retrier(raw: dict[str, Any]) -> d.Retrier:
    return d.Retrier(
        errors=tuple(raw["ErrorEquals"]),
        interval_seconds=raw.get("IntervalSeconds", 1),
        max_attempts=raw.get("MaxAttempts", 3),
        backoff_rate=raw.get("BackoffRate", 2.0),
        max_delay_seconds=raw.get("MaxDelaySeconds"),
        full_jitter=raw.get("JitterStrategy", "NONE") == "FULL",
    )


def _catcher(raw: dict[str, Any], index: int, jsonata: bool) -> d.Catcher:
    location = f"Catch[{index}]"
    return d.Catcher(
        errors=tuple(raw["ErrorEquals"]),
        next=raw["Next"],
        output=compile_catcher_output(raw, location, jsonata=jsonata),
        assign=compile_value(raw["Assign"], f"{location}/Assign", jsonata=jsonata) if "Assign" in raw else None,
    )


_COMPILERS: dict[str, Callable[[dict[str, Any], dict[str, Any], bool], d.State]] = {
    "Pass": _pass,
    "Succeed": _succeed,
    "Fail": _fail,
    "Choice": _choice,
    "Wait": _wait,
    "Task": _task,
    "Parallel": _parallel,
    "Map": _map,
}
