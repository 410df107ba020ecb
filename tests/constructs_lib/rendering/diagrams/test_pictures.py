import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from constructs_lib.definitions import Catch, FailStep
from constructs_lib.rendering import render_html, render_mermaid, render_svg
from constructs_lib.rendering.diagrams import Graph, draw_html, draw_mermaid, draw_svg
from constructs_lib.rendering.diagrams.markup import element, number
from constructs_lib.rendering.diagrams.status import PLAIN, appearance, legend
from constructs_lib.rendering.diagrams.text import text_width, wrapped
from tests.constructs_lib.rendering.diagrams.machines import COMPLEX
from tests.constructs_lib.samples import endpoint, function, workflow

SVG = "{http://www.w3.org/2000/svg}"
FAILED = FailStep(name="Failed & <over>")
DEFINITION = workflow(function("First", catch=[Catch(next_step=FAILED)]), endpoint("Serve"))
STATUSES = {
    "Pre-process": "SUCCEEDED",
    "Anomaly": "FAILED",
    "Side by side": "CAUGHT",
    "Train": "RUNNING",
    "Pause": "TIMED_OUT",
    "Notify": "ABORTED",
    "Done": "odd",
}


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - it is our own


def texts(svg: str) -> list[str]:
    return [found.text or "" for found in parsed(svg).iter(f"{SVG}text")]


def test_the_svg_shows_every_step_with_kind_and_notes() -> None:
    assert sorted(texts(render_svg(DEFINITION))) == sorted(
        [
            *("First", "Lambda function"),
            *("Serve", "SageMaker endpoint", "waits until in service"),
            *("Failed & <over>", "Fail", "States.ALL"),
        ]
    )


def test_the_svg_stands_alone() -> None:
    root = parsed(render_svg(DEFINITION))
    attributes = [value for found in root.iter() for value in found.attrib.values()]

    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title").text == "sample"  # type: ignore[union-attr]
    assert not any("http" in value for value in attributes)
    assert {found.attrib["marker-end"] for found in root.iter(f"{SVG}path") if "marker-end" in found.attrib} == {
        "url(#arrow)",
        "url(#arrow-catch)",
    }


def test_the_svg_is_the_same_every_time() -> None:
    graph = Graph.from_states(COMPLEX)
    assert draw_svg(graph, STATUSES) == draw_svg(Graph.from_states(COMPLEX), dict(reversed(STATUSES.items())))


def test_the_svg_shows_parts_of_parallel_and_map_inside_of_them() -> None:
    shown = texts(draw_svg(Graph.from_states(COMPLEX)))
    assert {"Anomaly", "Features", "Select", "Send", "accuracy ≥ 0.9", "again = true", "otherwise"} <= set(shown)


def test_the_svg_tells_the_status_of_a_step_in_words_and_colours() -> None:
    svg = draw_svg(Graph.from_states(COMPLEX), STATUSES)

    words = [
        word
        for word in texts(svg)
        if word in {"succeeded", "failed", "failed, caught", "running", "timed out", "stopped", "odd"}
    ]
    assert sorted(words) == ["failed", "failed, caught", "odd", "running", "stopped", "succeeded", "timed out"]
    assert all(appearance("x", {"x": status}).stroke in svg for status in STATUSES.values())


def test_a_loop_of_one_state_is_drawn_beside_it() -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "A"}], "Default": "B"}
    caught = {"Type": "Task", "Catch": [{"ErrorEquals": ["E"], "Next": "B"}], "End": True}
    svg = draw_svg(Graph.from_states({"StartAt": "A", "States": {"A": choice, "B": caught}}))

    assert svg.count("h14v16h-14") == 2
    assert 'class="edge catch"' in svg


def test_a_machine_that_never_ends_well_has_no_end_mark() -> None:
    svg = draw_svg(Graph.from_states({"StartAt": "A", "States": {"A": {"Type": "Fail"}}}))
    assert svg.count("<circle") == 1


def test_mermaid() -> None:
    assert render_mermaid(DEFINITION, {"First": "SUCCEEDED", "Other": "FAILED"}) == (
        "flowchart TD\n"
        "    start((( )))\n"
        '    s0["<b>First</b><br/>Lambda function"]\n'
        '    s1["<b>Serve</b><br/>SageMaker endpoint<br/>waits until in service"]\n'
        '    s2(["<b>Failed & #lt;over#gt;</b><br/>Fail"])\n'
        "    s0 --> s1\n"
        '    s0 -.->|"States.ALL"| s2\n'
        "    start --> s0\n"
        "    finish((( )))\n"
        "    s1 --> finish\n"
        "    style s0 fill:#e9f8ee,stroke:#15803d,color:#166534\n"
    )


def test_mermaid_of_nested_states() -> None:
    text = draw_mermaid(Graph.from_states(COMPLEX))

    assert '    subgraph s1["<b>Side by side</b><br/>Parallel"]\n        s2["<b>Anomaly</b>' in text
    assert '    s7("<b>Pause</b><br/>Wait<br/>for 60 s")' in text
    assert "        s3 --> s4\n    end\n" in text


def test_mermaid_without_a_good_end() -> None:
    assert "finish" not in draw_mermaid(Graph.from_states({"StartAt": "A", "States": {"A": {"Type": "Fail"}}}))


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(value and value.startswith("http") for name, value in attrs if name in ("src", "href"))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "td":
            self.cells.append(data)


def test_the_page_stands_alone_and_lists_the_steps() -> None:
    page = draw_html(Graph.from_states(COMPLEX), STATUSES)
    parser = _Balance()
    parser.feed(page)

    assert parser.open == []
    assert parser.cells[:4] == [
        "Pre-process",
        "SageMaker processing job",
        "succeeded",
        "retried 3 times, after 1 s, then 2 times as long",
    ]
    assert "<svg " in page
    assert page.count("<tr>") == 1 + 12


def test_the_page_without_an_execution_has_no_legend() -> None:
    assert '<div class="legend"></div>' in render_html(DEFINITION)


def test_statuses() -> None:
    assert appearance("A", None) is PLAIN
    assert appearance("A", {"B": "FAILED"}) is PLAIN
    assert appearance("A", {"A": "Succeeded"}).word == "succeeded"
    assert [found.word for found in legend({"a": "FAILED", "b": "RUNNING", "c": "odd", "d": "failed"})] == [
        "running",
        "failed",
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("Calls CodeBuild to Build Container", ["Calls", "CodeBuild", "to Build", "Container"]),
        ("abcdefghijklmnop", ["abcdefghij", "klmnop"]),
        ("", [""]),
    ],
)
def test_long_texts_are_wrapped(text: str, lines: list[str]) -> None:
    assert wrapped(text, 10) == lines


def test_wide_letters_take_more_room() -> None:
    assert text_width("iii", 10) < text_width("aaa", 10) < text_width("AAA", 10) < text_width("WWW", 10)
    assert text_width("日本", 10) > text_width("ab", 10)


def test_markup() -> None:
    assert (
        element("text", "a", class_="x", stroke_width=1.25, y=-0.01)
        == '<text class="x" stroke-width="1.2" y="0">a</text>'
    )
    assert element("rect", fill='"<&') == '<rect fill="&quot;&lt;&amp;"/>'
    assert [number(value) for value in (1, 1.0, 1.04, -2.5, 1e3)] == ["1", "1", "1", "-2.5", "1000"]
