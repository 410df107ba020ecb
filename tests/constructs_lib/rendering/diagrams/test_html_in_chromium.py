"""The page as a browser shows it."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.rendering.diagrams import Graph, Run, StepRun, draw_html
from tests.constructs_lib.rendering.diagrams.chromium import DARK, LIGHT, MISSING, PROGRAM, asked, opened
from tests.constructs_lib.rendering.diagrams.machines import COMPLEX
from tests.constructs_lib.rendering.diagrams.test_html import EVIL, RUN

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason=MISSING)]

SHOWN = """Array.from(document.querySelectorAll(".panel"))
    .filter(panel => getComputedStyle(panel).display != "none")
    .map(panel => panel.querySelector("h2").textContent)"""


def page(run: Run | None = RUN, states: dict[str, Any] = COMPLEX) -> str:
    return draw_html(Graph.from_states(states), run)


def answer(text: str, question: str, folder: Path, *flags: str, fragment: str = "") -> Any:
    return json.loads(asked(text, question, folder / "browser", *flags, fragment=fragment))


def test_a_click_opens_the_panel_of_a_step_and_another_closes_it(tmp_path: Path) -> None:
    question = f"""
        const seen = [{SHOWN}];
        const click = element => element.dispatchEvent(new MouseEvent("click", {{bubbles: true, cancelable: true}}));
        const later = action => new Promise(done => {{
            action();
            setTimeout(() => {{ seen.push({SHOWN}); done() }}, 100);
        }});
        later(() => click(document.querySelector('svg a[href="#step-0"]')))
            .then(() => later(() => click(document.querySelector('td a[href="#step-5"]'))))
            .then(() => later(() => click(document.querySelector("#step-5 .close"))))
            .then(() => answer(seen));
    """
    assert answer(page(), question, tmp_path) == [[], ["Pre-process"], ["Train"], []]


def test_every_step_can_be_reached_by_keyboard_and_tells_what_it_is(tmp_path: Path) -> None:
    question = """
        const links = Array.from(document.querySelectorAll("svg a"));
        const reached = links.filter(link => { link.focus(); return document.activeElement === link });
        answer(reached.map(link => link.querySelector("title").textContent));
    """
    names = answer(page(), question, tmp_path)
    assert len(names) == 12
    assert names[0] == "Pre-process (SageMaker processing job), succeeded, 2.5 s · 2 attempts"


def test_an_address_opens_the_panel_that_it_names(tmp_path: Path) -> None:
    question = f"answer([{SHOWN}, getComputedStyle(document.querySelector('a[href=\"#step-5\"] .frame')).strokeWidth])"
    assert answer(page(), question, tmp_path, fragment="#step-5") == [["Train"], "4px"]


def test_what_an_execution_says_is_text_to_the_browser(tmp_path: Path) -> None:
    question = """answer([
        document.querySelectorAll("script").length, document.querySelectorAll("img").length,
        performance.getEntriesByType("resource").length,
        document.querySelector("#step-5 pre").textContent,
    ])"""
    # the one script is the question's own
    assert answer(page(), question, tmp_path) == [1, 0, 0, EVIL]


def test_no_script_would_run_if_one_came_in(tmp_path: Path) -> None:
    with_script = tmp_path / "page.html"
    with_script.write_text(page().replace("</body>", "<script>document.title = 'it ran'</script></body>"))

    dumped = opened(with_script, tmp_path / "profile")
    assert "<title>from elsewhere</title>" in dumped


def test_all_text_is_inside_of_its_frame(tmp_path: Path) -> None:
    long = "W" * 40 + " and a name of many words, as they are found in workflows of others: 日本語"
    states = {
        "StartAt": long,
        "States": {
            long: {
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                "Retry": [{"ErrorEquals": ["Some.Error", "Some.Other.Error.With.A.Long.Name"], "MaxAttempts": 0}],
                "End": True,
            }
        },
    }
    step = StepRun(status="CAUGHT", seconds=100_000, attempts=12, iterations={"SUCCEEDED": 123_456, "FAILED": 7})
    question = """
        const outside = [];
        for (const frame of document.querySelectorAll(".frame")) {
            const box = frame.getBoundingClientRect();
            for (const text of frame.parentElement.querySelectorAll(":scope > text, :scope > g > text")) {
                const inner = text.getBoundingClientRect();
                const fits = inner.right <= box.right && inner.left >= box.left && inner.bottom <= box.bottom;
                if (!fits) outside.push(text.textContent);
            }
        }
        answer([document.querySelectorAll(".frame").length, outside]);
    """
    assert answer(page(Run(steps={long: step}), states), question, tmp_path) == [1, []]
    (tmp_path / "second").mkdir()
    assert answer(page(), question, tmp_path / "second") == [12, []]


@pytest.mark.parametrize(("scheme", "paper"), [(LIGHT, "rgb(248, 250, 252)"), (DARK, "rgb(15, 23, 34)")])
def test_the_page_is_light_or_dark_as_the_browser_is(tmp_path: Path, scheme: str, paper: str) -> None:
    question = 'answer(getComputedStyle(document.querySelector(".paper")).fill)'
    assert answer(page(), question, tmp_path, scheme) == paper


def test_a_page_of_hundreds_of_steps_opens(tmp_path: Path) -> None:
    states: dict[str, Any] = {
        f"S{number}": {
            "Type": "Task",
            "Next": f"S{number + 1}",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
        }
        for number in range(300)
    }
    states |= {"S300": {"Type": "Succeed"}, "Failed": {"Type": "Fail"}}
    question = f"answer([document.querySelectorAll('.frame').length, {SHOWN}])"
    text = page(None, {"StartAt": "S0", "States": states})
    assert answer(text, question, tmp_path, fragment="#step-299") == [302, ["S299"]]
