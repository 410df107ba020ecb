"""Tags of SageMaker's resources: AddTags, ListTags, DeleteTags."""

import threading
from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RequestContext
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.resource_names import validation_error

_LIMIT = 50


@define(eq=False)
class TagStore:
    """Tags by the ARN of what they are on. A resource has an entry from its creation to its deletion."""

    _tags: dict[str, dict[str, str]] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def create(self, arn: str, tags: list[dict[str, str]] | None) -> None:
        """A resource was made, with these tags."""
        with self._lock:
            self._tags[arn] = {tag["Key"]: tag["Value"] for tag in tags or ()}

    def forget(self, arn: str) -> None:
        """A resource is gone."""
        with self._lock:
            self._tags.pop(arn, None)

    def of(self, arn: str) -> list[dict[str, str]]:
        """The tags of a resource.

        Raises:
            AwsError: there is no such resource.
        """
        with self._lock:
            return [{"Key": key, "Value": value} for key, value in self._entry(arn).items()]

    def add(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Adds tags or changes their values.

        Raises:
            AwsError: there is no such resource, or it would have more than 50 tags.
        """
        with self._lock:
            entry = self._entry(arn)
            merged = entry | {tag["Key"]: tag["Value"] for tag in tags}
            if len(merged) > _LIMIT:
                raise validation_error(f"got {len(merged)} tags for {arn}, expected at most {_LIMIT}")
            entry.update(merged)

    def remove(self, arn: str, keys: list[str]) -> None:
        """Removes tags; keys that it does not have are passed over.

        Raises:
            AwsError: there is no such resource.
        """
        with self._lock:
            entry = self._entry(arn)
            for key in keys:
                entry.pop(key, None)

    def _entry(self, arn: str) -> dict[str, str]:
        if arn not in self._tags:
            raise validation_error(f'Could not find resource "{arn}".')
        return self._tags[arn]


@define(eq=False)
class TagOperations(ValidatedGroup):
    """AddTags, ListTags and DeleteTags."""

    service: ClassVar[str] = "sagemaker"
    _store: TagStore

    @operation("AddTags")
    def add_tags(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Adds tags; answers with all that the resource now has."""
        self._store.add(request["ResourceArn"], request["Tags"])
        return {"Tags": self._store.of(request["ResourceArn"])}

    @operation("ListTags")
    def list_tags(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All tags, on one page: there are at most 50."""
        return {"Tags": self._store.of(request["ResourceArn"])}

    @operation("DeleteTags")
    def delete_tags(self, _context: RequestContext, request: dict[str, Any]) -> None:
        """Removes tags."""
        self._store.remove(request["ResourceArn"], request["TagKeys"])
