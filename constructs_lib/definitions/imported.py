"""State machines that somebody else wrote, as JSON in the Amazon States Language."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from attrs import frozen

from constructs_lib.definitions.documents import read_document
from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.freezing import freeze_fields

_READS_INPUT = re.compile(r"\$(?:\$\.Execution\.Input|states\.context\.Execution\.Input)(?:\.(\w+)|\['([^']+)'\])")


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class ImportedDefinition:
    """A state machine's definition, deployed as it is.

    What other tools export, such as the Data Science SDK's ``workflow.definition.to_json()``, becomes a
    `StepFunctionsWorkflow` unchanged; what its role must be allowed to do is derived from what it calls.

    Args:
        name: of the workflow: 1 to 80 letters, digits, ``-`` and ``_``.
        document: the definition.

    Raises:
        DefinitionError: all problems together: states that do not exist or cannot be reached, and calls that Step
            Functions does not have, such as a ``.sync`` for SageMaker's pipelines.

    Examples:
        >>> ImportedDefinition.from_json("done", '{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}').name
        'done'
    """

    name: str
    document: Mapping[str, Any]

    def __attrs_post_init__(self) -> None:
        # the checks stand above the definitions; a definition asks them once, when it is made
        from constructs_lib.checks.imported.state_machine import check_imported

        problems = check_imported(self)
        if problems:
            raise DefinitionError(self.name, problems)

    @classmethod
    def from_json(cls, name: str, text: str) -> Self:
        """A definition from its JSON.

        Raises:
            DefinitionError: it is no JSON object, or the definition has problems.
        """
        return cls(name=name, document=read_document(name, text))

    @classmethod
    def from_file(cls, name: str, path: Path) -> Self:
        """A definition from a file with its JSON.

        Raises:
            DefinitionError: as `from_json`, with the file's path.
            OSError: the file cannot be read.
        """
        return cls(name=name, document=read_document(name, path))

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What Step Functions takes, and whoever wrote it may not have meant: ways of a Choice that lead nowhere."""
        from constructs_lib.checks.imported.state_machine import notes_on_imported  # as above

        return tuple(notes_on_imported(self))

    def states(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every state with its name, those inside of others too."""
        for machine in machines(self.document):
            yield from machine["States"].items()

    def execution_input_schema(self) -> dict[str, Any]:
        """The members of the input that the states read from the context object, as a JSON Schema (draft 2020-12)."""
        found = _READS_INPUT.findall(json.dumps(_of_the_execution(self.document), default=dict))
        names = list(dict.fromkeys(plain or quoted for plain, quoted in found))
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"Input of {self.name}",
            "type": "object",
            "properties": {name: {} for name in names},
            "required": names,
        }


def is_distributed(state: Mapping[str, Any]) -> bool:
    """Whether a state is a Map of mode DISTRIBUTED, whose states run in executions of their own."""
    processor = state.get("ItemProcessor") if state.get("Type") == "Map" else None
    config = processor.get("ProcessorConfig") if isinstance(processor, Mapping) else None
    return isinstance(config, Mapping) and config.get("Mode") == "DISTRIBUTED"


def _of_the_execution(value: Any) -> Any:
    """A document without the states of distributed Maps, whose executions have inputs of their own."""
    if isinstance(value, Mapping):
        skipped = "ItemProcessor" if is_distributed(value) else None
        return {key: _of_the_execution(member) for key, member in value.items() if key != skipped}
    return [_of_the_execution(element) for element in value] if isinstance(value, list | tuple) else value


def machines(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A definition, its branches and its iterations, outer ones first; each has States."""
    waiting: list[Any] = [document]
    while waiting:
        machine = waiting.pop(0)
        if not isinstance(machine, Mapping) or not isinstance(machine.get("States"), Mapping):
            continue
        yield machine
        for state in machine["States"].values():
            if isinstance(state, Mapping):
                branches = state.get("Branches")
                waiting += [*branches] if isinstance(branches, list | tuple) else []
                waiting += [state.get("ItemProcessor"), state.get("Iterator")]
