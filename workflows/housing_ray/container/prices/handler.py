"""The inference handler: what comes in, what goes out, and the prediction between them.

`INPUT_TYPES` and `OUTPUT_TYPES` are what the model package is registered with.
"""

import json
import sys
from pathlib import Path

import numpy as np

from prices import tables
from prices.contract import InputError
from prices.model import Model

CSV = "text/csv"
JSON = "application/json"
INPUT_TYPES = (CSV, JSON)
OUTPUT_TYPES = (CSV, JSON)

_LARGEST = sys.float_info.max


class UnsupportedError(InputError):
    """A content type that is not offered; `status` is the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def model_fn(folder: Path) -> Model:
    """Reads the model.

    Raises:
        InputError: there is none in the folder.
    """
    return Model.load(folder)


def input_fn(body: bytes, content_type: str, features: tuple[str, ...]) -> np.ndarray:
    """The rows of a request, columns in the model's order.

    CSV: one row a line, in the model's order, or in any order under a line of names. JSON: ``{"instances": [...]}`` or
    a bare list; an instance is a list in the model's order, an object by column, or ``{"features": [...]}``.

    Raises:
        UnsupportedError: another content type (415).
        InputError: not what is described above, with the line or the instance, and the column.
    """
    kind = _plain(content_type) or CSV
    if kind not in INPUT_TYPES:
        raise UnsupportedError(415, f"content type: got {content_type!r}, expected {' or '.join(INPUT_TYPES)}")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"the request is not UTF-8: {error}") from error
    return _from_csv(text, features) if kind == CSV else _from_json(text, features)


def predict_fn(rows: np.ndarray, model: Model) -> np.ndarray:
    """The prices of rows."""
    return model.predict(rows)


def output_fn(prices: np.ndarray, kind: str) -> bytes:
    """The answer, of a type that `output_type` gave."""
    if kind == CSV:
        return "".join(f"{price:.2f}\n" for price in prices).encode()
    return json.dumps({"predictions": [{"score": round(float(price), 2)} for price in prices]}).encode()


def output_type(accept: str, content_type: str) -> str:
    """The answer's content type: what is accepted, else the request's own.

    Raises:
        UnsupportedError: none of the accepted types is offered (406).
    """
    wanted = [_plain(part) for part in accept.split(",") if part.strip()]
    if not wanted or "*/*" in wanted:
        return _plain(content_type) or CSV
    for kind in OUTPUT_TYPES:
        if kind in wanted or f"{kind.partition('/')[0]}/*" in wanted:
            return kind
    raise UnsupportedError(406, f"accept: got {accept!r}, expected {' or '.join(OUTPUT_TYPES)}")


def _plain(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _from_csv(text: str, features: tuple[str, ...]) -> np.ndarray:
    if not text.strip():
        raise InputError("the request has no rows")
    columns, line = features, 1
    first, _, rest = text.partition("\n")
    names = tables.header(first, "request")
    if set(names) & set(features):
        missing = [name for name in features if name not in names]
        if missing:
            raise InputError(f"no column {', '.join(missing)} in the header; got {', '.join(names)}")
        if len(set(names)) < len(names):
            raise InputError(f"a column of the header is there twice: {', '.join(names)}")
        if not rest.strip():
            raise InputError("the request has a header and no rows")
        columns, line, text = names, 2, rest
    return tables.parse(text, columns=columns, name="request", first_line=line)[list(features)].to_numpy()


def _from_json(text: str, features: tuple[str, ...]) -> np.ndarray:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the request is not JSON: {error}") from error
    instances = document.get("instances") if isinstance(document, dict) else document
    if not isinstance(instances, list) or not instances:
        raise InputError('expected {"instances": [...]} or a list, with at least one instance')
    rows = [_instance(number, instance, features) for number, instance in enumerate(instances)]
    return np.array(rows, dtype=np.float64)


def _instance(number: int, instance: object, features: tuple[str, ...]) -> list[float]:
    if isinstance(instance, dict):
        instance = instance["features"] if "features" in instance else [instance.get(name) for name in features]
    if not isinstance(instance, list) or len(instance) != len(features):
        raise InputError(f"instance {number}: expected {len(features)} values: {', '.join(features)}")
    for name, value in zip(features, instance, strict=True):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not -_LARGEST <= value <= _LARGEST:
            raise InputError(f"instance {number}, {name}: got {value!r}, expected a finite number")
    return instance
