"""What is printed of an execution."""

from io import StringIO

import pytest
from rich.console import Console

from mlops_cli import presentation
from mlops_cli.presentation import ExecutionView, execution_table
from tests.mlops_cli.events import History


def map_of(items: int) -> History:
    """A Map in the midst of its items: all but the last have ended, the last runs."""
    history = History()
    history.add("ExecutionStarted", input="{}")
    history.add("MapStateEntered", name="Each")
    started = history.add("MapStateStarted", length=items)
    for index in range(items):
        history.add("MapIterationStarted", after=started, name="Each", index=index)
        history.add("TaskStateEntered", name="Work")
        if index < items - 1:
            history.add("TaskStateExited", name="Work")
            history.add("MapIterationSucceeded", name="Each", index=index)
    return history


def printed(history: History, height: int | None = None) -> list[str]:
    output = StringIO()
    Console(file=output, width=120).print(execution_table(history.progress, height))
    return [line.strip(" │") for line in output.getvalue().splitlines() if line.startswith("│")]


def test_steps_inside_of_others_are_indented_and_iterations_summed_up() -> None:
    lines = [" ".join(line.split("│")[:2]) for line in printed(map_of(3))]

    assert [" ".join(line.split()) for line in lines] == [
        "Each … RUNNING (1 RUNNING, 2 SUCCEEDED)",
        "Work … RUNNING (1 RUNNING, 2 SUCCEEDED)",
    ]
    assert printed(map_of(3))[1].startswith("Work")
    output = StringIO()
    Console(file=output, width=120).print(execution_table(map_of(3).progress))
    assert "│   Work " in output.getvalue()


def test_a_table_that_is_too_high_shows_its_end() -> None:
    history = History()
    for number in range(30):
        history.add("PassStateEntered", name=f"S{number}")
        history.add("PassStateExited", name=f"S{number}")

    lines = printed(history, height=5)
    assert lines[0].startswith("… 25 steps before")
    assert [line.split()[0] for line in lines[1:]] == ["S25", "S26", "S27", "S28", "S29"]


def test_without_a_terminal_a_step_of_a_map_is_told_when_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    output = StringIO()
    monkeypatch.setattr(presentation, "console", Console(file=output, width=120, highlight=False))
    history = map_of(3)
    with ExecutionView() as view:
        view(history.progress)
        assert output.getvalue() == "  execution run-1\n  … Each: RUNNING (1 RUNNING, 2 SUCCEEDED)\n"
        history.add("TaskStateExited", name="Work")
        last = history.add("MapIterationSucceeded", name="Each", index=2)
        history.add("MapStateSucceeded", after=last)
        history.add("MapStateExited", after=last, name="Each")
        view(history.progress)
        view(history.progress)

    assert output.getvalue().splitlines()[2:] == [
        "  ✓ Each: SUCCEEDED after 15.0 s (3 SUCCEEDED)",
        "    ✓ Work: SUCCEEDED after 9.0 s (3 SUCCEEDED)",
    ]
