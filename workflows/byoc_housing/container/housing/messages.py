"""Requests and answers of /invocations: rows as CSV or JSON, prices as CSV or JSON."""

import csv
import json

import numpy as np

from housing.contract import InputError
from housing.dataset import parse_rows

CSV = "text/csv"
JSON = "application/json"


class UnsupportedError(InputError):
    """A content type that is not offered; `status` is the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_rows(body: bytes, content_type: str, features: tuple[str, ...]) -> np.ndarray:
    """The rows of a request, columns in the model's order.

    CSV: one row a line, in the model's order, or in any order under a header line. JSON: `{"instances": [...]}` or a
    bare list; an instance is a list in the model's order, an object by column, or `{"features": [...]}`.

    Raises:
        UnsupportedError: another content type (415).
        InputError: not what is described above, with line or instance and column.
    """
    kind = content_type.partition(";")[0].strip().lower() or CSV
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"the request is not UTF-8: {error}") from error
    if kind == CSV:
        return _from_csv(text, features)
    if kind == JSON:
        return _from_json(text, features)
    raise UnsupportedError(415, f"content type: got {content_type!r}, expected {CSV} or {JSON}")


def write_prices(prices: np.ndarray, accept: str, content_type: str) -> tuple[str, bytes]:
    """The answer's content type and body: what is accepted, else the request's own type.

    Raises:
        UnsupportedError: none of the accepted types is offered (406).
    """
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",") if part.strip()]
    sent = content_type.partition(";")[0].strip().lower() or CSV
    if not wanted or "*/*" in wanted:
        wanted = [sent]
    for kind in wanted:
        if kind in (CSV, "text/*"):
            return CSV, ("\n".join(f"{price:.2f}" for price in prices) + "\n").encode()
        if kind in (JSON, "application/*"):
            return JSON, json.dumps({"predictions": [{"score": round(float(price), 2)} for price in prices]}).encode()
    raise UnsupportedError(406, f"accept: got {accept!r}, expected {CSV} or {JSON}")


def _from_csv(text: str, features: tuple[str, ...]) -> np.ndarray:
    first, _, rest = text.partition("\n")
    if not text.strip():
        raise InputError("the request has no rows")
    columns, line = list(features), 1
    if not any(_is_number(cell) for cell in first.split(",")):
        columns, line, text = [column.strip() for column in next(csv.reader([first]))], 2, rest
        missing = [name for name in features if name not in columns]
        if missing:
            raise InputError(f"no column {', '.join(missing)} in the header; got {', '.join(columns)}")
    return parse_rows(text, columns=columns, wanted=features, name="request", first_line=line).astype(np.float32)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _from_json(text: str, features: tuple[str, ...]) -> np.ndarray:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputError(f"the request is not JSON: {error}") from error
    instances = document.get("instances") if isinstance(document, dict) else document
    if not isinstance(instances, list) or not instances:
        raise InputError('expected {"instances": [...]} or a list, with at least one instance')
    rows = np.empty((len(instances), len(features)), dtype=np.float32)
    for number, instance in enumerate(instances):
        rows[number] = _instance(number, instance, features)
    return rows


def _instance(number: int, instance: object, features: tuple[str, ...]) -> list[float]:
    if isinstance(instance, dict):
        instance = instance["features"] if "features" in instance else [instance.get(name) for name in features]
    if not isinstance(instance, list) or len(instance) != len(features):
        raise InputError(f"instance {number}: expected {len(features)} values: {', '.join(features)}")
    for name, value in zip(features, instance, strict=True):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
            raise InputError(f"instance {number}, {name}: got {value!r}, expected a finite number")
    return instance
