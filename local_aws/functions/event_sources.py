"""Event source mappings: functions that are fed from SQS queues."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from local_aws.functions.names import FunctionName
from local_aws.functions.queue_poller import QueuePoller
from local_aws.functions.records import Registry
from local_aws.functions.runner import Runner
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.pages import page
from local_aws.platform import Platform

_QUEUE = re.compile(r"arn:aws[a-zA-Z-]*:sqs:[a-z0-9-]+:\d{12}:[a-zA-Z0-9_.-]+")
_MEMBERS = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FunctionResponseTypes",
    "ScalingConfig",
)
_REFUSED = ("FilterCriteria", "ProvisionedPollerConfig", "SelfManagedEventSource", "KMSKeyArn")


@define(kw_only=True)
class Mapping:
    """One mapping.

    Attributes:
        uuid: its id.
        region: region of the function.
        account: account of the function.
        source: the queue's ARN.
        function: the function as it was named.
        settings: the members that a client sets.
        poller: reads the queue; None while disabled.
        modified: time of the last change.
        tags: of the mapping.
    """

    uuid: str
    region: str
    account: str
    source: str
    function: FunctionName
    settings: dict[str, Any]
    poller: QueuePoller | None = None
    modified: datetime = field(factory=lambda: datetime.now(UTC))

    def describe(self) -> dict[str, Any]:
        """The members of an EventSourceMappingConfiguration."""
        result = "No records processed" if self.poller is None else self.poller.last_result
        return {
            **self.settings,
            "UUID": self.uuid,
            "EventSourceArn": self.source,
            "EventSourceMappingArn": f"arn:aws:lambda:{self.region}:{self.account}:event-source-mapping:{self.uuid}",
            "FunctionArn": self.function.arn,
            "LastModified": self.modified,
            "LastProcessingResult": result,
            "State": "Disabled" if self.poller is None else "Enabled",
            "StateTransitionReason": "USER_INITIATED",
        }


@define(kw_only=True, eq=False)
class EventSourceMappings(OperationGroup):
    """Mappings of SQS queues to functions; other sources are refused.

    Attributes:
        platform: the local AWS.
        registry: the functions.
        runner: runs batches.
    """

    service = "lambda"

    platform: Platform
    registry: Registry
    runner: Runner
    _mappings: dict[str, Mapping] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.platform.on_stop(self._stop)

    @operation("CreateEventSourceMapping")
    def create_event_source_mapping(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Starts to feed a function from a queue."""
        source = request.get("EventSourceArn") or ""
        for member in _REFUSED:
            if request.get(member):
                raise NotAvailableLocallyError(f"{member} of Lambda event source mappings")
        if not _QUEUE.fullmatch(source):
            raise NotAvailableLocallyError(f"event source mappings from '{source}': it reads SQS queues only")
        name = FunctionName.read(context, request["FunctionName"])
        version = self.registry.function(name).version(name)
        settings = _settings(source, {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0}, request)
        credentials = self.runner.pool.credentials(version)
        QueuePoller.check(self.platform, source, credentials, timeout=version.settings["Timeout"])
        mapping = Mapping(
            uuid=str(uuid.uuid4()),
            region=name.region,
            account=name.account,
            source=source,
            function=name,
            settings=settings,
        )
        with self.registry.lock:
            for other in self._mappings.values():
                if (other.source, other.function) == (source, name):
                    raise AwsError(
                        "ResourceConflictException",
                        f'An event source mapping with SQS arn (" {source} ") and function (" {name.name} ") already '
                        f"exists. Please update or delete the existing mapping with UUID {other.uuid}",
                        Type="User",
                    )
            self._mappings[mapping.uuid] = mapping
        answer = {**mapping.describe(), "State": "Creating"}
        if request.get("Enabled", True):
            self._start(mapping)
        return answer

    @operation("GetEventSourceMapping")
    def get_event_source_mapping(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """A mapping and its state."""
        return self._mapping(context, request).describe()

    @operation("ListEventSourceMappings")
    def list_event_source_mappings(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The mappings of the region, of a source, or of a function."""
        name = FunctionName.read(context, request["FunctionName"]) if request.get("FunctionName") else None
        with self.registry.lock:
            found = [
                mapping.describe()
                for mapping in self._mappings.values()
                if (mapping.account, mapping.region) == (context.account, context.region)
                and (name is None or mapping.function.unqualified() == name.unqualified())
                and request.get("EventSourceArn") in (None, mapping.source)
            ]
        items, marker = page(found, request.get("Marker"), request.get("MaxItems"), 100)
        return {"EventSourceMappings": items, "NextMarker": marker}

    @operation("UpdateEventSourceMapping")
    def update_event_source_mapping(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes a mapping; batches that run are finished first."""
        for member in _REFUSED:
            if request.get(member):
                raise NotAvailableLocallyError(f"{member} of Lambda event source mappings")
        mapping = self._mapping(context, request)
        name = FunctionName.read(context, request["FunctionName"]) if request.get("FunctionName") else mapping.function
        self.registry.function(name).version(name)
        settings = _settings(mapping.source, mapping.settings, request)
        enabled = request.get("Enabled", mapping.poller is not None)
        if mapping.poller is not None:
            mapping.poller.stop()
        mapping.poller = None
        mapping.function, mapping.settings, mapping.modified = name, settings, datetime.now(UTC)
        if enabled:
            self._start(mapping)
        return {**mapping.describe(), "State": "Updating"}

    @operation("DeleteEventSourceMapping")
    def delete_event_source_mapping(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Stops feeding the function."""
        mapping = self._mapping(context, request)
        with self.registry.lock:
            del self._mappings[mapping.uuid]
        if mapping.poller is not None:
            mapping.poller.stop()
        return {**mapping.describe(), "State": "Deleting"}

    def _mapping(self, context: RequestContext, request: dict[str, Any]) -> Mapping:
        with self.registry.lock:
            mapping = self._mappings.get(request["UUID"])
        if mapping is None or (mapping.account, mapping.region) != (context.account, context.region):
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", Type="User")
        return mapping

    def _start(self, mapping: Mapping) -> None:
        mapping.poller = QueuePoller(
            platform=self.platform,
            runner=self.runner,
            source=mapping.source,
            function=mapping.function,
            batch_size=mapping.settings["BatchSize"],
            window_seconds=mapping.settings["MaximumBatchingWindowInSeconds"],
            partial_failures="ReportBatchItemFailures" in mapping.settings.get("FunctionResponseTypes", ()),
        )
        mapping.poller.start()

    def _stop(self) -> None:
        with self.registry.lock:
            pollers = [mapping.poller for mapping in self._mappings.values() if mapping.poller is not None]
        for poller in pollers:
            poller.stop()


def _settings(source: str, before: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    settings = {**before, **{member: request[member] for member in _MEMBERS if request.get(member) is not None}}
    size, window = settings["BatchSize"], settings["MaximumBatchingWindowInSeconds"]
    fifo = source.endswith(".fifo")
    if not 1 <= size <= (10 if fifo else 10_000):
        raise _invalid(f"BatchSize must lie between 1 and {10 if fifo else 10_000} for {source}: got {size}")
    if not 0 <= window <= 300 or (fifo and window):
        raise _invalid(f"MaximumBatchingWindowInSeconds must lie between 0 and 300, and be 0 for FIFO: got {window}")
    if size > 10 and window < 1:
        raise _invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )
    return settings


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")
