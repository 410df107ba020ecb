"""The operations of sagemaker-featurestore-runtime that are no raw path at the gateway."""

from typing import Any, ClassVar

from attrs import define

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.limits import check_limits
from local_aws.gateway.operations import Handler, OperationGroup, operation
from local_aws.sagemaker.feature_store.group import FeatureGroup
from local_aws.sagemaker.feature_store.store import RecordStore


@define(eq=False)
class FeatureStoreRuntimeOperations(OperationGroup):
    """GetRecord, BatchGetRecord, DeleteRecord, UpdateRecord and ListRecords; `WriteRoute` serves what writes much.

    Args:
        store: the records.
    """

    service: ClassVar[str] = "sagemaker-featurestore-runtime"
    _store: RecordStore

    def operations(self) -> dict[str, Handler]:
        """Every operation, its request checked against the model's limits in the runtime's own error code."""
        return {name: self._checked(name, handler) for name, handler in super().operations().items()}

    def _checked(self, name: str, handler: Handler) -> Handler:
        def handle(context: RequestContext, request: dict[str, Any]) -> dict[str, Any] | None:
            try:
                check_limits(self.service, name, request)
            except AwsError as error:
                raise AwsError("ValidationError", error.message, status=400) from None
            return handler(context, request)

        return handle

    @operation("GetRecord")
    def get_record(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The latest record of an identifier; nothing where there is none."""
        return self._store.get(
            self._open(context, request["FeatureGroupName"]),
            request["RecordIdentifierValueAsString"],
            request.get("FeatureNames"),
            expiry=request.get("ExpirationTimeResponse") == "Enabled",
        )

    @operation("BatchGetRecord")
    def batch_get_record(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The latest records of many identifiers; those without a record are left out."""
        records: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        expiry = request.get("ExpirationTimeResponse") == "Enabled"
        for wanted in request["Identifiers"]:
            for identifier in wanted["RecordIdentifiersValueAsString"]:
                named = {
                    "FeatureGroupName": wanted["FeatureGroupName"],
                    "RecordIdentifierValueAsString": identifier,
                }
                try:
                    group = self._open(context, wanted["FeatureGroupName"])
                    found = self._store.get(group, identifier, wanted.get("FeatureNames"), expiry=expiry)
                except AwsError as error:
                    errors.append({**named, "ErrorCode": error.code, "ErrorMessage": error.message})
                    continue
                if found:
                    records.append(named | found)
        return {"Records": records, "Errors": errors, "UnprocessedIdentifiers": []}

    @operation("DeleteRecord")
    def delete_record(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes a record from the online store and marks it deleted in the offline store."""
        self._store.delete(self._open(context, request["FeatureGroupName"]), request)

    @operation("UpdateRecord")
    def update_record(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Changes some values of a record."""
        self._store.update(self._open(context, request["FeatureGroupName"]), request)

    @operation("ListRecords")
    def list_records(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Identifiers of the online store's records, a page at a time."""
        return self._store.identifiers(self._open(context, request["FeatureGroupName"]), request)

    def _open(self, context: RequestContext, reference: str) -> FeatureGroup:
        return self._store.open(context.principal, context.region, reference)
