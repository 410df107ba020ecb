"""Files and texts that hold no definition."""

import re
from pathlib import Path

import pytest

from constructs_lib.definitions import DefinitionError, ImportedDefinition, ImportedPipeline

NO_JSON = {
    "": "expected JSON: Expecting value: line 1 column 1",
    '{"Steps": [}': "expected JSON: Expecting value: line 1 column 12",
    "[]": "got list, expected a JSON object",
    "null": "got NoneType, expected a JSON object",
}


@pytest.mark.parametrize(("text", "message"), NO_JSON.items())
def test_a_text_that_is_no_json_object_is_refused(text: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=r"^workflow 'a' is not valid, 1 problem:\n  " + re.escape(message)):
        ImportedDefinition.from_json("a", text)
    with pytest.raises(DefinitionError, match=r"^pipeline 'a' is not valid, 1 problem:\n  " + re.escape(message)):
        ImportedPipeline.from_json("a", text)


@pytest.mark.parametrize(("text", "message"), NO_JSON.items())
def test_a_file_without_a_json_object_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "exported.json"
    path.write_text(text)

    with pytest.raises(DefinitionError, match=re.escape(f"{path}: {message}")):
        ImportedDefinition.from_file("a", path)
    with pytest.raises(DefinitionError, match=re.escape(f"{path}: {message}")):
        ImportedPipeline.from_file("a", path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "exported.json"
    path.write_bytes(b"{\xff}")

    with pytest.raises(DefinitionError, match=re.escape(f"{path}: expected JSON: 'utf-8' codec can't decode")):
        ImportedPipeline.from_file("a", path)
