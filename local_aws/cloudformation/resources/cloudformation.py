"""AWS CloudFormation's own types: nested stacks, wait conditions, and CDK's metadata."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.callbacks import Callbacks
from local_aws.cloudformation.errors import OperationCancelledError, ResourceError
from local_aws.cloudformation.resources.custom import CustomResourceProvider
from local_aws.cloudformation.resources.provider import Provider, ResourceScope, Schema

_MAX_WAIT_SECONDS = 43_200
_LOOK_SECONDS = 1.0


class NestedStackProvider(Provider):
    """A nested stack; its outputs are the attributes ``Outputs.Name``."""

    type = "AWS::CloudFormation::Stack"
    schema = Schema.of(
        "NotificationARNs Parameters Tags TemplateURL TimeoutInMinutes", required="TemplateURL", attributes="StackId"
    )

    def has_attribute(self, name: str) -> bool:
        """Outputs, whichever the nested template has."""
        return name.startswith("Outputs.") or super().has_attribute(name)

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the nested stack and waits for it."""
        made: str = scope.services["nested"].create(scope, scope.name(128), properties)
        return made

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Updates the nested stack and waits for it."""
        del old
        scope.services["nested"].update(physical_id, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the nested stack and waits for it."""
        del properties
        scope.services["nested"].delete(physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The nested stack's outputs."""
        del properties
        outputs = scope.services["nested"].find(physical_id).outputs
        return {"StackId": physical_id, **{f"Outputs.{item['OutputKey']}": item["OutputValue"] for item in outputs}}


class WaitConditionHandleProvider(Provider):
    """A URL that takes signals; Ref is the URL."""

    type = "AWS::CloudFormation::WaitConditionHandle"
    schema = Schema.of("")

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Opens the URL."""
        del properties
        callbacks: Callbacks = scope.services["callbacks"]
        return scope.created(callbacks.open().url)

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Closes the URL."""
        del properties
        callbacks: Callbacks = scope.services["callbacks"]
        callback = callbacks.find(physical_id)
        if callback is not None:
            callbacks.close(callback)


class WaitConditionProvider(Provider):
    """Waits for signals on a handle."""

    type = "AWS::CloudFormation::WaitCondition"
    schema = Schema.of("Count Handle Timeout", attributes="Data")

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: a handle and a timeout in range."""
        yield from super().problems(properties)
        for name in ("Handle", "Timeout"):
            if name not in properties:
                yield f"Property {name} cannot be empty."
        timeout = str(properties.get("Timeout", 1))
        if not timeout.isdigit() or int(timeout) > _MAX_WAIT_SECONDS:
            yield f"Timeout must be a number of seconds up to {_MAX_WAIT_SECONDS}, got {timeout}"

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Waits for as many signals as Count says (default 1).

        Raises:
            ResourceError: a signal says FAILURE, or too few come in time.
        """
        callbacks: Callbacks = scope.services["callbacks"]
        callback = callbacks.find(str(properties["Handle"]))
        if callback is None:
            raise ResourceError("Handle: expected the Ref of a WaitConditionHandle of this stack")
        count, timeout = int(properties.get("Count", 1)), float(properties["Timeout"])
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            signals = callback.wait(count, min(_LOOK_SECONDS, max(left, 0.0)))
            failed = [signal for signal in signals if signal.get("Status") != "SUCCESS"]
            if failed:
                raise ResourceError(f"WaitCondition received failed message: '{failed[0].get('Reason', '')}'")
            by_id = {signal.get("UniqueId"): signal.get("Data", "") for signal in signals}
            if len(by_id) >= count:
                scope.kept["Data"] = json.dumps(by_id)
                return scope.created(f"{scope.stack_id}/{uuid.uuid4()}")
            if left <= 0:
                raise ResourceError(f"WaitCondition timed out. Received {len(by_id)} conditions when expecting {count}")
            if scope.cancelled.is_set():
                raise OperationCancelledError("Resource creation cancelled")

    def update_problems(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        """It has waited: nothing of it can change."""
        del old, new
        yield "Update to resource type AWS::CloudFormation::WaitCondition is not supported."

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The signals' data by their ids, as JSON."""
        del physical_id, properties
        return {"Data": scope.kept.get("Data", "{}")}


class MetadataProvider(Provider):
    """CDK's record of what an app was built with: nothing is made."""

    type = "AWS::CDK::Metadata"
    schema = Schema.of("Analytics Modules")

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Gives an id."""
        del properties
        return scope.created(str(uuid.uuid4()))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Nothing changes."""
        del scope, physical_id, old, new
        return None


PROVIDERS = (
    NestedStackProvider(),
    WaitConditionHandleProvider(),
    WaitConditionProvider(),
    MetadataProvider(),
    CustomResourceProvider(),
)
