"""Checks a definition before anything is created, and names every fault with its place, in AWS's words."""

from collections.abc import Iterator
from typing import Any

from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.stepfunctions.language.documents import parse_json
from local_aws.stepfunctions.language.errors import Diagnostic
from local_aws.stepfunctions.validation.states import SCHEMA, Checks, is_jsonata

_MACHINE_FIELDS = frozenset({"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"})
_PROCESSOR_FIELDS = frozenset({"Comment", "ProcessorConfig", "QueryLanguage", "StartAt", "States"})
_LANGUAGES = ("JSONPath", "JSONata")
_MAX_NAME = 80
_TERMINAL = frozenset({"Succeed", "Fail"})


def diagnose(text: str, machine_type: str = "STANDARD") -> list[Diagnostic]:
    """Every fault of a definition.

    Args:
        text: JSON.
        machine_type: ``STANDARD`` or ``EXPRESS``.
    """
    if not text.strip():
        return [Diagnostic(code=SCHEMA, message="Definition must be a valid JSON object", location="")]
    try:
        raw = parse_json(text)
    except ValueError as error:
        return [Diagnostic(code="INVALID_JSON_DESCRIPTION", message=str(error), location="")]
    checks = Checks(express=machine_type == "EXPRESS")
    if not isinstance(raw, dict):
        checks.fault("Expected value of type Object", "/")
        return checks.found
    _Machines(checks).check(raw, "", "JSONPath", frozenset())
    return checks.found


def require_valid(text: str, machine_type: str) -> dict[str, Any]:
    """The JSON of a definition that has no fault.

    Raises:
        AwsError: ``InvalidDefinition`` that lists every fault.
        NotAvailableLocallyError: it is right, and needs what only AWS has.
    """
    errors = [str(fault) for fault in diagnose(text, machine_type) if fault.severity == "ERROR"]
    if errors:
        raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(errors)}'")
    raw: dict[str, Any] = parse_json(text)
    if missing := list(_not_offered(raw)):
        raise NotAvailableLocallyError(", ".join(missing))
    return raw


def _not_offered(machine: dict[str, Any]) -> Iterator[str]:
    for name, state in machine["States"].items():
        config = state.get("ItemReader", {}).get("ReaderConfig", {})
        if config.get("InputType") == "PARQUET":
            yield f"an ItemReader with InputType PARQUET (state '{name}')"
        elif config.get("ManifestType", "S3_INVENTORY") != "S3_INVENTORY":
            yield f"an ItemReader with ManifestType {config['ManifestType']} (state '{name}')"
        inner = [*state.get("Branches", ()), *(state[key] for key in ("ItemProcessor", "Iterator") if key in state)]
        for machine_inside in inner:
            yield from _not_offered(machine_inside)


class _Machines:
    """Walks a definition and the branches and processors in it."""

    def __init__(self, checks: Checks) -> None:
        self.checks = checks
        self.names: set[str] = set()

    def check(self, raw: dict[str, Any], at: str, language: str, outer: frozenset[str]) -> None:
        """One state machine, branch or processor.

        Args:
            raw: its JSON.
            at: its place; empty for the whole definition.
            language: the query language around it.
            outer: variables that the scopes around it assign.
        """
        root = at or "/"
        allowed = _PROCESSOR_FIELDS if at else _MACHINE_FIELDS
        for field in sorted(set(raw) - allowed):
            self.checks.fault("Field is not supported", f"{at}/{field}")
        missing = [field for field in ("States", "StartAt") if field not in raw]
        if missing:
            self.checks.fault(f"These fields are required: [{', '.join(missing)}]", root)
        language = self._language(raw, at, language, root)
        if "TimeoutSeconds" in raw:
            self.checks.whole_number(raw["TimeoutSeconds"], 1, 99_999_999, f"{at}/TimeoutSeconds")
        states = raw.get("States")
        if states is None:
            return
        if not isinstance(states, dict) or not all(isinstance(state, dict) for state in states.values()):
            self.checks.fault("Expected value of type Object", f"{at}/States")
            return
        if not states:
            self.checks.fault("States must not be empty", f"{at}/States")
            return
        assigned = self._scope(states, at, outer)
        for name, state in states.items():
            self._name(name, f"{at}/States/{name}")
            self._state(state, f"{at}/States/{name}", language, assigned)
        if "StartAt" in raw:
            self._graph(raw["StartAt"], states, at)

    def _language(self, raw: dict[str, Any], at: str, around: str, root: str) -> str:
        language = raw.get("QueryLanguage", around)
        if language not in _LANGUAGES:
            self.checks.fault(f"The value for 'QueryLanguage' must be one of the values: {_LANGUAGES}", root)
            return around
        if at and around == "JSONata" and language != "JSONata":
            self.checks.fault(_DOWNGRADE, root)
        return str(language)

    def _name(self, name: str, at: str) -> None:
        if not name or len(name) > _MAX_NAME:
            self.checks.fault(
                f"Invalid State name: State exceeds the {_MAX_NAME}-character limit allowed by the service",
                at,
                code="INVALID_STATE_NAME",
            )
        if name in self.names:
            self.checks.fault(f"Duplicate State name: {name}", at, code="DUPLICATE_STATE_NAME")
        self.names.add(name)

    def _scope(self, states: dict[str, Any], at: str, outer: frozenset[str]) -> frozenset[str]:
        assigned: set[str] = set()
        for name, state in states.items():
            places = [state, *_objects(state.get("Catch")), *_objects(state.get("Choices"))]
            names = {key.removesuffix(".$") for place in places for key in _members(place.get("Assign"))}
            for variable in sorted(names & outer):
                self.checks.fault(
                    f"The variable '{variable}' is assigned in an outer scope and cannot be assigned in this one",
                    f"{at}/States/{name}",
                )
            assigned |= names
        return outer | assigned

    def _state(self, state: dict[str, Any], at: str, language: str, variables: frozenset[str]) -> None:
        if language == "JSONata" and state.get("QueryLanguage") == "JSONPath":
            self.checks.fault(_DOWNGRADE, at)
            return
        self.checks.state(state, at, language)
        inner = "JSONata" if is_jsonata(state, language) else "JSONPath"
        if state.get("Type") == "Parallel":
            for index, branch in enumerate(_objects(state.get("Branches"))):
                self.check(branch, f"{at}/Branches[{index}]", inner, variables)
        if state.get("Type") == "Map":
            for field in ("ItemProcessor", "Iterator"):
                if isinstance(state.get(field), dict):
                    self.check(state[field], f"{at}/{field}", inner, variables)

    def _graph(self, start: Any, states: dict[str, Any], at: str) -> None:
        """Every target exists, every state is reached, and one state ends."""
        if start not in states:
            self.checks.fault(f"Missing 'StartAt' target: {start}", f"{at}/StartAt", code="MISSING_TRANSITION_TARGET")
        reached: set[str] = set()
        waiting = [start] if start in states else list(states)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(target for _, target in _targets(states[name]) if target in states)
        for name, state in states.items():
            for field, target in _targets(state):
                if target not in states:
                    kind = "Default" if field == "Default" else "Next"
                    self.checks.fault(
                        f"Missing '{kind}' target: {target}",
                        f"{at}/States/{name}/{field}",
                        code="MISSING_TRANSITION_TARGET",
                    )
            if name not in reached:
                self.checks.fault(
                    f'State "{name}" is not reachable.', f"{at}/States/{name}", code="MISSING_TRANSITION_TARGET"
                )
        if not any(state.get("End") is True or state.get("Type") in _TERMINAL for state in states.values()):
            self.checks.fault("No terminal state found in machine", f"{at}/States", code="NO_TERMINAL_STATE")


_DOWNGRADE = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"


def _targets(state: dict[str, Any]) -> list[tuple[str, str]]:
    """Where a state can lead, each with the field that says so."""
    targets = [(field, state[field]) for field in ("Next", "Default") if isinstance(state.get(field), str)]
    for field in ("Catch", "Choices"):
        for index, entry in enumerate(_objects(state.get(field))):
            if isinstance(entry.get("Next"), str):
                targets.append((f"{field}[{index}]/Next", entry["Next"]))
    return targets


def _members(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
