"""Checks of one state: which fields it may have, and what may stand in them."""

from collections.abc import Callable
from typing import Any

from local_aws.stepfunctions.language.choices import OPERATORS, OperandKind
from local_aws.stepfunctions.language.errors import ALL, RESERVED_NAMES, Diagnostic
from local_aws.stepfunctions.language.jsonata_expressions import (
    JsonataSyntaxError,
    compile_expression,
    expression_in,
    top_level_references,
)
from local_aws.stepfunctions.language.jsonpath import PathSyntaxError, compile_path, compile_reference
from local_aws.stepfunctions.language.templates import compile_selector
from local_aws.stepfunctions.language.timestamps import parse_timestamp
from local_aws.stepfunctions.validation.distributed_maps import check_distributed
from local_aws.stepfunctions.validation.resources import resource_faults

SCHEMA = "SCHEMA_VALIDATION_FAILED"

_EVERY = frozenset({"Type", "Comment", "QueryLanguage"})
_FLOW = frozenset({"Next", "End", "Assign"})
_PATHS = frozenset({"InputPath", "OutputPath"})
_RESULT = frozenset({"Parameters", "ResultSelector", "ResultPath"})
_ERRORS = frozenset({"Retry", "Catch"})
_TASK = frozenset({"Resource", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"})
_MAP = frozenset(
    {
        "ItemProcessor",
        "Iterator",
        "ItemSelector",
        "MaxConcurrency",
        "ItemReader",
        "ItemBatcher",
        "ResultWriter",
        "Label",
        "ToleratedFailurePercentage",
        "ToleratedFailureCount",
    }
)
_FIELDS_JSONPATH: dict[str, frozenset[str]] = {
    "Pass": _FLOW | _PATHS | {"Parameters", "Result", "ResultPath"},
    "Task": _FLOW | _PATHS | _RESULT | _ERRORS | _TASK | {"TimeoutSecondsPath", "HeartbeatSecondsPath"},
    "Choice": _PATHS | {"Choices", "Default", "Assign"},
    "Wait": _FLOW | _PATHS | {"Seconds", "Timestamp", "SecondsPath", "TimestampPath"},
    "Succeed": _PATHS,
    "Fail": frozenset({"Error", "Cause", "ErrorPath", "CausePath"}),
    "Parallel": _FLOW | _PATHS | _RESULT | _ERRORS | {"Branches"},
    "Map": _FLOW
    | _PATHS
    | _RESULT
    | _ERRORS
    | _MAP
    | {"ItemsPath", "MaxConcurrencyPath", "ToleratedFailurePercentagePath", "ToleratedFailureCountPath"},
}
_FIELDS_JSONATA: dict[str, frozenset[str]] = {
    "Pass": _FLOW | {"Output"},
    "Task": _FLOW | _ERRORS | _TASK | {"Arguments", "Output"},
    "Choice": frozenset({"Choices", "Default", "Assign", "Output"}),
    "Wait": _FLOW | {"Seconds", "Timestamp", "Output"},
    "Succeed": frozenset({"Output"}),
    "Fail": frozenset({"Error", "Cause"}),
    "Parallel": _FLOW | _ERRORS | {"Branches", "Arguments", "Output"},
    "Map": _FLOW | _ERRORS | _MAP | {"Items", "Output"},
}
_REQUIRED = {"Task": ["Resource"], "Choice": ["Choices"], "Parallel": ["Branches"]}
_WITHOUT_NEXT = frozenset({"Choice", "Succeed", "Fail"})
_JSONATA_FIELDS = (
    "Arguments",
    "Assign",
    "Cause",
    "Credentials",
    "Error",
    "HeartbeatSeconds",
    "ItemBatcher",
    "ItemSelector",
    "Items",
    "MaxConcurrency",
    "Output",
    "Seconds",
    "TimeoutSeconds",
    "Timestamp",
)
_REFERENCE = (
    "Value is not a Reference Path. Reference Paths cannot contain the following operators: '@', '..', ',', ':', "
    "'?()', '*'"
)


def is_jsonata(state: dict[str, Any], language: str) -> bool:
    """Whether a state's expressions are JSONata, given the language around it."""
    return bool(state.get("QueryLanguage", language) == "JSONata")


class Checks:
    """Collects the faults of a definition.

    Args:
        express: whether it is for an EXPRESS state machine.
    """

    def __init__(self, *, express: bool) -> None:
        self.express = express
        self.found: list[Diagnostic] = []

    def fault(self, message: str, location: str, *, code: str = SCHEMA) -> None:
        """Notes one fault."""
        self.found.append(Diagnostic(code=code, message=message, location=location))

    def whole_number(self, value: Any, least: float, most: float, location: str) -> None:
        """A number in a range."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fault("Expected value of type Integer", location)
        elif not least <= value <= most:
            self.fault(f"Value must be between {least} and {most}, got {value}", location)

    def state(self, state: dict[str, Any], at: str, language: str) -> None:
        """One state; what is inside its branches and processor is checked by the caller."""
        kind = state.get("Type")
        if kind is None:
            self.fault("These fields are required: [Type]", at)
            return
        if kind not in _FIELDS_JSONPATH:
            self.fault(f"The value for 'Type' must be one of: {sorted(_FIELDS_JSONPATH)}, got '{kind}'", f"{at}/Type")
            return
        jsonata = is_jsonata(state, language)
        fields = _FIELDS_JSONATA if jsonata else _FIELDS_JSONPATH
        for field in sorted(set(state) - fields[kind] - _EVERY):
            other = (_FIELDS_JSONPATH if jsonata else _FIELDS_JSONATA)[kind]
            hint = f" in a {'JSONata' if jsonata else 'JSONPath'} state" if field in other else ""
            self.fault(f"Field is not supported{hint}", f"{at}/{field}")
        missing = [field for field in _REQUIRED.get(kind, []) if field not in state]
        if missing:
            self.fault(f"These fields are required: [{', '.join(missing)}]", at)
        if kind not in _WITHOUT_NEXT:
            self._transition(state, at)
        if jsonata:
            for field in _JSONATA_FIELDS:
                if field in state:
                    self.expressions(state[field], f"{at}/{field}")
        else:
            self._json_paths(state, at)
        self._assign(state.get("Assign"), f"{at}/Assign", jsonata=jsonata)
        self._errors(state, at, jsonata=jsonata)
        if kind in _KINDS:
            _KINDS[kind](self, state, at, jsonata)

    def _transition(self, state: dict[str, Any], at: str) -> None:
        if ("Next" in state) == ("End" in state):
            self.fault("Exactly one of these fields is required: [Next, End]", at)
        if "End" in state and state["End"] is not True:
            self.fault("The value for 'End' must be true", f"{at}/End")
        if "Next" in state and not isinstance(state["Next"], str):
            self.fault("Expected value of type String", f"{at}/Next")

    def _json_paths(self, state: dict[str, Any], at: str) -> None:
        for field in ("InputPath", "OutputPath", "ItemsPath"):
            if state.get(field) is not None:
                self.path(state[field], f"{at}/{field}")
        for field in sorted(state):
            if field.endswith(
                ("SecondsPath", "FailureCountPath", "PercentagePath", "TimestampPath", "ConcurrencyPath")
            ):
                self.path(state[field], f"{at}/{field}")
        if state.get("ResultPath") is not None:
            self.reference(state["ResultPath"], f"{at}/ResultPath")
        for field in ("Parameters", "ResultSelector", "ItemSelector", "Credentials"):
            if field in state:
                self.template(state[field], f"{at}/{field}")

    def path(self, text: Any, location: str) -> None:
        """A JSONPath."""
        try:
            compile_path(self._string(text, location))
        except PathSyntaxError as error:
            self.fault(f"Value is not a valid JSONPath: {error}", location)

    def reference(self, text: Any, location: str) -> None:
        """A Reference Path."""
        try:
            compile_reference(self._string(text, location))
        except PathSyntaxError:
            self.fault(_REFERENCE, location)

    def _string(self, text: Any, location: str) -> str:
        if not isinstance(text, str):
            self.fault("Expected value of type String", location)
            return "$"
        return text

    def template(self, template: Any, location: str) -> None:
        """A payload template."""
        if isinstance(template, dict):
            for key, value in template.items():
                if not key.endswith(".$"):
                    self.template(value, location)
                    continue
                try:
                    compile_selector(value if isinstance(value, str) else "")
                except PathSyntaxError:
                    self.fault(
                        f"The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call",
                        location,
                    )
        elif isinstance(template, list):
            for item in template:
                self.template(item, location)

    def expressions(self, value: Any, location: str) -> None:
        """Every JSONata expression in a value."""
        if isinstance(value, dict):
            for name, item in value.items():
                self.expressions(item, f"{location}/{name}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.expressions(item, f"{location}[{index}]")
        elif (expression := expression_in(value)) is not None:
            try:
                compile_expression(expression)
                for reference in top_level_references(expression):
                    self.fault(
                        f"Reference to '{reference}' at the top level is not supported.",
                        location,
                        code="UNSUPPORTED_JSONATA_EXPRESSION",
                    )
            except JsonataSyntaxError as error:
                self.fault(str(error), location, code="INVALID_JSONATA_EXPRESSION")

    def _assign(self, assign: Any, location: str, *, jsonata: bool) -> None:
        if assign is None:
            return
        if not isinstance(assign, dict):
            self.fault("Expected value of type Object", location)
            return
        for key in assign:
            name = key if jsonata else key.removesuffix(".$")
            if not name.isidentifier() or len(name) > 80 or name == "states":
                self.fault(f"'{name}' is not a valid variable name", f"{location}/{key}")
        if not jsonata:
            self.template(assign, location)

    def _errors(self, state: dict[str, Any], at: str, *, jsonata: bool) -> None:
        for field in ("Retry", "Catch"):
            entries = state.get(field, [])
            if not isinstance(entries, list):
                self.fault("Expected value of type Array", f"{at}/{field}")
                continue
            for index, entry in enumerate(entries):
                location = f"{at}/{field}[{index}]"
                if not isinstance(entry, dict):
                    self.fault("Expected value of type Object", location)
                    continue
                self._error_names(entry.get("ErrorEquals"), location, last=index == len(entries) - 1)
                if field == "Retry":
                    self._retrier(entry, location)
                else:
                    self._catcher(entry, location, jsonata=jsonata)

    def _error_names(self, names: Any, location: str, *, last: bool) -> None:
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            self.fault("Expected a non-empty array of error names", f"{location}/ErrorEquals")
            return
        for name in names:
            if name.startswith("States.") and name not in RESERVED_NAMES:
                self.fault(f"'{name}' is not a predefined error name", f"{location}/ErrorEquals")
        if ALL in names and (len(names) > 1 or not last):
            self.fault(
                "'States.ALL' must appear alone, and in the last element of the array", f"{location}/ErrorEquals"
            )

    def _retrier(self, entry: dict[str, Any], location: str) -> None:
        known = {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}
        for field in sorted(set(entry) - known - {"Comment"}):
            self.fault("Field is not supported", f"{location}/{field}")
        ranges = {
            "IntervalSeconds": (1, 99_999_999),
            "MaxAttempts": (0, 99_999_999),
            "BackoffRate": (1, 99_999_999),
            "MaxDelaySeconds": (1, 31_622_400),
        }
        for field, (least, most) in ranges.items():
            if field in entry:
                self.whole_number(entry[field], least, most, f"{location}/{field}")
        if entry.get("JitterStrategy", "NONE") not in {"NONE", "FULL"}:
            self.fault("The value must be one of: [FULL, NONE]", f"{location}/JitterStrategy")

    def _catcher(self, entry: dict[str, Any], location: str, *, jsonata: bool) -> None:
        own = {"Output"} if jsonata else {"ResultPath"}
        for field in sorted(set(entry) - {"ErrorEquals", "Next", "Assign", "Comment"} - own):
            self.fault("Field is not supported", f"{location}/{field}")
        if not isinstance(entry.get("Next"), str):
            self.fault("These fields are required: [Next]", location)
        if entry.get("ResultPath") is not None and not jsonata:
            self.reference(entry["ResultPath"], f"{location}/ResultPath")
        if jsonata:
            for field in ("Output", "Assign"):
                self.expressions(entry.get(field), f"{location}/{field}")
        self._assign(entry.get("Assign"), f"{location}/Assign", jsonata=jsonata)

    def _task(self, state: dict[str, Any], at: str, jsonata: bool) -> None:
        for field in ("TimeoutSeconds", "HeartbeatSeconds"):
            if field in state and not (jsonata and isinstance(state[field], str)):
                self.whole_number(state[field], 1, 99_999_999, f"{at}/{field}")
            if field in state and f"{field}Path" in state:
                self.fault(f"Only one of these fields is allowed: [{field}, {field}Path]", at)
        timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
        if isinstance(timeout, (int, float)) and isinstance(heartbeat, (int, float)) and heartbeat >= timeout:
            self.fault("HeartbeatSeconds must be smaller than TimeoutSeconds", at)
        if "Resource" in state:
            arguments = state.get("Arguments" if jsonata else "Parameters")
            for message, field in resource_faults(state["Resource"], arguments, express=self.express):
                self.fault(message, f"{at}/{field or ('Arguments' if jsonata else 'Parameters')}")

    def _choice(self, state: dict[str, Any], at: str, jsonata: bool) -> None:
        rules = state.get("Choices", [])
        if not isinstance(rules, list) or not rules or not all(isinstance(rule, dict) for rule in rules):
            self.fault("Expected a non-empty array of Choice Rules", f"{at}/Choices")
            return
        for index, rule in enumerate(rules):
            location = f"{at}/Choices[{index}]"
            if not isinstance(rule.get("Next"), str):
                self.fault("These fields are required: [Next]", location)
            if jsonata:
                if "Condition" not in rule:
                    self.fault("These fields are required: [Condition]", location)
                for field in ("Condition", "Output", "Assign"):
                    self.expressions(rule.get(field), f"{location}/{field}")
                own = {"Condition", "Next", "Output", "Assign", "Comment"}
                for field in sorted(set(rule) - own):
                    self.fault("Field is not supported", f"{location}/{field}")
            else:
                parts = {key: value for key, value in rule.items() if key not in {"Next", "Assign", "Comment"}}
                self._condition(parts, location)
            self._assign(rule.get("Assign"), f"{location}/Assign", jsonata=jsonata)

    def _condition(self, rule: Any, location: str) -> None:
        if not isinstance(rule, dict):
            self.fault("Expected value of type Object", location)
            return
        rule = {key: value for key, value in rule.items() if key != "Comment"}
        for field in ("And", "Or"):
            if field in rule:
                parts = rule[field]
                if not isinstance(parts, list) or not parts:
                    self.fault("Expected a non-empty array of Choice Rules", f"{location}/{field}")
                    return
                for index, part in enumerate(parts):
                    self._condition(part, f"{location}/{field}[{index}]")
        if "Not" in rule:
            self._condition(rule["Not"], f"{location}/Not")
        operators = [field for field in rule if field in OPERATORS or field in {"And", "Or", "Not"}]
        if len(operators) != 1:
            self.fault(f"Expected exactly one comparison operator, got {operators}", location)
            return
        for field in sorted(set(rule) - set(operators) - {"Variable"}):
            self.fault("Field is not supported", f"{location}/{field}")
        if operators[0] in {"And", "Or", "Not"}:
            return
        if "Variable" not in rule:
            self.fault("These fields are required: [Variable]", location)
        else:
            self.path(rule["Variable"], f"{location}/Variable")
        operator, operand = operators[0], rule[operators[0]]
        if not OperandKind(name=operator).accepts(operand):
            self.fault(f"Value {operand!r} is not of the kind that {operator} compares", f"{location}/{operator}")
        elif operator.endswith("Path"):
            self.path(operand, f"{location}/{operator}")

    def _wait(self, state: dict[str, Any], at: str, jsonata: bool) -> None:
        fields = ["Seconds", "Timestamp"] if jsonata else ["Seconds", "Timestamp", "SecondsPath", "TimestampPath"]
        given = [field for field in fields if field in state]
        if len(given) != 1:
            self.fault(f"Exactly one of these fields is required: [{', '.join(fields)}]", at)
            return
        value = state[given[0]]
        if expression_in(value) is not None and jsonata:
            return
        if given[0] == "Seconds":
            self.whole_number(value, 0, 99_999_999, f"{at}/Seconds")
        if given[0] == "Timestamp" and parse_timestamp(value) is None:
            self.fault(f"Value is not a valid timestamp: {value}", f"{at}/Timestamp")

    def _fail(self, state: dict[str, Any], at: str, jsonata: bool) -> None:
        for field in ("Error", "Cause"):
            if field in state and not isinstance(state[field], str):
                self.fault("Expected value of type String", f"{at}/{field}")
            if f"{field}Path" in state and not jsonata:
                if field in state:
                    self.fault(f"Only one of these fields is allowed: [{field}, {field}Path]", at)
                try:
                    compile_selector(self._string(state[f"{field}Path"], f"{at}/{field}Path"))
                except PathSyntaxError as error:
                    self.fault(f"Value is not a valid JSONPath or intrinsic function: {error}", f"{at}/{field}Path")

    def _parallel(self, state: dict[str, Any], at: str, _jsonata: bool) -> None:
        branches = state.get("Branches", [])
        if not isinstance(branches, list) or not branches or not all(isinstance(each, dict) for each in branches):
            self.fault("Expected a non-empty array of branches", f"{at}/Branches")

    def _map(self, state: dict[str, Any], at: str, jsonata: bool) -> None:
        given = [field for field in ("ItemProcessor", "Iterator") if field in state]
        if len(given) != 1 or not isinstance(state[given[0]], dict):
            self.fault("Exactly one of these fields is required: [ItemProcessor, Iterator]", at)
        if "ItemSelector" in state and "Parameters" in state:
            self.fault("Only one of these fields is allowed: [ItemSelector, Parameters]", at)
        if "MaxConcurrency" in state and not (jsonata and isinstance(state["MaxConcurrency"], str)):
            self.whole_number(state["MaxConcurrency"], 0, 99_999_999, f"{at}/MaxConcurrency")
        mode = state.get(given[0], {}).get("ProcessorConfig", {}).get("Mode", "INLINE") if given else "INLINE"
        if mode not in {"INLINE", "DISTRIBUTED"}:
            self.fault("The value must be one of: [DISTRIBUTED, INLINE]", f"{at}/ItemProcessor/ProcessorConfig/Mode")
        if mode == "INLINE":
            only = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")
            for field in (field for field in state if field in only or field.startswith("ToleratedFailure")):
                self.fault("Field is not supported for Map states of mode INLINE", f"{at}/{field}")
            return
        if self.express:
            self.fault("Map states of mode DISTRIBUTED are not supported in EXPRESS state machines", at)
        kind = state[given[0]]["ProcessorConfig"].get("ExecutionType")
        if kind not in {"STANDARD", "EXPRESS"}:
            location = f"{at}/{given[0]}/ProcessorConfig/ExecutionType"
            self.fault("The value must be one of: [EXPRESS, STANDARD]", location)
        check_distributed(self, state, at, jsonata=jsonata)


_KINDS: dict[str, Callable[[Checks, dict[str, Any], str, bool], None]] = {
    "Task": Checks._task,  # noqa: SLF001 - the table of this class's own checks
    "Choice": Checks._choice,  # noqa: SLF001
    "Wait": Checks._wait,  # noqa: SLF001
    "Fail": Checks._fail,  # noqa: SLF001
    "Parallel": Checks._parallel,  # noqa: SLF001
    "Map": Checks._map,  # noqa: SLF001
}
