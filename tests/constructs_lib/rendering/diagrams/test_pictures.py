import xml.etree.ElementTree as ET

import pytest

from constructs_lib.definitions import Catch, FailStep
from constructs_lib.rendering.diagrams import Graph, Run, StepRun, draw_mermaid, draw_svg, render_mermaid, render_svg
from constructs_lib.rendering.diagrams.markup import element, number
from constructs_lib.rendering.diagrams.text import text_width, wrapped
from tests.constructs_lib.rendering.diagrams.machines import COMPLEX
from tests.constructs_lib.samples import endpoint, function, workflow

SVG = "{http://www.w3.org/2000/svg}"
FAILED = FailStep(name="Failed & <over>")
DEFINITION = workflow(function("First", catch=[Catch(next_step=FAILED)]), endpoint("Serve"))
STATUSES = Run(
    steps={
        name: StepRun(status=status)
        for name, status in {
            "Pre-process": "SUCCEEDED",
            "Anomaly": "FAILED",
            "Side by side": "CAUGHT",
            "Train": "RUNNING",
            "Pause": "TIMED_OUT",
            "Notify": "ABORTED",
            "Done": "odd",
        }.items()
    }
)


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
    assert root.find(f"{SVG}desc").text == "3 steps, beginning with First."  # type: ignore[union-attr]


def test_the_svg_is_the_same_every_time() -> None:
    graph = Graph.from_states(COMPLEX)
    assert draw_svg(graph, STATUSES) == draw_svg(
        Graph.from_states(COMPLEX), Run(steps=dict(reversed(list(STATUSES.steps.items()))))
    )


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
    frames = [
        found.attrib["class"] for found in parsed(svg).iter(f"{SVG}rect") if "frame" in found.attrib.get("class", "")
    ]
    assert [frame.split()[1] for frame in frames if "known" in frame] == [
        *("succeeded", "caught", "failed", "running", "timed-out", "stopped", "plain"),
    ]


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
    run = Run(steps={"First": StepRun(status="SUCCEEDED"), "Other": StepRun(status="FAILED")})

    assert render_mermaid(DEFINITION, run) == (
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
        "    style s0 fill:#e5f5ef,stroke:#00694a,color:#00573d\n"
    )


def test_mermaid_of_nested_states() -> None:
    text = draw_mermaid(Graph.from_states(COMPLEX))

    assert '    subgraph s1["<b>Side by side</b><br/>Parallel"]\n        s2["<b>Anomaly</b>' in text
    assert '    s7("<b>Pause</b><br/>Wait<br/>for 60 s")' in text
    assert "        s3 --> s4\n    end\n" in text


def test_mermaid_without_a_good_end() -> None:
    assert "finish" not in draw_mermaid(Graph.from_states({"StartAt": "A", "States": {"A": {"Type": "Fail"}}}))


def test_what_an_execution_did_is_told_beside_the_status() -> None:
    steps = {
        "Train": StepRun(status="FAILED", seconds=125, attempts=3, error="Train.Broken"),
        "Notify": StepRun(status="RUNNING", seconds=2, iterations={"SUCCEEDED": 1_204, "FAILED": 1, "waiting": 5}),
    }
    svg = draw_svg(Graph.from_states(COMPLEX), Run(steps=steps))

    assert {"2 min 05 s · 3 attempts", "2.0 s", "1,210 iterations: 1,204 succeeded, 1 failed, 5 waiting"} <= {
        *texts(svg),
        " ".join(text for text in texts(svg) if "iterations" in text or "waiting" in text),
    }
    titles = [found.text for found in parsed(svg).iter(f"{SVG}title")]
    assert "Train (SageMaker training job), failed, 2 min 05 s · 3 attempts, Train.Broken" in titles
    assert parsed(svg).find(f"{SVG}desc").text == (  # type: ignore[union-attr]
        "12 steps, beginning with Pre-process. Train: failed; Notify: running."
    )


def test_the_ways_that_were_gone_stand_out() -> None:
    states = {
        "A": {"Type": "Task", "Catch": [{"ErrorEquals": ["E"], "Next": "C"}], "Next": "B"},
        "B": {"Type": "Succeed"},
        "C": {"Type": "Fail"},
    }
    graph = Graph.from_states({"StartAt": "A", "States": states})
    steps = {name: StepRun(status="SUCCEEDED") for name in "AB"}

    def taken(run: Run | None) -> list[str]:
        return [
            found.attrib["class"]
            for found in parsed(draw_svg(graph, run)).iter(f"{SVG}path")
            if "edge" in found.attrib.get("class", "")
        ]

    assert taken(None).count("edge taken") == 0
    assert sorted(taken(Run(steps=steps, status="SUCCEEDED", taken=frozenset([("A", "B")])))) == [
        *("edge catch", "edge taken", "edge taken", "edge taken"),
    ]
    assert "edge catch taken" in taken(Run(steps=steps, status="FAILED", taken=frozenset([("A", "C")])))


def test_ways_to_one_handler_are_drawn_once_and_told_of_once() -> None:
    states: dict[str, dict[str, object]] = {
        name: {"Type": "Task", "Next": after, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}]}
        for name, after in zip("ABCD", "BCDE", strict=True)
    }
    states |= {"E": {"Type": "Succeed"}, "Failed": {"Type": "Fail"}}
    svg = draw_svg(Graph.from_states({"StartAt": "A", "States": states}))

    assert texts(svg).count("States.ALL") == 1
    ways = [found for found in parsed(svg).iter(f"{SVG}path") if found.attrib.get("class") == "edge catch"]
    assert len(ways) == 4
    # D is just above the handler; A, B and C arrive together
    assert len([way for way in ways if "marker-end" in way.attrib]) == 2


def test_a_big_workflow_can_be_drawn() -> None:
    states: dict[str, dict[str, object]] = {
        f"S{number}": {
            "Type": "Task",
            "Next": f"S{number + 1}",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
        }
        for number in range(300)
    }
    states |= {"S300": {"Type": "Succeed"}, "Failed": {"Type": "Fail"}}
    shown = texts(draw_svg(Graph.from_states({"StartAt": "S0", "States": states})))

    assert len(shown) == 302 * 2 + 1


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("Calls CodeBuild to Build Container", ["Calls", "CodeBuild", "to Build", "Container"]),
        ("abcdefghijklmnop", ["abcdefghij", "klmnop"]),
        ("ReadEvaluation.accuracy", ["Read", "Evaluation", ".accuracy"]),
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
