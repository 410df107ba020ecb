"""The tables that ``mlops diff`` prints."""

from rich.table import Table
from rich.text import Text

from constructs_lib.rendering.pipeline_changes import StepChange
from constructs_lib.rendering.state_changes import StateChange
from mlops_cli.changes.comparison import Comparison
from mlops_cli.presentation import console, say

_COLOURS = {"cached": "green", "unchanged": "green", "removed": "yellow"}
_AROUND = "(the definition around them)"


def show(comparison: Comparison) -> None:
    """Prints what becomes of a workflow, and what is not known of it."""
    if comparison.changes:
        console.print(change_table(comparison))
    else:
        say(comparison.names[0])
    for note in comparison.notes:
        say(f"  {note}")


def change_table(comparison: Comparison) -> Table:
    """A row for each step of a pipeline, or for each state of a state machine."""
    table = Table(title=Text(comparison.names[0]), title_justify="left")
    steps = any(isinstance(change, StepChange) for change in comparison.changes)
    for name in ("step" if steps else "state", "next execution" if steps else "change", "why" if steps else "where"):
        table.add_column(name, overflow="fold")
    for change in comparison.changes:
        name, verdict, why = _step_row(change, comparison) if isinstance(change, StepChange) else _state_row(change)
        table.add_row(Text(name), Text(verdict, style=_COLOURS.get(verdict, "cyan")), Text(why))
    return table


def _step_row(change: StepChange, comparison: Comparison) -> tuple[str, str, str]:
    verdict = {"removed": "removed", "unchanged": "cached", "upstream": "may rerun"}.get(change.change, "reruns")
    why = {
        "added": "it is new",
        "changed": "\n".join(change.paths),
        "removed": "",
        "stale": comparison.reasons.get(change.step, ""),
        "uncached": "it has no cache",
        "unchanged": "unchanged" + (f", and kept for {change.cached_for}" if change.cached_for else ""),
        "upstream": f"unless what it reads of {', '.join(change.because_of)} is as before",
    }[change.change]
    return change.step, verdict, why


def _state_row(change: StateChange) -> tuple[str, str, str]:
    return change.state or _AROUND, change.change, "\n".join(change.paths)
