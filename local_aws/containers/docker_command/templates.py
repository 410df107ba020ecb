"""The Go templates that ``docker inspect --format`` is used with in builds."""

import json
import re
from typing import Any

from local_aws.containers.engine import EngineError

_ACTION = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_PATH = r"\.[\w.]*"


def render(template: str, document: dict[str, Any]) -> str:
    """A template with ``{{.A.B}}``, ``{{json .A}}`` and ``{{index .A 0}}`` put in.

    Raises:
        EngineError: another action, or a path that the document does not have.
    """

    def action(match: re.Match[str]) -> str:
        text = match[1]
        if re.fullmatch(_PATH, text):
            return _plain(_at(document, text))
        if found := re.fullmatch(rf"json ({_PATH})", text):
            return json.dumps(_at(document, found[1]), separators=(",", ":"))
        if found := re.fullmatch(rf"index ({_PATH}) (\d+|\"[^\"]*\")", text):
            return _plain(_item(_at(document, found[1]), found[2]))
        raise EngineError(f"template parsing error: {{{{{text}}}}} is not offered here: .A.B, json .A, index .A 0")

    return _ACTION.sub(action, template)


def _at(document: Any, path: str) -> Any:
    for name in filter(None, path.split(".")):
        if not isinstance(document, dict) or name not in document:
            raise EngineError(f"template parsing error: map has no entry for key {name!r} in {path}")
        document = document[name]
    return document


def _item(container: Any, key: str) -> Any:
    if key.isdigit():
        if not isinstance(container, list) or int(key) >= len(container):
            raise EngineError(f"template parsing error: error calling index: index out of range: {key}")
        return container[int(key)]
    return container.get(json.loads(key), "") if isinstance(container, dict) else ""


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "[" + " ".join(_plain(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)
