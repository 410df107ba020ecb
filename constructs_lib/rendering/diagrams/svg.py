"""A graph as an SVG picture."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from attrs import field, frozen

from constructs_lib.rendering.diagrams.graph import Edge, Graph, Node
from constructs_lib.rendering.diagrams.layout import Layout, Link, Point, Size, lay_out
from constructs_lib.rendering.diagrams.markup import element, number
from constructs_lib.rendering.diagrams.status import PLAIN, Statuses, appearance
from constructs_lib.rendering.diagrams.text import text_width, wrapped

_NAME, _SMALL = 14.0, 11.5
_LINE, _SMALL_LINE = 19.0, 16.0
_PADDING, _MARGIN = 16.0, 24.0
_LEFT = _PADDING + 6
_MARK = 18.0
_LONGEST_NAME, _LONGEST_LABEL = 30, 24
_START, _END = "\0start", "\0end"
_WEIGHTS = {"next": 10_000.0, "choice": 10.0, "catch": 0.1}
_INK, _GREY, _RED, _PAPER = "#1f2a37", "#8a97a8", "#c62828", "#f8fafc"
_ACCENTS = {
    "Lambda": "#d97706",
    "SageMaker": "#0f766e",
    "CodeBuild": "#4f46e5",
    "Choice": "#7c3aed",
    "Fail": _RED,
    "Succeed": "#15803d",
}
_STYLE = f"""
text{{font-family:Inter,"Segoe UI","Helvetica Neue",Arial,sans-serif;fill:{_INK}}}
.name{{font-size:{_NAME}px;font-weight:600}}
.small{{font-size:{_SMALL}px;fill:#5b6777}}
.badge{{font-size:11px;fill:#ffffff}}
.edge{{fill:none;stroke:{_GREY};stroke-width:1.6}}
.catch{{stroke:{_RED};stroke-dasharray:5 4}}
.label{{font-size:{_SMALL}px;fill:#44505f;paint-order:stroke;stroke:{_PAPER};stroke-width:5px;stroke-linejoin:round}}
.caught{{fill:#b42318}}
"""


@frozen
class _Picture:
    """A part of the picture with its extent, drawn from its own origin."""

    size: Size
    elements: Sequence[str] = field(factory=list)

    def at(self, x: float, y: float) -> str:
        """The part at a place."""
        return element("g", *self.elements, transform=f"translate({number(x)} {number(y)})")


def draw_svg(graph: Graph, statuses: Statuses | None = None) -> str:
    """The picture as one SVG document that needs nothing else.

    Args:
        graph: what is drawn.
        statuses: of an execution's steps. Default: none, the workflow alone.
    """
    picture = _graph(graph, statuses, outermost=True)
    width, height = picture.size.width + 2 * _MARGIN, picture.size.height + 2 * _MARGIN
    return element(
        "svg",
        element("title", escape(graph.title)),
        element("style", _STYLE),
        element("defs", _arrow("arrow", _GREY), _arrow("arrow-catch", _RED)),
        element("rect", width=width, height=height, rx=12, fill=_PAPER),
        picture.at(_MARGIN, _MARGIN),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        role="img",
    )


def _graph(graph: Graph, statuses: Statuses | None, *, outermost: bool) -> _Picture:
    boxes = {node.name: _node(node, statuses) for node in graph.nodes}
    edges = [edge for edge in graph.edges if edge.source != edge.target]
    ends = [node.name for node in graph.nodes if node.ends and outermost]
    sizes: dict[str, Size] = {_START: Size(_MARK, _MARK)} if outermost else {}
    sizes |= {name: box.size for name, box in boxes.items()}
    sizes |= {_END: Size(_MARK, _MARK)} if ends else {}
    links = [Link(edge.source, edge.target, _WEIGHTS[edge.kind], _label_size(edge.label)) for edge in edges]
    links += [Link(_START, graph.start, _WEIGHTS["next"])] if outermost else []
    links += [Link(name, _END, _WEIGHTS["next"]) for name in ends]
    layout = lay_out(sizes, links)
    kinds = [edge.kind for edge in edges] + ["next"] * (len(links) - len(edges))
    elements = [_line(kind, _curve(route)) for kind, route in zip(kinds, layout.routes, strict=True)]
    elements += [box.at(layout.places[name].x, layout.places[name].y) for name, box in boxes.items()]
    elements += [_loop(edge, layout, boxes[edge.source].size) for edge in graph.edges if edge.source == edge.target]
    elements += _marks(layout.places)
    elements += [_label(edge, layout.routes[position]) for position, edge in enumerate(edges) if edge.label]
    return _Picture(layout.size, elements)


def _node(node: Node, statuses: Statuses | None) -> _Picture:
    found = appearance(node.name, statuses)
    names = wrapped(node.name, _LONGEST_NAME)
    small = [node.kind, *node.notes]
    badge = text_width(found.word, _SMALL) + 14 if found.word else 0.0
    inner = _branches(node, statuses)
    texts = [text_width(line, _NAME) * 1.06 for line in names] + [text_width(line, _SMALL) for line in small]
    width = max(176.0, max(texts) + _LEFT + _PADDING, badge + _LEFT + _PADDING, inner.size.width + 2 * _PADDING)
    head = _PADDING + _LINE * len(names) + _SMALL_LINE * len(small) + (_SMALL_LINE + 4 if found.word else 0)
    height = head + (inner.size.height + 2 * _PADDING - 4 if node.branches else _PADDING - 6)
    frame = element(
        "rect",
        width=width,
        height=height,
        rx=10,
        fill=found.fill,
        stroke=found.stroke,
        stroke_width=1.4 if found is PLAIN else 2,
        stroke_dasharray="6 4" if node.branches else "none",
    )
    elements = [
        element("title", escape(node.name)),
        frame,
        element("rect", x=8, y=12, width=4, height=head - 18, rx=2, fill=_accent(node)),
    ]
    y = _PADDING + 10
    for line in names:
        elements.append(element("text", escape(line), class_="name", x=_LEFT, y=y))
        y += _LINE
    for line in small:
        elements.append(element("text", escape(line), class_="small", x=_LEFT, y=y - 2))
        y += _SMALL_LINE
    if found.word:
        elements.append(element("rect", x=_LEFT, y=y - 12, width=badge, height=17, rx=8.5, fill=found.stroke))
        middle = _LEFT + badge / 2
        elements.append(element("text", escape(found.word), class_="badge", text_anchor="middle", x=middle, y=y))
    if node.branches:
        elements.append(inner.at((width - inner.size.width) / 2, head + _PADDING - 4))
    return _Picture(Size(width, height), elements)


def _branches(node: Node, statuses: Statuses | None) -> _Picture:
    """The graphs inside of a node, side by side."""
    elements: list[str] = []
    x, height = 0.0, 0.0
    for branch in node.branches:
        part = _graph(branch, statuses, outermost=False)
        elements.append(part.at(x, 0))
        x += part.size.width + 24
        height = max(height, part.size.height)
    return _Picture(Size(max(0.0, x - 24), height), elements)


def _curve(route: Sequence[Point]) -> str:
    path = [f"M{number(route[0].x)} {number(route[0].y)}"]
    for before, point in pairwise(route):
        if before.x == point.x:
            path.append(f"V{number(point.y)}")
        else:
            corners = [before.x, (before.y + point.y) / 2, point.x, (before.y + point.y) / 2, point.x, point.y]
            path.append("C" + " ".join(number(value) for value in corners))
    return "".join(path)


def _line(kind: str, path: str) -> str:
    if kind == "catch":
        return element("path", class_="edge catch", d=path, marker_end="url(#arrow-catch)")
    return element("path", class_="edge", d=path, marker_end="url(#arrow)")


def _loop(edge: Edge, layout: Layout, size: Size) -> str:
    """An edge from a node to itself, on its right side."""
    place = layout.places[edge.source]
    right, middle = place.x + size.width, place.y + size.height / 2
    return _line(edge.kind, f"M{number(right)} {number(middle - 8)}h14v16h-14")


def _label(edge: Edge, route: Sequence[Point]) -> str:
    """When an edge is taken, in the gap below its node; towards its end, where edges are apart."""
    upper, lower = (route[0], route[1]) if route[0].y < route[-1].y else (route[-1], route[-2])
    lines = wrapped(edge.label, _LONGEST_LABEL)
    top = lower.y - 18 - (len(lines) - 1) * _SMALL_LINE
    kind = "label caught" if edge.kind == "catch" else "label"
    x = upper.x + (lower.x - upper.x) * 0.85
    return "".join(
        element("text", escape(line), class_=kind, text_anchor="middle", x=x, y=top + position * _SMALL_LINE)
        for position, line in enumerate(lines)
    )


def _label_size(label: str) -> Size:
    if not label:
        return Size(0, 0)
    lines = wrapped(label, _LONGEST_LABEL)
    return Size(max(text_width(line, _SMALL) for line in lines), len(lines) * _SMALL_LINE)


def _marks(places: Mapping[str, Point]) -> list[str]:
    """Where the execution begins and ends."""
    half = _MARK / 2
    marks = []
    if _START in places:
        start = places[_START]
        marks.append(element("circle", cx=start.x + half, cy=start.y + half, r=half, fill=_INK))
    if _END in places:
        end = places[_END]
        x, y = end.x + half, end.y + half
        marks.append(element("circle", cx=x, cy=y, r=half - 1, fill="#ffffff", stroke=_INK, stroke_width=2))
        marks.append(element("circle", cx=x, cy=y, r=half - 5, fill=_INK))
    return marks


def _accent(node: Node) -> str:
    return next((colour for name, colour in _ACCENTS.items() if node.kind.startswith(name)), "#64748b")


def _arrow(name: str, colour: str) -> str:
    head = element("path", d="M0 0L10 5L0 10z", fill=colour)
    size = {"refX": 9, "refY": 5, "markerWidth": 7, "markerHeight": 7}
    return element("marker", head, id=name, viewBox="0 0 10 10", orient="auto-start-reverse", **size)
