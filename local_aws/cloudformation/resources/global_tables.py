"""DynamoDB tables with replicas, as CDK's TableV2 makes them: here, those with the one in the stack's own region."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.intrinsics import Pending
from local_aws.cloudformation.resources.provider import ResourceScope, Schema
from local_aws.cloudformation.resources.shapes import only
from local_aws.cloudformation.resources.tables import TableProvider

_OF_TABLE = (
    "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes",
    "StreamSpecification", "TableName", "TimeToLiveSpecification",
)  # fmt: skip
_OF_REPLICA = ("DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "TableClass", "Tags")
_REPLICA_MEMBERS = {"GlobalSecondaryIndexes", "Region", "SSESpecification", *_OF_REPLICA}
_ON_DEMAND = "PAY_PER_REQUEST"


def _as_table(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of an AWS::DynamoDB::Table that is the same."""
    replica = properties["Replicas"][0]
    table = only(properties, *_OF_TABLE) | only(replica, *_OF_REPLICA)
    if "SSESpecification" in properties:
        table["SSESpecification"] = {**properties["SSESpecification"], **replica.get("SSESpecification", {})}
    return table


class GlobalTableProvider(TableProvider):
    """A table with its one replica; Ref is its name."""

    type = "AWS::DynamoDB::GlobalTable"
    schema = Schema.of(
        "Replicas SSESpecification " + " ".join(_OF_TABLE),
        required="Replicas",
        create_only="TableName",
        attributes="Arn StreamArn",
        name="TableName",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: what only AWS has: further replicas, provisioned throughput, and members of the replica."""
        yield from super().problems(properties)
        replicas = properties.get("Replicas")
        if isinstance(replicas, Pending) or replicas is None:
            return
        if not isinstance(replicas, list) or len(replicas) != 1:
            yield "/Replicas: the local AWS offers tables with one replica, in the stack's own region"
            return
        if unknown := sorted(set(replicas[0]) - _REPLICA_MEMBERS):
            yield f"/Replicas/0: the local AWS does not offer {', '.join(unknown)}"
        for index in replicas[0].get("GlobalSecondaryIndexes", []):
            # a replica has the table's indexes; what it may say of them is how they differ
            if unknown := sorted(set(index) - {"IndexName"}):
                yield f"/Replicas/0/GlobalSecondaryIndexes: the local AWS does not offer {', '.join(unknown)}"
        if properties.get("BillingMode") != _ON_DEMAND:
            yield f"/BillingMode: the local AWS offers {_ON_DEMAND} for tables with replicas"

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the table.

        Raises:
            ResourceError: its replica is in another region.
        """
        region = properties["Replicas"][0]["Region"]
        if region != scope.region:
            raise ResourceError(
                f"the local AWS offers replicas in the stack's region {scope.region} only, got {region}"
            )
        return super().create(scope, _as_table(properties))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes what a table can change in place."""
        return super().update(scope, physical_id, _as_table(old), _as_table(new))
