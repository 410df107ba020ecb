"""InputPath, Parameters, ResultSelector, ResultPath, OutputPath; Arguments, Output; Assign: compiled.

https://states-language.net/#input-output-processing
"""

from typing import Any

from local_aws.stepfunctions.language.definition import Flow
from local_aws.stepfunctions.language.documents import Environment, to_json
from local_aws.stepfunctions.language.errors import RESULT_PATH_MATCH_FAILURE, StatesError, runtime_error
from local_aws.stepfunctions.language.intrinsics import Intrinsic
from local_aws.stepfunctions.language.jsonata_expressions import compile_jsonata
from local_aws.stepfunctions.language.jsonpath import MissingPathError, compile_path, compile_reference
from local_aws.stepfunctions.language.templates import Value, compile_selector, compile_template, constant

_WITH_RESULT = frozenset({"Task", "Parallel", "Map", "Pass"})


def compile_value(raw: Any, location: str, *, jsonata: bool) -> Value:
    """A value with expressions of the state's language in it."""
    return compile_jsonata(raw, location) if jsonata else compile_template(raw)


def compile_flow(raw: dict[str, Any], *, jsonata: bool) -> Flow:
    """The data flow of a state."""
    assign = compile_value(raw["Assign"], "Assign", jsonata=jsonata) if "Assign" in raw else None
    if jsonata:
        has_result = raw["Type"] in {"Task", "Parallel", "Map"}
        default = _current if has_result else _raw_input
        return Flow(
            effective=_raw_input,
            arguments=compile_jsonata(raw["Arguments"], "Arguments") if "Arguments" in raw else _raw_input,
            output=compile_jsonata(raw["Output"], "Output") if "Output" in raw else default,
            assign=assign,
        )
    # the Parameters of a Map are the old name of its ItemSelector
    parameters = "Parameters" in raw and raw["Type"] != "Map"
    return Flow(
        effective=_optional_path(raw, "InputPath"),
        arguments=compile_template(raw["Parameters"]) if parameters else _current,
        output=_output(raw),
        assign=assign,
    )


def _output(raw: dict[str, Any]) -> Value:
    selector = compile_template(raw["ResultSelector"]) if "ResultSelector" in raw else None
    combine = _combination(raw) if raw["Type"] in _WITH_RESULT else None
    narrow = _optional_path(raw, "OutputPath") if "OutputPath" in raw else None

    def output(environment: Environment) -> Any:
        value = environment.data if selector is None else selector(environment)
        if combine is not None:
            value = combine(environment.on(value))
        return value if narrow is None else narrow(environment.on(value))

    return output


def _combination(raw: dict[str, Any]) -> Value | None:
    """ResultPath: where in the raw input the current value goes; None where it takes the input's place."""
    text = raw.get("ResultPath", "$")
    if text is None:
        return _raw_input
    if text == "$":
        return None
    path = compile_reference(text)

    def combine(environment: Environment) -> Any:
        try:
            return path.write(environment.input, environment.data)
        except MissingPathError:
            raise StatesError(
                RESULT_PATH_MATCH_FAILURE,
                f"Unable to apply ReferencePath {text} to input {to_json(environment.input)}",
            ) from None

    return combine


def compile_catcher_output(raw: dict[str, Any], location: str, *, jsonata: bool) -> Value:
    """What a Catch hands to its next state."""
    if jsonata:
        return compile_jsonata(raw["Output"], f"{location}/Output") if "Output" in raw else _current
    return _combination(raw) or _current


def _optional_path(raw: dict[str, Any], field: str) -> Value:
    text = raw.get(field, "$")
    if text is None:
        return lambda _environment: {}
    return whole_path(text)


def whole_path(text: str) -> Value:
    """The value of an InputPath, OutputPath or ItemsPath field."""
    if text == "$":
        return _current
    path = compile_path(text)
    return lambda environment: environment.read_whole(path)


def literal_or_path(raw: dict[str, Any], field: str) -> Value:
    """The value of a ``SecondsPath``-like field."""
    path = compile_path(raw[field])

    def read(environment: Environment) -> Any:
        try:
            return environment.read(path)
        except MissingPathError:
            raise runtime_error(f"The {field} parameter does not reference an input value: {path.text}") from None

    return read


def error_member(raw: dict[str, Any], field: str, *, jsonata: bool) -> Value | None:
    """Error or Cause of a Fail state: a text, an expression, or a path or function in the ``...Path`` form."""
    if field in raw:
        value = compile_jsonata(raw[field], field) if jsonata else constant(raw[field])
    elif f"{field}Path" in raw:
        selector = compile_selector(raw[f"{field}Path"])
        value = selector.evaluate if isinstance(selector, Intrinsic) else literal_or_path(raw, f"{field}Path")
    else:
        return None

    def read(environment: Environment) -> str:
        text = value(environment)
        if not isinstance(text, str):
            raise runtime_error(f"The {field} of a Fail state must be a string, got {to_json(text)}")
        return text

    return read


def _current(environment: Environment) -> Any:
    return environment.data


def _raw_input(environment: Environment) -> Any:
    return environment.input
