"""A state machine definition, compiled: every path and expression read once, before any execution.

One class a state type, each with just what the interpreter asks of it. The JSON it comes from has passed the checks
of `validation`.
"""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from local_aws.stepfunctions.language.choices import Condition
from local_aws.stepfunctions.language.resources import Resource
from local_aws.stepfunctions.language.templates import Value


@frozen(kw_only=True)
class Retrier:
    """One entry of Retry.

    Attributes:
        errors: the names it takes.
        interval_seconds: before the first retry.
        max_attempts: how many retries; 0 is none.
        backoff_rate: by which the interval grows with each retry.
        max_delay_seconds: the longest interval; None is no bound.
        full_jitter: whether the wait is drawn between zero and the interval.
    """

    errors: tuple[str, ...]
    interval_seconds: float = 1.0
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay_seconds: float | None = None
    full_jitter: bool = False

    def delay(self, attempt: int) -> float:
        """Seconds before retry number `attempt` (the first is 1), before jitter."""
        try:
            seconds = self.interval_seconds * self.backoff_rate ** (attempt - 1)
        except OverflowError:
            seconds = float("inf")
        return seconds if self.max_delay_seconds is None else min(seconds, self.max_delay_seconds)


@frozen(kw_only=True)
class Catcher:
    """One entry of Catch.

    Attributes:
        errors: the names it takes.
        next: the state that follows.
        output: the next state's input, from an environment whose current value is the error.
        assign: variables to set, in the same environment; None sets none.
    """

    errors: tuple[str, ...]
    next: str
    output: Value
    assign: Value | None


@frozen(kw_only=True)
class Flow:
    """How a state's input becomes arguments, and its result output.

    Attributes:
        effective: the current value (JSONPath: after InputPath), from the raw environment.
        arguments: what the state works on, from the effective environment.
        output: what the next state gets, from an environment whose current value is the raw result.
        assign: variables to set, in the same environment; None sets none.
    """

    effective: Value
    arguments: Value
    output: Value
    assign: Value | None


@frozen(kw_only=True)
class State:
    """What every state has.

    Attributes:
        name: unique in the whole definition.
        type: such as ``Task``.
        next: the following state's name; None for a terminal state.
        flow: its data flow.
        retry: in order.
        catch: in order.
    """

    name: str
    type: str
    next: str | None
    flow: Flow
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@frozen(kw_only=True)
class PassState(State):
    """Hands on its input, or a fixed result; None where it has none."""

    result: Value | None


@frozen(kw_only=True)
class SucceedState(State):
    """Ends its state machine with success."""


@frozen(kw_only=True)
class FailState(State):
    """Ends its state machine with an error.

    Attributes:
        error: its name; None where it gives none.
        cause: for a reader; None where it gives none.
    """

    error: Value | None
    cause: Value | None


@frozen(kw_only=True)
class Rule:
    """One rule of a Choice state: where `condition` holds, `next` follows."""

    condition: Condition
    next: str
    output: Value | None
    assign: Value | None


@frozen(kw_only=True)
class ChoiceState(State):
    """Goes to the first rule's state whose condition holds, else to the default; None where it has none."""

    rules: tuple[Rule, ...]
    default: str | None


@frozen(kw_only=True)
class WaitState(State):
    """Waits.

    Attributes:
        until: the point in time, in seconds since the epoch, from the effective environment and the time now.
    """

    until: "WaitEnd"


@frozen(kw_only=True)
class WaitEnd:
    """When a Wait state ends.

    Attributes:
        field: ``Seconds``, ``Timestamp``, ``SecondsPath`` or ``TimestampPath``.
        value: the number of seconds or the timestamp.
        path: the path's text for a ``...Path`` field.
    """

    field: str
    value: Value
    path: str = ""


@frozen(kw_only=True)
class TaskState(State):
    """Does work outside.

    Attributes:
        resource: what is called.
        timeout: seconds that one attempt may take; None is no bound.
        heartbeat: seconds between heartbeats; None is no bound.
        credentials: the role to take instead of the execution's; None is the execution's.
    """

    resource: Resource
    timeout: Value | None
    heartbeat: Value | None
    credentials: Value | None


@frozen(kw_only=True)
class ParallelState(State):
    """Runs its branches side by side; its result is the list of theirs."""

    branches: "tuple[Machine, ...]"


@frozen(kw_only=True)
class MapState(State):
    """Runs its processor for each item; its result is the list of theirs.

    Attributes:
        items: the list, from the effective environment.
        selector: an iteration's input, from the effective environment with the item in the context; None: the item.
        max_concurrency: iterations at once; 0 is as many as there are.
        processor: what runs.
    """

    items: Value
    selector: Value | None
    max_concurrency: Value
    processor: "Machine"


@frozen(kw_only=True)
class ItemReader:
    """Where a distributed Map has its items from.

    Attributes:
        action: ``getObject`` or ``listObjectsV2`` of S3.
        arguments: of the call, from the effective environment.
        config: ReaderConfig, as it was written.
        max_items: the most that are taken; None is no bound.
    """

    action: str
    arguments: Value
    config: Mapping[str, Any]
    max_items: Value | None


@frozen(kw_only=True)
class ItemBatcher:
    """How items go together.

    Attributes:
        max_items: of a batch; None is no bound.
        max_bytes: of a batch; None is no bound.
        input: what every batch gets besides; None is nothing.
    """

    max_items: Value | None
    max_bytes: Value | None
    input: Value | None


@frozen(kw_only=True)
class ResultWriter:
    """Where a distributed Map puts its results.

    Attributes:
        arguments: Bucket and Prefix, from the effective environment; None: the results are not put anywhere.
        transformation: ``NONE``, ``COMPACT`` or ``FLATTEN``.
        lines: whether a result stands in each line (JSONL), and not all in one array.
    """

    arguments: Value | None
    transformation: str
    lines: bool


@frozen(kw_only=True)
class DistributedMapState(MapState):
    """Runs its processor for each item, or batch of items, in an execution of its own.

    Attributes:
        reader: None: the items are in the state's input.
        batcher: None: each item goes alone.
        writer: None: the results are the state's result.
        label: in the ARNs of its executions.
        express: whether these are of type EXPRESS.
        tolerated_count: of items that may fail; None is not told.
        tolerated_percentage: of items that may fail; None is not told.
    """

    reader: ItemReader | None
    batcher: ItemBatcher | None
    writer: ResultWriter | None
    label: str
    express: bool
    tolerated_count: Value | None
    tolerated_percentage: Value | None


@frozen(kw_only=True)
class Machine:
    """A state machine, a branch or an item processor.

    Attributes:
        start_at: its first state.
        states: every state by name.
        timeout_seconds: of the whole; None is no bound.
        raw: the JSON.
    """

    start_at: str
    states: Mapping[str, State]
    timeout_seconds: float | None = None
    raw: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)
