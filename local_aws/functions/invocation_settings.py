"""How a function is invoked: reserved concurrency, and retries and destinations of asynchronous events."""

import re
from datetime import UTC, datetime
from typing import Any

from attrs import define

from local_aws.functions.names import LATEST, FunctionName
from local_aws.functions.records import Function, Registry
from local_aws.functions.runner import ACCOUNT_CONCURRENCY
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.pages import page

_UNRESERVED_LEFT = 100
_DESTINATION = re.compile(r"arn:aws[a-zA-Z-]*:(sqs|sns|lambda|events|s3):.+")


@define(eq=False)
class InvocationSettings(OperationGroup):
    """Concurrency and event invoke configuration.

    Args:
        registry: the functions.
    """

    service = "lambda"

    registry: Registry

    @operation("PutFunctionConcurrency")
    def put_function_concurrency(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Reserves concurrency; 0 stops every invocation."""
        name = FunctionName.read(context, request["FunctionName"])
        function = self.registry.function(name)
        wanted = request["ReservedConcurrentExecutions"]
        if wanted < 0:
            raise _invalid(f"ReservedConcurrentExecutions must be 0 or more: got {wanted}")
        with self.registry.lock:
            functions = self.registry.region(name.account, name.region).functions.values()
            others = sum(other.reserved_concurrency or 0 for other in functions if other is not function)
            if ACCOUNT_CONCURRENCY - others - wanted < _UNRESERVED_LEFT:
                raise _invalid(
                    "Specified ReservedConcurrentExecutions for function decreases account's "
                    f"UnreservedConcurrentExecution below its minimum value of [{_UNRESERVED_LEFT}]."
                )
            function.reserved_concurrency = wanted
        return {"ReservedConcurrentExecutions": wanted}

    @operation("GetFunctionConcurrency")
    def get_function_concurrency(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """What is reserved; nothing where nothing is."""
        function = self.registry.function(FunctionName.read(context, request["FunctionName"]))
        if function.reserved_concurrency is None:
            return {}
        return {"ReservedConcurrentExecutions": function.reserved_concurrency}

    @operation("DeleteFunctionConcurrency")
    def delete_function_concurrency(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Gives reserved concurrency back."""
        self.registry.function(FunctionName.read(context, request["FunctionName"])).reserved_concurrency = None

    @operation("PutFunctionEventInvokeConfig")
    def put_function_event_invoke_config(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Sets retries, age and destinations of asynchronous events; what is not given goes back to its default."""
        return self._configure(context, request, {})

    @operation("UpdateFunctionEventInvokeConfig")
    def update_function_event_invoke_config(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes single members of the configuration."""
        name, function, key = self._named(context, request)
        return self._configure(context, request, self._found(function, name, key))

    @operation("GetFunctionEventInvokeConfig")
    def get_function_event_invoke_config(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The configuration of a function, version or alias."""
        name, function, key = self._named(context, request)
        return _described(name, key, self._found(function, name, key))

    @operation("DeleteFunctionEventInvokeConfig")
    def delete_function_event_invoke_config(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes the configuration."""
        name, function, key = self._named(context, request)
        self._found(function, name, key)
        with self.registry.lock:
            del function.event_invoke[key]

    @operation("ListFunctionEventInvokeConfigs")
    def list_function_event_invoke_configs(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The configurations of all qualifiers of a function."""
        name, function, _ = self._named(context, request)
        with self.registry.lock:
            found = [_described(name, key, value) for key, value in sorted(function.event_invoke.items())]
        items, marker = page(found, request.get("Marker"), request.get("MaxItems"), 50)
        return {"FunctionEventInvokeConfigs": items, "NextMarker": marker}

    def _named(self, context: RequestContext, request: dict[str, Any]) -> tuple[FunctionName, Function, str]:
        name = FunctionName.read(context, request["FunctionName"], request.get("Qualifier"))
        function = self.registry.function(name)
        function.version(name)
        return name, function, name.qualifier or LATEST

    def _found(self, function: Function, name: FunctionName, key: str) -> dict[str, Any]:
        if key not in function.event_invoke:
            raise AwsError(
                "ResourceNotFoundException",
                f"The function {name.qualified(key).arn} doesn't have an EventInvokeConfig",
                Type="User",
            )
        return function.event_invoke[key]

    def _configure(self, context: RequestContext, request: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        name, function, key = self._named(context, request)
        retries, age = request.get("MaximumRetryAttempts"), request.get("MaximumEventAgeInSeconds")
        if retries is not None and not 0 <= retries <= 2:
            raise _invalid(f"MaximumRetryAttempts must lie between 0 and 2: got {retries}")
        if age is not None and not 60 <= age <= 21_600:
            raise _invalid(f"MaximumEventAgeInSeconds must lie between 60 and 21600: got {age}")
        for ending in ("OnSuccess", "OnFailure"):
            destination = request.get("DestinationConfig", {}).get(ending, {}).get("Destination")
            if not destination:
                continue
            match = _DESTINATION.fullmatch(destination)
            if match is None:
                raise _invalid(f"The provided destination config {ending} is invalid: got '{destination}'")
            if match[1] == "s3":
                raise NotAvailableLocallyError("S3 destinations of asynchronous Lambda invocations")
            if destination == name.unqualified().arn:
                raise _invalid("You can't specify the function as a destination for itself.")
        members = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
        settings = {**before, **{m: request[m] for m in members if request.get(m) is not None}}
        settings["LastModified"] = datetime.now(UTC)
        with self.registry.lock:
            function.event_invoke[key] = settings
        return _described(name, key, settings)


def _described(name: FunctionName, key: str, settings: dict[str, Any]) -> dict[str, Any]:
    destinations = {"OnSuccess": {}, "OnFailure": {}, **settings.get("DestinationConfig", {})}
    return {**settings, "DestinationConfig": destinations, "FunctionArn": name.qualified(key).arn}


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")
