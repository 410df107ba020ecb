"""Values that are known only when the workflow runs.

Such a value stands in a definition in the place of the text or number that it will be. It is no text and no number
itself: ``str()``, ``int()``, ``+`` and comparisons with plain values raise a TypeError that says what to use instead.
"""

from collections.abc import Sequence
from typing import Any, Literal, NoReturn

from attrs import field, frozen

from constructs_lib.definitions.freezing import JSON_FORM, PLAIN, freeze_fields

ValueType = Literal["string", "integer", "number", "boolean", "document"]
"""What a value will be; a ``document`` is any JSON."""


class Reference:
    """A value that is known only when the workflow runs. Two references are equal if they stand for the same value."""

    __slots__ = ()

    def _refuse(self, operation: str) -> NoReturn:
        raise TypeError(
            f"{self!r} is known only when the workflow runs: {operation} has no answer now; "
            "pass the reference itself, or build a text from it with Join"
        )

    def __str__(self) -> str:  # noqa: PLE0307 - it raises
        self._refuse("str()")

    def __format__(self, format_spec: str) -> str:
        self._refuse("format()")

    def __bool__(self) -> bool:  # noqa: PLE0304 - it raises
        self._refuse("bool()")

    def __int__(self) -> int:
        self._refuse("int()")

    def __index__(self) -> int:  # noqa: PLE0305 - it raises
        self._refuse("int()")

    def __float__(self) -> float:
        self._refuse("float()")

    def __len__(self) -> int:  # noqa: PLE0303 - it raises
        self._refuse("len()")

    def __add__(self, other: object) -> NoReturn:
        self._refuse("+")

    __radd__ = __add__

    def __sub__(self, other: object) -> NoReturn:
        self._refuse("-")

    __rsub__ = __sub__

    def __mul__(self, other: object) -> NoReturn:
        self._refuse("*")

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> NoReturn:
        self._refuse("/")

    __rtruediv__ = __truediv__

    def __mod__(self, other: object) -> NoReturn:
        self._refuse("%")

    __rmod__ = __mod__

    def __lt__(self, other: object) -> NoReturn:
        self._refuse("a comparison")

    __le__ = __gt__ = __ge__ = __lt__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Reference):
            return repr(self) == repr(other)
        if isinstance(other, str | int | float | bytes):
            self._refuse("a comparison")
        return False

    def __hash__(self) -> int:
        return hash(repr(self))


Text = str | Reference
"""A text: plain, a CDK token, or known when the workflow runs."""

Whole = int | float | Reference
"""A whole number: plain, a CDK token (which Python sees as a float), or known when the workflow runs."""

Number = float | Reference
"""A number: plain, a CDK token, or known when the workflow runs."""


@frozen(eq=False)
class ExecutionInput(Reference):
    """A parameter of an execution: a member of the JSON object that StartExecution gets.

    Args:
        name: of the member: letters, digits, ``_`` and ``-``, not beginning with a digit; at most 80.
        description: for the people who start executions. Default: none.
        type: what the member must be. Default: a text.
        pattern: regular expression that a text must match as a whole. Default: the rules of the requests that
            the member goes into, such as those for a job's name.
        optional: the member may be missing; steps then ask by `is_present` before they read it. Default: it may not.

    Examples:
        >>> ExecutionInput("JobName", description="name of the training job")
        ExecutionInput('JobName')
    """

    name: str
    description: str | None = field(default=None, kw_only=True)
    type: ValueType = field(default="string", kw_only=True)
    pattern: str | None = field(default=None, kw_only=True)
    optional: bool = field(default=False, kw_only=True)

    def __repr__(self) -> str:
        return f"ExecutionInput({self.name!r})"


@frozen(eq=False)
class StepOutput(Reference):
    """A member of what a step gives back; made by ``step.output(path)``.

    Args:
        step: name of the step.
        path: the member, such as ``ModelArtifacts.S3ModelArtifacts`` or ``ProductionVariants[0].VariantName``.
    """

    step: str
    path: str


@frozen(eq=False)
class MapItem(Reference):
    """The item of an iteration, or a member of it; only in the steps of a Map, of which it is the nearest.

    Args:
        path: such as ``name`` or ``files[0]``. Default: the whole item.
    """

    path: str = ""


@frozen(eq=False)
class MapIndex(Reference):
    """The number of an item, from 0; see `MAP_INDEX`."""

    def __repr__(self) -> str:
        return "MAP_INDEX"


MAP_INDEX = MapIndex()
"""The number of an item, from 0; only in the steps of a Map, of which it is the nearest.

Where a distributed Map has batches, it is that of the batch's first item.
"""


@frozen(eq=False)
class MapBatch(Reference):
    """The items of a batch, as a list; see `MAP_BATCH`."""

    def __repr__(self) -> str:
        return "MAP_BATCH"


MAP_BATCH = MapBatch()
"""The items of a batch, as a list; only in the steps of a `DistributedMapStep` with batches."""


@frozen(eq=False, field_transformer=freeze_fields)
class Join(Reference):
    """A text put together from parts when the workflow runs.

    Args:
        separator: stands between the parts.
        parts: texts, numbers and references.

    Examples:
        >>> Join("/", ["s3://models", ExecutionInput("JobName")])
        Join('/', ('s3://models', ExecutionInput('JobName')))
    """

    separator: str
    parts: Sequence[str | float | Reference]

    def __repr__(self) -> str:
        return f"Join({self.separator!r}, {self.parts!r})"


@frozen(eq=False)
class UniqueName(Reference):
    """A name that no other execution gives: a prefix, and the MD5 sum of the execution's ARN.

    It fits the service's limit of 63 characters whatever the execution is called, since the prefix is cut to 27.
    It is the same in every state of an execution, so a model can be created under it in one state and named in another.

    Args:
        prefix: letters, digits and inner hyphens.
        per_attempt: adds the number of the attempt, so that a retry does not meet its own name. The name is then
            of use in one state only, and another one for each item of a distributed Map. Default: one name for the
            whole execution of the workflow.
    """

    prefix: str
    per_attempt: bool = field(default=False, kw_only=True)

    def __hash__(self) -> int:  # each job has such a name, and is looked up by it
        return hash(self.prefix)


@frozen(eq=False)
class ShortUniqueName(Reference):
    """A name of at most 32 characters that no other has: a prefix, and twelve random hexadecimal digits.

    It is another one in each state and attempt: of use where the name is given, and read from the state's output
    elsewhere. Tuning jobs need names this short.

    Args:
        prefix: 1 to 19 letters, digits and inner hyphens.
    """

    prefix: str


@frozen(eq=False)
class ContextValue(Reference):
    """Something that Step Functions knows of the execution; see the constants of this module.

    Args:
        path: in the context object, such as ``Execution.Name``.
        type: what it is. Default: a text.
    """

    path: str
    type: ValueType = field(default="string", kw_only=True)

    def __repr__(self) -> str:
        return f"ContextValue({self.path!r})"


EXECUTION_ARN = ContextValue("Execution.Id")
"""The ARN of the execution."""

EXECUTION_NAME = ContextValue("Execution.Name")
"""The name of the execution: 1 to 80 characters, some of which names in SageMaker do not allow; see `UniqueName`."""

EXECUTION_START_TIME = ContextValue("Execution.StartTime")
"""When the execution started, in ISO 8601."""

STATE_MACHINE_ARN = ContextValue("StateMachine.Id")
"""The ARN of the state machine."""

TASK_TOKEN = ContextValue("Task.Token")
"""What answers a task that waits for a callback; only in the payload of such a task."""


@frozen(eq=False)
class CaughtValue(Reference):
    """A part of the error that a Catch caught; see `CAUGHT_ERROR` and `CAUGHT_CAUSE`."""

    member: Literal["Error", "Cause"]


CAUGHT_ERROR = CaughtValue("Error")
"""The name of the error that a Catch caught; only in the step that the Catch goes to."""

CAUGHT_CAUSE = CaughtValue("Cause")
"""The cause of the error that a Catch caught; only in the step that the Catch goes to."""


def references(value: Any) -> list[Reference]:
    """All references in a value, down to the parts of a `Join`."""
    found: list[Reference] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Reference]) -> None:
    form = JSON_FORM[type(value)]
    if form is None:
        if isinstance(value, Reference):
            found.append(value)
            if isinstance(value, Join):
                _collect(value.parts, found)
        return
    for inner in value if form is list else value.values():
        if type(inner) not in PLAIN:  # most values are
            _collect(inner, found)
