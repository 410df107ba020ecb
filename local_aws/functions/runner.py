"""Carries out single invocations: version, concurrency, environment, metrics."""

import contextlib
import random
from collections.abc import Iterator

from attrs import define
from botocore.exceptions import ClientError

from local_aws.functions.environments import Invocation, Outcome
from local_aws.functions.function_metrics import FunctionMetrics
from local_aws.functions.names import FunctionName
from local_aws.functions.pool import EnvironmentPool
from local_aws.functions.records import Function, FunctionVersion, Registry
from local_aws.gateway.errors import AwsError

ACCOUNT_CONCURRENCY = 1000


@define(eq=False)
class Runner:
    """Runs handlers.

    Args:
        registry: the functions.
        pool: their execution environments.
        metrics: counts what happens.
    """

    registry: Registry
    pool: EnvironmentPool
    metrics: FunctionMetrics

    def resolve(self, name: FunctionName) -> FunctionVersion:
        """The version that an invocation runs; an alias with weights picks one by chance.

        Raises:
            AwsError: ``ResourceNotFoundException``.
        """
        function = self.registry.function(name)
        with self.registry.lock:
            alias = function.aliases.get(name.qualifier or "")
            if alias is not None:
                drawn = random.random()  # noqa: S311 - a share of traffic, not a secret
                for version, weight in alias.weights.items():
                    if drawn < weight:
                        return function.version(name.qualified(version))
                    drawn -= weight
            return function.version(name)

    def run(self, name: FunctionName, version: FunctionVersion, invocation: Invocation) -> Outcome:
        """Runs a handler once, and counts it.

        Raises:
            AwsError: ``TooManyRequestsException`` above the concurrency that is reserved for it or left to it;
                ``InvalidParameterValueException`` where its role cannot be assumed.
        """
        function = self.registry.function(name)
        with self._slot(function, version):
            try:
                with self.pool.environment(version) as environment:
                    outcome = environment.invoke(invocation)
            except ClientError as error:
                self.pool.forget_session(version)
                raise AwsError(
                    "InvalidParameterValueException",
                    f"The role defined for the function cannot be assumed by Lambda: {error}",
                    Type="User",
                ) from error
        self.metrics.record(
            version.name,
            Invocations=1,
            Errors=0 if outcome.function_error is None else 1,
            Duration=outcome.duration,
            Throttles=0,
        )
        return outcome

    @contextlib.contextmanager
    def _slot(self, function: Function, version: FunctionVersion) -> Iterator[None]:
        with self.registry.lock:
            region = self.registry.region(version.name.account, version.name.region)
            reserved = function.reserved_concurrency
            if reserved is not None:
                reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
                free = function.in_flight < reserved
            else:
                reason = "ConcurrentInvocationLimitExceeded"
                others = [other for other in region.functions.values() if other.reserved_concurrency is None]
                left = ACCOUNT_CONCURRENCY - sum(f.reserved_concurrency or 0 for f in region.functions.values())
                free = sum(other.in_flight for other in others) < left
            if free:
                function.in_flight += 1
        if not free:
            self.metrics.record(version.name, Throttles=1)
            raise AwsError("TooManyRequestsException", "Rate Exceeded.", Reason=reason, Type="User")
        try:
            yield
        finally:
            with self.registry.lock:
                function.in_flight -= 1
