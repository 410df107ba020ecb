"""A graph as one HTML page that needs nothing else."""

from collections.abc import Iterator
from html import escape

from constructs_lib.rendering.diagrams.graph import Graph, Node
from constructs_lib.rendering.diagrams.status import Statuses, appearance, legend
from constructs_lib.rendering.diagrams.svg import draw_svg

_STYLE = """
:root{color-scheme:light}
body{margin:0;background:#eef1f5;color:#1f2a37;font:15px/1.5 Inter,"Segoe UI","Helvetica Neue",Arial,sans-serif}
main{max-width:1200px;margin:0 auto;padding:24px}
h1{font-size:22px;margin:0 0 4px}
.legend{display:flex;flex-wrap:wrap;gap:16px;margin:8px 0 16px;color:#44505f;font-size:13px}
.legend i{display:inline-block;width:11px;height:11px;border-radius:6px;margin-right:6px}
.picture{background:#f8fafc;border-radius:12px;overflow:auto;text-align:center;box-shadow:0 1px 3px #0002}
.picture svg{max-width:100%;height:auto}
table{border-collapse:collapse;width:100%;margin-top:24px;background:#fff;border-radius:12px;box-shadow:0 1px 3px #0002}
th,td{text-align:left;padding:9px 14px;border-bottom:1px solid #e5e9ef;vertical-align:top}
th{font-size:12px;color:#5b6777;font-weight:600}
tr:last-child td{border-bottom:0}
"""


def draw_html(graph: Graph, statuses: Statuses | None = None) -> str:
    """The picture with a legend and a table of the steps.

    Args:
        graph: what is drawn.
        statuses: of an execution's steps. Default: none, the workflow alone.
    """
    title = escape(graph.title)
    marks = "".join(
        f'<span><i style="background:{found.stroke}"></i>{escape(found.word)}</span>'
        for found in legend({} if statuses is None else statuses)
    )
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            f"<h1>{title}</h1>",
            f'<div class="legend">{marks}</div>',
            f'<div class="picture">{draw_svg(graph, statuses)}</div>',
            "<table>",
            "<thead><tr><th>Step</th><th>Kind</th><th>Status</th><th>Notes</th></tr></thead>",
            "<tbody>",
            *(_row(node, statuses, depth) for node, depth in _nodes(graph, 0)),
            "</tbody>",
            "</table>",
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


def _row(node: Node, statuses: Statuses | None, depth: int) -> str:
    found = appearance(node.name, statuses)
    cells = [
        f'<td style="padding-left:{14 + 20 * depth}px">{escape(node.name)}</td>',
        f"<td>{escape(node.kind)}</td>",
        f'<td style="color:{found.text}">{escape(found.word)}</td>',
        f"<td>{escape('; '.join(node.notes))}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"
