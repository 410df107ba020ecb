import json
from datetime import UTC, datetime
from html.parser import HTMLParser

from constructs_lib.rendering.diagrams import Graph, Run, StepRun, draw_html, render_html
from tests.constructs_lib.rendering.diagrams.machines import COMPLEX
from tests.constructs_lib.samples import function, workflow

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EVIL = "</pre></section><script>alert(1)</script><img src=x onerror=alert(1)>\"'"
RUN = Run(
    name="run-1",
    status="FAILED",
    started=STARTED,
    seconds=61,
    error="States.TaskFailed",
    cause=EVIL,
    steps={
        "Pre-process": StepRun(
            status="SUCCEEDED",
            started=STARTED,
            seconds=2.5,
            attempts=2,
            input=json.dumps({"given": EVIL}),
            output="not JSON " + EVIL,
            log="job 1; rm -r /",
        ),
        "Train": StepRun(status="FAILED", seconds=3, error=EVIL, cause=EVIL, reason="the data are bad"),
        "Notify": StepRun(status="RUNNING", iterations={"SUCCEEDED": 3, "RUNNING": 1}),
    },
)


class Page(HTMLParser):
    """A page as its elements; asserts that they are balanced and that nothing comes from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.cells: list[str] = []
        self.panels: dict[str, str] = {}
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert "src" not in given
        assert not any(name.startswith("on") for name in given)
        assert (given.get("href") or "#").startswith("#")
        self.tags.append(tag)
        self.links += [str(given["href"])] if "href" in given else []
        self.ids += [str(given["id"])] if "id" in given else []
        if tag == "td":
            self.cells.append("")
        if tag != "meta":
            self.open.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for tag, given in self.open:
            if tag == "section":
                panel = str(given["id"])
                self.panels[panel] = self.panels.get(panel, "") + data + " "
            if tag == "td":
                self.cells[-1] += data


def panel_of(page: Page, name: str) -> str:
    return next(text for text in page.panels.values() if f" {name} " in text)


def test_the_page_stands_alone_and_lists_the_steps() -> None:
    page = Page(draw_html(Graph.from_states(COMPLEX), RUN))

    assert page.tags.count("table") == 1
    assert page.tags.count("tr") == 1 + 12
    assert page.cells[:5] == [
        *("Pre-process", "SageMaker processing job", "succeeded", "2.5 s"),
        "retried 3 times, after 1 s, then 2 times as long",
    ]
    assert page.cells[5:10] == ["Side by side", "Parallel", "not reached", "", ""]


def test_every_link_leads_to_something_that_is_there_once() -> None:
    page = Page(draw_html(Graph.from_states(COMPLEX), RUN))

    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    # from the picture and from the table to the panel, from the panel back to the picture
    assert len(page.links) == 3 * 12


def test_a_step_has_a_panel_with_all_that_is_known() -> None:
    page = Page(draw_html(Graph.from_states(COMPLEX), RUN))

    told = panel_of(page, "Pre-process")
    for words in (
        "SageMaker processing job",
        "succeeded",
        "2026-01-02 03:04:05 UTC",
        "2.5 s",
        "Attempts 2",
        "not JSON",
    ):
        assert words in told
    assert "./mlops logs 'job 1; rm -r /'" in told
    assert '{\n  "given": ' in told
    assert "4 iterations: 1 running, 3 succeeded" in panel_of(page, "Notify")
    assert "not reached" in panel_of(page, "Done")
    assert f"Error {EVIL} the data are bad {EVIL}" in " ".join(panel_of(page, "Train").split())


def test_the_execution_is_told_of_as_a_whole() -> None:
    page = draw_html(Graph.from_states(COMPLEX), RUN)
    assert "started 2026-01-02 03:04:05 UTC · took 1 min 01 s" in page
    assert "<strong>States.TaskFailed</strong>" in page


def test_what_an_execution_says_is_never_markup() -> None:
    page = draw_html(Graph.from_states(COMPLEX, title=EVIL), RUN)

    assert "<script" not in page
    assert "<img" not in page
    assert "Content-Security-Policy" in page
    assert "script" not in Page(page).tags


def test_names_of_steps_are_never_markup() -> None:
    states = {"StartAt": EVIL, "States": {EVIL: {"Type": "Task", "Resource": EVIL, "End": True}}}
    page = draw_html(Graph.from_states(states), Run(steps={EVIL: StepRun(status=EVIL, log=EVIL)}))

    assert "<script" not in page
    assert set(Page(page).tags).isdisjoint({"script", "img"})


def test_long_documents_are_cut() -> None:
    step = StepRun(status="SUCCEEDED", output=json.dumps("x" * 30_000))
    page = draw_html(Graph.from_states(COMPLEX), Run(steps={"Train": step}))

    assert "… 10,002 more characters" in page
    assert "x" * 20_001 not in page


def test_the_page_of_a_workflow_alone_tells_of_no_execution() -> None:
    page = render_html(workflow(function("First")))

    assert 'class="pill' not in page
    assert "not reached" not in page
    assert "refresh" not in page


def test_a_page_that_is_kept_up_to_date_is_loaded_again() -> None:
    page = draw_html(Graph.from_states(COMPLEX), RUN, refresh_seconds=2)
    assert '<meta http-equiv="refresh" content="2">' in page
