import itertools

import pytest

from constructs_lib.rendering.diagrams import Run, StepRun
from constructs_lib.rendering.diagrams.palette import DARK, LIGHT, Paper
from constructs_lib.rendering.diagrams.status import (
    APPEARANCES,
    PLAIN,
    Appearance,
    Colours,
    appearance,
    counted,
    legend,
    of_status,
)


def test_a_step_of_which_nothing_is_known_is_plain() -> None:
    assert appearance("A", None) is PLAIN
    assert appearance("A", Run(steps={"B": StepRun(status="FAILED")})) is PLAIN


def test_statuses_have_words() -> None:
    assert of_status("Succeeded").word == "succeeded"
    assert of_status("PENDING_REDRIVE").word == "pending redrive"
    assert [found.word for found in legend(["FAILED", "RUNNING", "odd", "failed"])] == ["running", "failed"]


@pytest.mark.parametrize(
    ("iterations", "words"),
    [
        ({"SUCCEEDED": 1}, "1 iteration: 1 succeeded"),
        ({"waiting": 2_000, "FAILED": 1, "RUNNING": 2}, "2,003 iterations: 2 running, 1 failed, 2,000 waiting"),
        ({"SUCCEEDED": 0}, "0 iterations"),
    ],
)
def test_iterations_are_counted(iterations: dict[str, int], words: str) -> None:
    assert counted(iterations) == words


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("paper", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("found", APPEARANCES, ids=lambda found: found.key)
def test_every_status_can_be_read_on_light_and_on_dark(found: Appearance, paper: Paper) -> None:
    colours: Colours = found.light if paper is LIGHT else found.dark
    for text in (paper.ink, paper.grey, colours.text):
        assert contrast(text, colours.fill) >= 4.5
    for shape in (colours.stroke, paper.line, paper.catch):
        assert contrast(shape, paper.paper) >= 3
    if found.word:
        assert contrast(paper.on_badge, colours.stroke) >= 4.5


@pytest.mark.parametrize("paper", [LIGHT, DARK], ids=["light", "dark"])
def test_labels_can_be_read_on_light_and_on_dark(paper: Paper) -> None:
    for text in (paper.ink, paper.grey, paper.catch):
        assert contrast(text, paper.paper) >= 4.5


def test_no_two_statuses_have_the_same_sign_or_word() -> None:
    for one, other in itertools.combinations(APPEARANCES[1:], 2):
        assert one.sign != other.sign
        assert one.word != other.word
