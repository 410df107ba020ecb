"""What every List operation does: filter, sort, and hand out pages."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from attrs import frozen

from local_aws.sagemaker.resource_names import validation_error

_PAGE = 10
_BY_METRIC = "FinalObjectiveMetricValue"


@frozen(kw_only=True)
class Listed:
    """What a List operation looks at in a record; None where the record has no such thing."""

    name: str
    created: datetime
    modified: datetime | None = None
    status: str | None = None
    metric: float | None = None


R = TypeVar("R")


def page_of(
    records: Iterable[R], request: dict[str, Any], look: Callable[[R], Listed], *, descending: bool = True
) -> tuple[list[R], str | None]:
    """One page of the records that a request asks for, and the token of the next.

    Args:
        records: all records.
        request: the List request: filters, SortBy, SortOrder, MaxResults (10 where it says none), NextToken.
        look: reads a record.
        descending: the operation's default order.

    Raises:
        AwsError: ``ValidationException`` for a token that this operation never gave.
    """
    sort_by = request.get("SortBy", "CreationTime")
    backwards = request.get("SortOrder", "Descending" if descending else "Ascending") == "Descending"
    found = []
    for record in records:
        listed = look(record)
        if _wanted(listed, request):
            found.append((_key(listed, sort_by), record))
    found.sort(key=lambda entry: entry[0], reverse=backwards)
    if (token := request.get("NextToken")) is not None:
        last = _read_token(token)
        found = [entry for entry in found if (entry[0] < last if backwards else entry[0] > last)]
    size = request.get("MaxResults", _PAGE)
    page = found[:size]
    following = _token(page[-1][0]) if len(found) > size else None
    return [record for _, record in page], following


def with_token(answer: dict[str, Any], token: str | None) -> dict[str, Any]:
    """The answer, with NextToken where there is more."""
    return answer if token is None else answer | {"NextToken": token}


def _wanted(listed: Listed, request: dict[str, Any]) -> bool:
    if request.get("SortBy") == _BY_METRIC and listed.metric is None:
        return False
    if request.get("NameContains", "").lower() not in listed.name.lower():
        return False
    if "StatusEquals" in request and request["StatusEquals"] != listed.status:
        return False
    for name, moment in (("CreationTime", listed.created), ("LastModifiedTime", listed.modified)):
        if moment is None:
            continue
        if f"{name}After" in request and not moment > _aware(request[f"{name}After"]):
            return False
        if f"{name}Before" in request and not moment < _aware(request[f"{name}Before"]):
            return False
    return True


_Key = tuple[str, str] | tuple[float, str]


def _key(listed: Listed, sort_by: str) -> _Key:
    if sort_by == _BY_METRIC and listed.metric is not None:
        return listed.metric, listed.name
    first = {"Name": "", "Status": listed.status or ""}.get(sort_by, listed.created.isoformat(timespec="microseconds"))
    return first, listed.name


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _token(key: _Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read_token(token: str) -> _Key:
    try:
        first, name = json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError, TypeError):
        raise validation_error("The token is not valid.") from None
    return (first, str(name)) if isinstance(first, float) else (str(first), str(name))
