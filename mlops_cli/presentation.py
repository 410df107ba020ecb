"""What commands print: a live table on a terminal, plain lines elsewhere."""

from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from constructs_lib.rendering.diagrams.run import duration
from mlops_cli.errors import CliError
from mlops_cli.failures import Failure
from mlops_cli.history import RUNNING, Progress, Step

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

_FRAME_LINES = 8
MARKS = {
    "RUNNING": ("…", "cyan"),
    "SUCCEEDED": ("✓", "green"),
    "FAILED": ("✗", "red"),
    "CACHED": ("✓", "green"),
    "REUSED": ("✓", "green"),
    "CAUGHT": ("✗", "yellow"),
    "TIMED_OUT": ("✗", "red"),
    "ABORTED": ("■", "yellow"),
}


def say(text: str, *, style: str | None = None) -> None:
    """One line or several, never broken at the terminal's width: names and commands stay whole when copied."""
    console.print(text, style=style, soft_wrap=True, markup=False)


def print_error(error: CliError) -> None:
    """One error, and what to do about it, on standard error."""
    errors.print(Text("error: ", style="bold red") + Text(error.message))
    if error.hint:
        errors.print(Text(error.hint, style="dim"))


class ExecutionView:
    """Shows an execution while it runs; use as a context manager and call it with each progress."""

    def __init__(self) -> None:
        self._named = False
        self._live = Live(console=console, refresh_per_second=8) if console.is_terminal else None
        self._printed: dict[str, str] = {}

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    @staticmethod
    def _height(progress: Progress) -> int | None:
        """A terminal cannot take back what has left it at the top, so while it runs the table fits."""
        return max(3, console.height - _FRAME_LINES) if progress.status == RUNNING else None

    def __call__(self, progress: Progress) -> None:
        """Shows what is known now."""
        if self._live is not None:
            self._live.update(Padding(execution_table(progress, self._height(progress)), (0, 0, 0, 2)))
            return
        if not self._named:
            say(f"  execution {progress.name}")
            self._named = True
        for step in progress.in_order():
            # what runs once for each item is told when all is done: it would begin and end again and again
            in_loop = [progress.steps[name] for name, index in step.scope if index is not None]
            if any(around.status == RUNNING for around in in_loop):
                continue
            if self._printed.get(step.name) != step.status:
                self._printed[step.name] = step.status
                ended = f" after {duration(step.seconds(datetime.now(UTC)))}" if step.ended else ""
                say(f"  {_indented(step)}{MARKS[step.status][0]} {step.name}: {step.status}{ended}{_counts(step)}")


def execution_table(progress: Progress, height: int | None = None) -> Table:
    """The steps of an execution with status and seconds, those inside of others indented.

    Args:
        progress: what is known of the execution.
        height: at most so many steps are shown, the newest. Default: all.
    """
    mark, colour = MARKS[progress.status]
    table = Table(
        title=Text(f"{mark} execution {progress.name}: {progress.status}", style=colour), title_justify="left"
    )
    table.add_column("step")
    table.add_column("status")
    table.add_column("took", justify="right")
    table.add_column("attempts", justify="right")
    now = datetime.now(UTC)
    steps = list(progress.in_order())
    shown = steps if height is None else steps[-height:]
    if len(shown) < len(steps):
        table.add_row(Text(f"… {len(steps) - len(shown)} steps before", style="dim"), "", "", "")
    for step in shown:
        mark, colour = MARKS[step.status]
        table.add_row(
            Text(f"{_indented(step)}{step.name}"),
            Text(f"{mark} {step.status}{_counts(step)}", style=colour),
            duration(step.seconds(now)),
            str(step.attempts) if step.attempts > 1 else "",
        )
    return table


def _indented(step: Step) -> str:
    return "  " * len(step.scope)


def _counts(step: Step) -> str:
    """The iterations of a Map, or of a step inside of one."""
    counts = step.iterations
    if sum(counts.values()) < 2:
        return ""
    return " (" + ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items())) + ")"


def print_failure(failure: Failure, log_lines: list[str], *, hint: str | None = None) -> None:
    """Why an execution failed, with what to look at and the end of the failing job's log."""
    where = f"step {failure.step!r} failed" if failure.step else "the execution failed"
    errors.print(Text(f"{where}: {failure.error}" if failure.error else where, style="bold red"))
    errors.print(Text(failure.cause or "no cause was given"))
    if hint:
        errors.print(Text(hint, style="dim"))
    if log_lines:
        errors.print(Text(f"end of its log (all of it: ./mlops logs {failure.log}):", style="dim"))
        for line in log_lines:
            errors.print(Text(f"  {line}", style="dim"))
