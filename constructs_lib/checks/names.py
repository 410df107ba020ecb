"""Names of workflows and steps."""

import re
from collections import Counter
from collections.abc import Iterator

from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.wording import shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.tokens import has_text_token

_LONGEST = 80
WORKFLOW_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
"""What Step Functions takes as the name of a state machine."""


@rule
def workflow_has_a_legal_name(subject: Subject) -> Iterator[Problem]:
    """Step Functions names state machines with 1 to 80 letters, digits, hyphens and underscores."""
    name = subject.definition.name
    if isinstance(name, str) and not has_text_token(name) and not WORKFLOW_NAME.fullmatch(name):
        yield Problem(path="name", message=f"got {shown(name)}, expected 1 to 80 letters, digits, '-' or '_'")


@rule
def steps_have_legal_names(subject: Subject) -> Iterator[Problem]:
    """A state's name has 1 to 80 characters; helper states of a step are called by its name, a colon and a space."""
    for step in subject.all_steps:
        if has_text_token(step.name):
            yield Problem(step=step.name, path="name", message=f"got {shown(step.name)}, expected a plain text")
        elif not 1 <= len(step.name) <= _LONGEST:
            yield Problem(
                step=step.name, path="name", message=f"got {len(step.name)} characters, expected 1 to {_LONGEST}"
            )
        elif not step.name.isprintable() or step.name != step.name.strip():
            yield Problem(
                step=step.name,
                path="name",
                message=f"got {shown(step.name)}, expected printable characters with no space at either end",
            )
        elif ": " in step.name:
            yield Problem(
                step=step.name,
                path="name",
                message=f"got {shown(step.name)}, expected a name without ': ', which is kept for helper states",
            )


@rule
def steps_have_names_of_their_own(subject: Subject) -> Iterator[Problem]:
    """The states of a state machine are known by their names."""
    for name, count in Counter(step.name for step in subject.all_steps).items():
        if count > 1:
            yield Problem(step=name, path="name", message=f"got {count} steps of this name, expected one")


@rule
def waiting_steps_leave_room_for_helper_names(subject: Subject) -> Iterator[Problem]:
    """A step that waits in a loop has helper states whose names, made of its own, must fit 80 characters too."""
    for step in subject.tasks:
        room = _LONGEST if step.wait_loop is None else _LONGEST - len(f": not {step.wait_loop.goal}")
        if room < len(step.name) <= _LONGEST:
            yield Problem(
                step=step.name,
                path="name",
                message=f"got {len(step.name)} characters, expected at most {room}: helper states are named after it",
            )
