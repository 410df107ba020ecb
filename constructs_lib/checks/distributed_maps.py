"""Distributed Maps: what Step Functions asks of them, and of the executions that they start."""

import re
from collections import Counter
from collections.abc import Iterator

from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.map_items import CsvItems, ItemReader, JsonItems
from constructs_lib.definitions.steps.base import Step, TaskStep, inner_steps
from constructs_lib.definitions.steps.branches import DistributedMapStep, IteratingStep
from constructs_lib.definitions.tokens import has_text_token
from constructs_lib.definitions.values import MapBatch, MapItem, Reference

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,40}")
_POINTER = re.compile(r"(/[^/]+)*")
_MOST_AT_ONCE = 10_000
_MOST_ITEMS = 100_000_000
_MOST_BYTES = 262_144
_MOST_FAILURES = 99_999_999


@rule
def distributed_maps_are_within_limits(subject: Subject) -> Iterator[Problem]:
    """The limits of Step Functions' fields."""
    for step in _distributed(subject):
        batch, items = step.batch, step.items
        numbers = [
            ("max_concurrency", step.max_concurrency, 0, _MOST_AT_ONCE),
            ("tolerated_failure_count", step.tolerated_failure_count, 0, _MOST_FAILURES),
            ("tolerated_failure_percentage", step.tolerated_failure_percentage, 0, 100),
            ("batch.max_items", None if batch is None else batch.max_items, 1, _MOST_ITEMS),
            ("batch.max_bytes", None if batch is None else batch.max_bytes, 1, _MOST_BYTES),
            ("items.max_items", items.max_items if isinstance(items, ItemReader) else None, 1, _MOST_ITEMS),
        ]
        for path, value, low, high in numbers:
            if value is not None and not low <= value <= high:
                yield Problem(step=step.name, path=path, message=f"got {value}, expected {low} to {high}")
        if batch is not None and batch.max_items is None and batch.max_bytes is None:
            yield Problem(step=step.name, path="batch", message="expected max_items, max_bytes or both")


@rule
def files_of_items_can_be_read(subject: Subject) -> Iterator[Problem]:
    """Columns without names of their own, and a pointer that is none, fail the state when it reads."""
    for step in _distributed(subject):
        headers = step.items.headers if isinstance(step.items, CsvItems) else ()
        for name, count in Counter(headers).items():
            if count > 1 or not name:
                message = f"got {name!r} {count} times, expected names that differ"
                yield Problem(step=step.name, path="items.headers", message=message)
        if isinstance(step.items, JsonItems) and not _POINTER.fullmatch(step.items.pointer):
            message = f"got {shown(step.items.pointer)}, expected a pointer such as '/data/rows'"
            yield Problem(step=step.name, path="items.pointer", message=message)


@rule
def distributed_maps_have_labels_of_their_own(subject: Subject) -> Iterator[Problem]:
    """The label stands in the ARNs of a Map's executions, and in the permissions on them."""
    steps = list(_distributed(subject))
    for step in steps:
        if has_text_token(step.label) or not _LABEL.fullmatch(step.label):
            message = f"got {shown(step.label)}, expected 1 to 40 letters, digits, '-' or '_'"
            yield Problem(step=step.name, path="label", message=message)
    counts = Counter(step.label for step in steps)
    for step in steps:
        if counts[step.label] > 1:
            message = f"got {step.label!r}, which is the label of another Map, too; give each its own"
            yield Problem(step=step.name, path="label", message=message)


@rule
def batches_are_read_as_such(subject: Subject) -> Iterator[Problem]:
    """An execution gets an item or a batch, and not both."""
    nearest: dict[int, IteratingStep] = {}
    around: dict[int, DistributedMapStep] = {}
    for repeat in (found for found in subject.flow.listed if isinstance(found, IteratingStep)):  # outer ones first
        for inner in inner_steps(repeat):
            nearest[id(inner)] = repeat
            if isinstance(repeat, DistributedMapStep):
                around[id(inner)] = repeat
    for scope, handlers in subject.flow.handlers.items():
        inside = [number for number, found in subject.flow.scopes.items() if found.ending is scope]
        for number in inside:
            nearest |= {key: nearest[number] for key in handlers if number in nearest}
            around |= {key: around[number] for key in handlers if number in around}
    for step, value, places in _reads(subject, nearest, around):
        item_of, batch_of = places
        if isinstance(value, MapItem) and isinstance(item_of, DistributedMapStep) and item_of.batch is not None:
            message = f"reads {value!r}, expected MAP_BATCH: {item_of.name!r} has batches"
            yield Problem(step=step.name, message=message)
        if isinstance(value, MapBatch) and (batch_of is None or batch_of.batch is None):
            message = f"reads {value!r}, expected only in the steps of a DistributedMapStep with batches"
            yield Problem(step=step.name, message=message)


@rule
def express_executions_wait_for_nothing(subject: Subject) -> Iterator[Problem]:
    """Step Functions refuses .sync and .waitForTaskToken, and further distributed Maps, in express executions."""
    for step in _distributed(subject):
        for inner in inner_steps(step) if step.execution_type == "EXPRESS" else ():
            waits = isinstance(inner, TaskStep) and inner.integration.pattern != "request"
            if waits or isinstance(inner, DistributedMapStep):
                does = "waits for what it starts" if waits else "is a distributed Map"
                message = f"{does}, expected the execution type STANDARD of {step.name!r}"
                yield Problem(step=inner.name, message=message)


def _distributed(subject: Subject) -> Iterator[DistributedMapStep]:
    return (step for step in subject.all_steps if isinstance(step, DistributedMapStep))


Places = tuple[IteratingStep | None, DistributedMapStep | None]


def _reads(
    subject: Subject, nearest: dict[int, IteratingStep], around: dict[int, DistributedMapStep]
) -> Iterator[tuple[Step, Reference, Places]]:
    """Every reference, with the Map whose item it would read, and the distributed one whose batch."""
    for step, value in subject.used:
        yield step, value, (nearest.get(id(step)), around.get(id(step)))
    for repeat, value in subject.results:  # read inside, at the end of an iteration
        own = repeat if isinstance(repeat, DistributedMapStep) else around.get(id(repeat))
        yield repeat, value, (repeat, own)
