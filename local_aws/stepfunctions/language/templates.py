"""Payload templates of JSONPath states: a field whose name ends in ``.$`` is a path or an intrinsic function."""

from collections.abc import Callable
from typing import Any

from local_aws.stepfunctions.language.documents import Environment
from local_aws.stepfunctions.language.errors import runtime_error
from local_aws.stepfunctions.language.intrinsics import Intrinsic, compile_intrinsic
from local_aws.stepfunctions.language.jsonpath import MissingPathError, Path, compile_path

Value = Callable[[Environment], Any]
"""Something that a field gives once the state's environment is known."""


def constant(value: Any) -> Value:
    """The same value always."""
    return lambda _environment: value


def compile_selector(text: str) -> Path | Intrinsic:
    """What the value of a ``.$`` field means.

    Raises:
        PathSyntaxError: `text` is neither a path nor an intrinsic function.
    """
    return compile_path(text) if text.startswith("$") else compile_intrinsic(text)


def compile_template(template: Any) -> Value:
    """A payload template as a function of the environment; one without any ``.$`` is a constant.

    Raises:
        PathSyntaxError: the value of a ``.$`` field is neither a path nor an intrinsic function.
    """
    return _compile(template) or constant(template)


def _compile(template: Any) -> Value | None:
    if isinstance(template, dict):
        return _compile_object(template)
    if isinstance(template, list):
        parts = [_compile(item) for item in template]
        if not any(parts):
            return None
        items = [part or constant(item) for part, item in zip(parts, template, strict=True)]
        return lambda environment: [item(environment) for item in items]
    return None


def _compile_object(template: dict[str, Any]) -> Value | None:
    dynamic = False
    members: list[tuple[str, Value]] = []
    for key, value in template.items():
        if key.endswith(".$"):
            dynamic = True
            members.append((key[:-2], compile_field(value, key)))
        else:
            part = _compile(value)
            dynamic = dynamic or part is not None
            members.append((key, part or constant(value)))
    if not dynamic:
        return None
    return lambda environment: {name: value(environment) for name, value in members}


def compile_field(text: str, field: str) -> Value:
    """The value of a ``.$`` field.

    Args:
        text: a path or an intrinsic function.
        field: the field's name, for messages.

    Raises:
        PathSyntaxError: it is neither.
    """
    selector = compile_selector(text)
    if isinstance(selector, Intrinsic):
        return selector.evaluate

    def read(environment: Environment) -> Any:
        try:
            return environment.read(selector)
        except MissingPathError:
            raise runtime_error(
                f"The JSONPath '{selector.text}' specified for the field '{field}' could not be found in "
                f"{environment.described(selector)}"
            ) from None

    return read
