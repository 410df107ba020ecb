"""JSON of definitions that somebody else wrote."""

import json
from pathlib import Path
from typing import Any

from constructs_lib.definitions.errors import DefinitionError, Problem


def read_document(name: str, source: str | Path, *, of: str = "workflow") -> dict[str, Any]:
    """The JSON object that a definition's text or file holds.

    Args:
        name: of what is defined.
        source: the text, or the file that has it, in UTF-8.
        of: what the definition is of.

    Raises:
        DefinitionError: it is no JSON, or no object; the file is named.
        OSError: the file cannot be read.
    """
    path = str(source) if isinstance(source, Path) else ""
    try:
        document = json.loads(source.read_bytes() if isinstance(source, Path) else source)
    except ValueError as error:
        raise _refused(name, of, path, f"expected JSON: {error}") from error
    if not isinstance(document, dict):
        raise _refused(name, of, path, f"got {type(document).__name__}, expected a JSON object")
    return document


def _refused(name: str, of: str, path: str, message: str) -> DefinitionError:
    return DefinitionError(name, (Problem(path=path, message=message),), of=of)
