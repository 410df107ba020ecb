"""Search as the API has it."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from attrs import define

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.gateway.wire import get_service_model
from local_aws.platform import Credentials, Platform
from local_aws.sagemaker.listing import with_token
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.search.expressions import matches, names_in
from local_aws.sagemaker.search.properties import values_at
from local_aws.sagemaker.search.sources import SOURCES, Source
from local_aws.sagemaker.tags import TagStore

_PAGE = 10
_NEWEST = "LastModifiedTime"
# properties that are no members of the records under these names
_FURTHER = frozenset({"Metrics", "Tags", "Parents"})


@define(eq=False)
class SearchOperations(ValidatedGroup):
    """Search, over what the other operations tell of each resource.

    Args:
        platform: the local AWS, whose API is asked.
        tags: of the resources.
    """

    service: ClassVar[str] = "sagemaker"
    _platform: Platform
    _tags: TagStore

    @operation("Search")
    def search(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The resources that match, a page at a time."""
        source = SOURCES.get(request["Resource"])
        if source is None:
            raise NotAvailableLocallyError(f"in Search: the resource {request['Resource']}")
        if "VisibilityConditions" in request or request.get("CrossAccountFilterOption") == "CrossAccount":
            raise NotAvailableLocallyError("in Search: resources of other accounts")
        expression, sort_by = request.get("SearchExpression", {}), request.get("SortBy", _NEWEST)
        known = self._members(source)
        for name in [*names_in(expression), *([sort_by] if "SortBy" in request else [])]:
            if name.partition(".")[0] not in known | _FURTHER:
                raise validation_error(f"Unknown property name: {name}")
        records = (self._tagged(record, request["Resource"]) for record in source.records(self._client(context)))
        found = [record for record in records if matches(record, expression)]
        _sort(found, sort_by, backwards=request.get("SortOrder", "Descending") == "Descending")
        offset, size = _offset(request.get("NextToken")), request.get("MaxResults", _PAGE)
        results = [
            {source.member: {name: value for name, value in record.items() if name in known}}
            for record in found[offset : offset + size]
        ]
        answer = {"Results": results, "TotalHits": {"Value": len(found), "Relation": "EqualTo"}}
        return with_token(answer, _token(offset + size) if len(found) > offset + size else None)

    def _client(self, context: RequestContext) -> Any:
        # the account's number is the key of its root: AWS's Search, too, sees what its caller may not describe
        root = Credentials(access_key_id=context.account, secret_access_key="local")  # noqa: S106
        return self._platform.client("sagemaker", region=context.region, credentials=root)

    def _tagged(self, record: dict[str, Any], resource: str) -> dict[str, Any]:
        names = {"ExperimentTrial": "TrialArn", "ExperimentTrialComponent": "TrialComponentArn"}
        arn = record.get(names.get(resource, f"{resource}Arn"))
        if arn is None:
            return record  # a feature is nothing of its own
        try:
            return record | {"Tags": self._tags.of(arn)}
        except AwsError:
            return record  # a kind that has no tags

    @staticmethod
    def _members(source: Source) -> frozenset[str]:
        records = get_service_model("sagemaker").shape_for("SearchRecord")
        return frozenset(records.members[source.member].members)


def _sort(records: list[dict[str, Any]], path: str, *, backwards: bool) -> None:
    """Sorts in place; records without the property come last, in either order."""

    def key(record: Mapping[str, Any]) -> tuple[int, Any]:
        (value, *_) = values_at(record, path) or ("",)
        if isinstance(value, datetime):
            return 2, value.timestamp()
        return (2, float(value)) if isinstance(value, int | float) else (1, value)

    having = sorted((record for record in records if values_at(record, path)), key=key, reverse=backwards)
    records[:] = [*having, *(record for record in records if not values_at(record, path))]


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except ValueError:
        raise validation_error("The token is not valid.") from None
