"""SageMaker pipelines that somebody else wrote, as the JSON that CreatePipeline takes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from attrs import frozen

from constructs_lib.definitions.documents import read_document
from constructs_lib.definitions.errors import DefinitionError
from constructs_lib.definitions.freezing import freeze_fields


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class ImportedPipeline:
    """A pipeline's document, deployed as it is.

    What the SageMaker Python SDK writes (``pipeline.definition()``), or any other tool, becomes a `SageMakerPipeline`
    unchanged; what its role must be allowed to do is derived from its steps. Their jobs bring their own roles.

    Args:
        name: of the pipeline: 1 to 256 letters, digits and inner hyphens.
        document: the definition.
        max_steps: the account's quota of steps in a pipeline. Default: 50, the quota that every account begins with.

    Raises:
        DefinitionError: all problems together: references to what is not there, steps that wait for each other,
            types and conditions that SageMaker Pipelines does not have, limits.

    Examples:
        >>> text = '{"Version": "2020-12-01", "Steps": [{"Name": "No", "Type": "Fail", "Arguments": {}}]}'
        >>> ImportedPipeline.from_json("never", text).name
        'never'
    """

    name: str
    document: Mapping[str, Any]
    max_steps: int = 50

    def __attrs_post_init__(self) -> None:
        # the checks stand above the definitions; a definition asks them once, when it is made
        from constructs_lib.checks.imported.pipeline import check_imported_pipeline

        problems = check_imported_pipeline(self)
        if problems:
            raise DefinitionError(self.name, problems, of="pipeline")

    @classmethod
    def from_json(cls, name: str, text: str, *, max_steps: int = 50) -> Self:
        """A pipeline from its JSON.

        Raises:
            DefinitionError: it is no JSON object, or the definition has problems.
        """
        return cls(name=name, document=read_document(name, text, of="pipeline"), max_steps=max_steps)

    @classmethod
    def from_file(cls, name: str, path: Path, *, max_steps: int = 50) -> Self:
        """A pipeline from a file with its JSON.

        Raises:
            DefinitionError: as `from_json`, with the file's path.
            OSError: the file cannot be read.
        """
        return cls(name=name, document=read_document(name, path, of="pipeline"), max_steps=max_steps)

    @property
    def all_steps(self) -> tuple[Mapping[str, Any], ...]:
        """Every step, each Condition followed by the steps inside of it."""
        return tuple(placed for placed, _ in placed_steps(self.document.get("Steps", ())))


def placed_steps(
    steps: Any, ways: tuple[tuple[str, str], ...] = ()
) -> Iterator[tuple[Mapping[str, Any], tuple[tuple[str, str], ...]]]:
    """Steps of a document with the Conditions that they are inside of, and which of their ways, the outermost first.

    What is no step is left out.
    """
    for step in steps if isinstance(steps, list | tuple) else ():
        if not isinstance(step, Mapping) or not isinstance(step.get("Name"), str):
            continue
        yield step, ways
        arguments = step.get("Arguments")
        if step.get("Type") == "Condition" and isinstance(arguments, Mapping):
            for branch in ("IfSteps", "ElseSteps"):
                yield from placed_steps(arguments.get(branch), (*ways, (step["Name"], branch)))
