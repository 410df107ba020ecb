"""A graph as one HTML page that needs nothing else, and runs nothing: it has no script.

A click on a step (or Tab and Enter) goes to its panel, which is shown while it is the page's target; so a panel has an
address, the browser's back button works, and a page that is loaded again shows the panel that it showed before.
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from constructs_lib.rendering.diagrams.graph import Graph, Node
from constructs_lib.rendering.diagrams.markup import element
from constructs_lib.rendering.diagrams.page_style import DEEPEST, page_style
from constructs_lib.rendering.diagrams.run import Run, StepRun, duration
from constructs_lib.rendering.diagrams.status import Appearance, counted, legend, of_status
from constructs_lib.rendering.diagrams.svg import draw_svg

_LONGEST = 20_000
# a second lock behind the escaping of texts: the page may load nothing and run nothing
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def draw_html(graph: Graph, run: Run | None = None, *, refresh_seconds: int | None = None) -> str:
    """The picture with a table of the steps and a panel for each.

    Args:
        graph: what is drawn.
        run: an execution that is shown on it, with inputs, outputs and causes. Default: none, the workflow alone.
        refresh_seconds: how often a browser loads the page again. Default: never.
    """
    nodes = list(_nodes(graph, 0))
    panels = {node.name: f"step-{number}" for number, (node, _) in enumerate(nodes)}
    steps: Mapping[str, StepRun] = {} if run is None else run.steps
    refresh = f'<meta http-equiv="refresh" content="{refresh_seconds}">' if refresh_seconds is not None else ""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            *([refresh] if refresh else []),
            f"<title>{escape(graph.title)}</title>",
            f"<style>{page_style()}{_selected(panels.values())}</style>",
            "</head>",
            "<body>",
            "<main>",
            f"<h1>{escape(graph.title)}</h1>",
            *([] if run is None else [_about(run)]),
            _legend(steps),
            # it scrolls, so the keyboard must reach it
            element(
                "div",
                draw_svg(graph, run, links={name: f"#{panel}" for name, panel in panels.items()}),
                class_="picture",
                tabindex="0",
                role="region",
                aria_label="The workflow",
            ),
            _table(nodes, run, panels),
            *(_panel(node, steps.get(node.name), panels[node.name], run) for node, _ in nodes),
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _nodes(graph: Graph, depth: int) -> Iterator[tuple[Node, int]]:
    for node in graph.nodes:
        yield node, depth
        for branch in node.branches:
            yield from _nodes(branch, depth + 1)


def _selected(panels: Iterable[str]) -> str:
    """The step whose panel is shown stands out in the picture."""
    rules = ",".join(f':root:has(#{panel}:target) a[href="#{panel}"] .frame' for panel in panels)
    return f"{rules}{{stroke-width:4}}\n"


def _pill(found: Appearance) -> str:
    drawn = (
        [element("svg", element("path", d=found.sign), viewBox="0 0 12 12", aria_hidden="true")] if found.sign else []
    )
    return element("span", *drawn, escape(found.word), class_=f"pill {found.key}")


def _about(run: Run) -> str:
    """The execution as a whole."""
    parts = [_pill(of_status(run.status))] if run.status else []
    if run.started is not None:
        parts.append(f"started {_moment(run.started)}")
    if run.seconds is not None:
        parts.append(f"{'for' if run.status == 'RUNNING' else 'took'} {duration(run.seconds)}")
    lines = [element("p", " · ".join(parts), class_="about")] if parts else []
    if run.error is not None:
        lines.append(
            element("p", element("strong", escape(run.error)), " ", escape(_cut(run.cause or "")), class_="error")
        )
    return "\n".join(lines)


def _legend(steps: Mapping[str, StepRun]) -> str:
    marks = [_pill(found) for found in legend(step.status for step in steps.values())]
    return element("p", *marks, class_="legend") if marks else ""


def _table(nodes: Sequence[tuple[Node, int]], run: Run | None, panels: Mapping[str, str]) -> str:
    heads = ["Step", "Kind", *([] if run is None else ["Status", "Took"]), "Notes"]
    rows = [_row(node, depth, run, panels[node.name]) for node, depth in nodes]
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    return element("table", element("thead", head), element("tbody", *rows))


def _row(node: Node, depth: int, run: Run | None, panel: str) -> str:
    link = element("a", escape(node.name), href=f"#{panel}")
    cells = [element("td", link, class_=f"depth-{min(depth, DEEPEST)}"), element("td", escape(node.kind))]
    notes = list(node.notes)
    if run is not None:
        step = run.steps.get(node.name)
        cells.append(element("td", "not reached" if step is None else _pill(of_status(step.status))))
        cells.append(element("td", "" if step is None or step.seconds is None else duration(step.seconds)))
        notes += [counted(step.iterations)] if step is not None and step.iterations else []
    cells.append(element("td", escape("; ".join(notes))))
    return element("tr", *cells)


def _panel(node: Node, step: StepRun | None, panel: str, run: Run | None) -> str:
    """All that is known of a step."""
    facts = {"Kind": escape(node.kind)}
    if node.notes:
        facts["Notes"] = escape("; ".join(node.notes))
    parts: list[str] = []
    if step is not None:
        facts |= _facts(step)
        if step.error is not None:
            parts += [element("h3", "Error"), element("p", escape(step.error), class_="error")]
            parts += [element("p", escape(_cut(step.reason)))] if step.reason else []
            parts += [_document(step.cause)] if step.cause else []
        parts += [element("h3", "Input"), _document(step.input)] if step.input is not None else []
        parts += [element("h3", "Output"), _document(step.output)] if step.output is not None else []
        if step.log is not None:
            # a name is whatever an execution's input said: quoted as a shell needs it
            parts += [element("h3", "Log"), element("pre", escape(f"./mlops logs {shlex.quote(step.log)}"))]
    elif run is not None:
        facts["Status"] = "not reached"
    listed = "".join(element("dt", name) + element("dd", value) for name, value in facts.items())
    return element(
        "section",
        element("a", "✕", class_="close", href=f"#of-{panel}", aria_label="Close"),
        element("h2", escape(node.name), id=f"{panel}-name"),
        element("dl", listed),
        *parts,
        class_="panel",
        id=panel,
        aria_labelledby=f"{panel}-name",
    )


def _facts(step: StepRun) -> dict[str, str]:
    facts = {"Status": _pill(of_status(step.status))}
    if step.started is not None:
        facts["Started"] = _moment(step.started)
    if step.seconds is not None:
        facts["Took"] = duration(step.seconds)
    if step.attempts:
        facts["Attempts"] = str(step.attempts)
    if step.iterations:
        facts["Iterations"] = escape(counted(step.iterations))
    return facts


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _document(text: str) -> str:
    """JSON in lines, other text as it is, neither longer than a person reads."""
    try:
        shown = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        shown = text
    return element("pre", escape(_cut(shown)), tabindex="0")


def _cut(text: str) -> str:
    left = len(text) - _LONGEST
    return text if left <= 0 else f"{text[:_LONGEST]}\n… {left:,} more characters"
