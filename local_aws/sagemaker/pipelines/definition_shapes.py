"""What kinds of JSON values a definition is made of: told before anything looks into them."""

from collections.abc import Iterator, Mapping
from typing import Any

_TEXTS = ("DisplayName", "Description")
# members of a step that are lists of objects, and what each of these says by a text
_ENTRIES: Mapping[str, tuple[str, ...]] = {
    "PropertyFiles": ("PropertyFileName", "OutputName", "FilePath"),
    "OutputParameters": ("OutputName",),
    "RetryPolicies": (),
}


def list_faults(steps: Any, where: str) -> Iterator[str]:
    """What is wrong with a list of steps, and with the lists of its branches.

    Args:
        steps: of the definition, or of a branch.
        where: it stands.
    """
    if not isinstance(steps, list):
        yield f"{where} must be a list of steps"
        return
    for number, step in enumerate(steps):
        if not isinstance(step, dict):
            yield f"{where}[{number}] is {step!r}, expected a step"
            continue
        arguments = step.get("Arguments")
        if step.get("Type") == "Condition" and isinstance(arguments, dict):
            for member in ("IfSteps", "ElseSteps"):
                if arguments.get(member) is not None:
                    yield from list_faults(arguments[member], f"{member} of step '{step.get('Name')}'")


def member_faults(step: Mapping[str, Any]) -> Iterator[str]:
    """Which members of a step are of a wrong kind."""
    for member in _TEXTS:
        if not isinstance(step.get(member) or "", str):
            yield f"{member} must be a text"
    if not isinstance(step.get("Arguments", {}), dict):
        yield "Arguments must be an object"
    depends_on = step.get("DependsOn") or []
    if not isinstance(depends_on, list) or not all(isinstance(name, str) for name in depends_on):
        yield "DependsOn must be a list of names"
    for member, texts in _ENTRIES.items():
        entries = step.get(member) or []
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            yield f"{member} must be a list of objects"
            continue
        for name in texts:
            if not all(isinstance(entry.get(name, ""), str) for entry in entries):
                yield f"{member}: {name} must be a text"
