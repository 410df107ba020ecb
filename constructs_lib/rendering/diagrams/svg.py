"""A graph as an SVG picture, with an execution on it where one is given."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from attrs import field, frozen

from constructs_lib.rendering.diagrams.graph import Edge, Graph, Node
from constructs_lib.rendering.diagrams.layout import Layout, Link, Point, Size, lay_out
from constructs_lib.rendering.diagrams.markup import element, number
from constructs_lib.rendering.diagrams.palette import ACCENTS, NAME_SIZE, OTHER_ACCENT, SMALL_SIZE, svg_style
from constructs_lib.rendering.diagrams.run import Run, StepRun, duration
from constructs_lib.rendering.diagrams.status import Appearance, appearance, counted, of_status
from constructs_lib.rendering.diagrams.text import text_width, wrapped

_BOLD = 1.12
_LINE, _SMALL_LINE, _BADGE_LINE = 19.0, 16.0, 24.0
_PADDING, _MARGIN = 16.0, 24.0
_LEFT = _PADDING + 6
_MARK = 18.0
_SIGN = 22.0
_LONGEST_NAME, _LONGEST_SMALL, _LONGEST_LABEL = 30, 52, 28
_START, _END = "\0start", "\0end"
_WEIGHTS = {"next": 10_000.0, "choice": 1_000.0, "catch": 0.1}
# the line that leads to a good end is the straight one
_FAILING = 0.1


@frozen
class _Picture:
    """A part of the picture with its extent, drawn from its own origin."""

    size: Size
    elements: Sequence[str] = field(factory=list)

    def at(self, x: float, y: float) -> str:
        """The part at a place."""
        return element("g", *self.elements, transform=f"translate({number(x)} {number(y)})")


def draw_svg(graph: Graph, run: Run | None = None, *, links: Mapping[str, str] | None = None) -> str:
    """The picture as one SVG document that needs nothing else.

    Args:
        graph: what is drawn.
        run: an execution that is shown on it. Default: none, the workflow alone.
        links: where a click on a step leads, by its name. Default: nowhere.
    """
    picture = _Drawing(run, {} if links is None else links).graph(graph, outermost=True)
    width, height = picture.size.width + 2 * _MARGIN, picture.size.height + 2 * _MARGIN
    return element(
        "svg",
        element("title", escape(graph.title)),
        element("desc", escape(described(graph, run))),
        element("style", svg_style()),
        element(
            "defs", _arrow("arrow", "head"), _arrow("arrow-taken", "head-taken"), _arrow("arrow-catch", "head-catch")
        ),
        element("rect", class_="paper", width=width, height=height, rx=12),
        picture.at(_MARGIN, _MARGIN),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        # what a picture holds is one thing, unless there is something to click in it
        role="group" if links else "img",
        # for a page that makes a big picture smaller, but not too small to be read
        style=f"--width:{number(width)}px",
    )


def described(graph: Graph, run: Run | None) -> str:
    """The picture in words, for those who do not see it."""
    names = list(graph.names())
    text = f"{len(names)} step{'s' if len(names) != 1 else ''}, beginning with {', '.join(graph.starts)}."
    if run is None:
        return text
    told = [f"{name}: {of_status(run.steps[name].status).word}" for name in names if name in run.steps]
    return f"{text} {'; '.join(told)}." if told else f"{text} None was reached."


@frozen
class _Drawing:
    """Draws graphs and steps within each other."""

    run: Run | None
    links: Mapping[str, str]

    def graph(self, graph: Graph, *, outermost: bool) -> _Picture:
        boxes = {node.name: self.node(node) for node in graph.nodes}
        edges = _labelled_once([edge for edge in graph.edges if edge.source != edge.target])
        ends = [node.name for node in graph.nodes if node.ends and outermost]
        failing = {node.name for node in graph.nodes if node.type == "Fail"}
        sizes: dict[str, Size] = {_START: Size(_MARK, _MARK)} if outermost else {}
        sizes |= {name: box.size for name, box in boxes.items()}
        sizes |= {_END: Size(_MARK, _MARK)} if ends else {}
        links = [
            Link(
                edge.source,
                edge.target,
                _FAILING if edge.target in failing else _WEIGHTS[edge.kind],
                _label_size(edge.label),
                edge.kind == "catch",
            )
            for edge in edges
        ]
        links += [Link(_START, name, _WEIGHTS["next"]) for name in graph.starts if outermost]
        links += [Link(name, _END, _WEIGHTS["next"]) for name in ends]
        layout = lay_out(sizes, links)
        all_edges = [*edges, *(Edge(source=link.source, target=link.target) for link in links[len(edges) :])]
        elements = self._lines(all_edges, layout.routes)
        elements += [box.at(layout.places[name].x, layout.places[name].y) for name, box in boxes.items()]
        elements += [_loop(edge, layout, boxes[edge.source].size) for edge in graph.edges if edge.source == edge.target]
        elements += _marks(layout.places)
        elements += [_label(edge, layout.routes[position]) for position, edge in enumerate(edges) if edge.label]
        return _Picture(layout.size, elements)

    def node(self, node: Node) -> _Picture:
        found = appearance(node.name, self.run)
        step = None if self.run is None else self.run.steps.get(node.name)
        names = wrapped(node.name, _LONGEST_NAME)
        small = [line for text in (node.kind, *node.notes) for line in wrapped(text, _LONGEST_SMALL)]
        if step is not None and step.iterations:
            small += wrapped(counted(step.iterations), _LONGEST_SMALL)
        badge = _badge(found, step)
        inner = self._branches(node)
        texts = [text_width(line, NAME_SIZE) * _BOLD for line in names] + [
            text_width(line, SMALL_SIZE) for line in small
        ]
        width = max(
            176.0, max(texts) + _LEFT + _PADDING, badge.size.width + _LEFT + _PADDING, inner.size.width + 2 * _PADDING
        )
        head = _PADDING + _LINE * len(names) + _SMALL_LINE * len(small) + badge.size.height
        height = head + (inner.size.height + 2 * _PADDING - 4 if node.branches else _PADDING - 6)
        frame = element(
            "rect",
            class_=f"frame {found.key}{' known' if step else ''}",
            width=width,
            height=height,
            rx=10,
            stroke_dasharray="6 4" if node.branches else "none",
        )
        accent = next((colour for name, colour in ACCENTS.items() if node.kind.startswith(name)), OTHER_ACCENT)
        elements = [
            element("title", escape(_spoken(node, found, step))),
            frame,
            element("rect", x=8, y=12, width=4, height=head - 18, rx=2, fill=accent),
        ]
        y = _PADDING + 10
        for line in names:
            elements.append(element("text", escape(line), class_="name", x=_LEFT, y=y))
            y += _LINE
        for line in small:
            elements.append(element("text", escape(line), class_="small", x=_LEFT, y=y - 2))
            y += _SMALL_LINE
        if badge.elements:
            elements.append(badge.at(_LEFT, y - 11))
        if node.name in self.links:
            target = self.links[node.name]
            elements = [element("a", *elements, id=f"of-{target.removeprefix('#')}", href=target)]
        if node.branches:
            elements.append(inner.at((width - inner.size.width) / 2, head + _PADDING - 4))
        return _Picture(Size(width, height), elements)

    def _branches(self, node: Node) -> _Picture:
        """The graphs inside of a node, side by side."""
        elements: list[str] = []
        x, height = 0.0, 0.0
        for branch in node.branches:
            part = self.graph(branch, outermost=False)
            elements.append(part.at(x, 0))
            x += part.size.width + 24
            height = max(height, part.size.height)
        return _Picture(Size(max(0.0, x - 24), height), elements)

    def _lines(self, edges: Sequence[Edge], routes: Sequence[Sequence[Point]]) -> list[str]:
        """The edges; where several share a way, it is drawn once."""
        drawn: dict[str, set[Point]] = {}
        lines: dict[int, str] = {}
        for position in sorted(range(len(edges)), key=lambda position: -len(routes[position])):
            edge, route = edges[position], list(routes[position])
            joined = None
            if edge.kind == "catch":
                points = drawn.setdefault(edge.target, set())
                joined = next((place for place, point in enumerate(route[:-1]) if point in points), None)
                points.update(route[:joined])  # past that, they are those of the way that it joins
            path = _curve(route if joined is None else route[: joined + 1])
            lines[position] = _line(edge, path, taken=self._taken(edge), ends=joined is None)
        return [lines[position] for position in sorted(lines, key=lambda position: self._taken(edges[position]))]

    def _taken(self, edge: Edge) -> bool:
        if self.run is None:
            return False
        if edge.source == _START:
            return edge.target in self.run.steps
        if edge.target == _END:
            return self.run.status == "SUCCEEDED" and edge.source in self.run.steps
        return (edge.source, edge.target) in self.run.taken


def _labelled_once(edges: list[Edge]) -> list[Edge]:
    """Ways to one handler after the same errors are told of once, where the last of them joins the others."""
    last = {(edge.target, edge.label): edge for edge in edges if edge.kind == "catch"}
    return [
        edge
        if edge.kind != "catch" or last[edge.target, edge.label] is edge
        else Edge(source=edge.source, target=edge.target, kind=edge.kind)
        for edge in edges
    ]


def _spoken(node: Node, found: Appearance, step: StepRun | None) -> str:
    """A step in one line."""
    parts = [f"{node.name} ({node.kind})", found.word, _facts(step)]
    if step is not None and step.error is not None:
        parts.append(step.error)
    return ", ".join(part for part in parts if part)


def _facts(step: StepRun | None) -> str:
    if step is None:
        return ""
    took = [] if step.seconds is None else [duration(step.seconds)]
    return " · ".join(took + ([f"{step.attempts} attempts"] if step.attempts > 1 else []))


def _badge(found: Appearance, step: StepRun | None) -> _Picture:
    """The status of a step: its sign and word in a pill, and beside it how long it took."""
    if step is None or not found.word:
        return _Picture(Size(0, 0))
    sign = _SIGN if found.sign else 8.0
    pill = sign + text_width(found.word, 11) * _BOLD + 9
    elements = [element("rect", class_=f"badge {found.key}", width=pill, height=18, rx=9)]
    if found.sign:
        elements.append(element("path", class_="sign", d=found.sign, transform="translate(7 3)"))
    elements.append(element("text", escape(found.word), class_="badge-text", x=sign, y=13))
    facts = _facts(step)
    if facts:
        elements.append(element("text", escape(facts), class_="small", x=pill + 8, y=13))
    return _Picture(Size(pill + 8 + text_width(facts, SMALL_SIZE), _BADGE_LINE), elements)


def _curve(route: Sequence[Point]) -> str:
    path = [f"M{number(route[0].x)} {number(route[0].y)}"]
    for before, point in pairwise(route):
        if before == point:
            continue
        if before.x == point.x:
            path.append(f"V{number(point.y)}")
        else:
            middle = (before.y + point.y) / 2
            corners = [before.x, middle, point.x, middle, point.x, point.y]
            path.append("C" + " ".join(number(value) for value in corners))
    return "".join(path)


def _line(edge: Edge, path: str, *, taken: bool, ends: bool = True) -> str:
    kind = "catch" if edge.kind == "catch" else "taken" if taken else ""
    classes = " ".join(["edge", *(["catch"] if edge.kind == "catch" else []), *(["taken"] if taken else [])])
    arrow = {"marker_end": f"url(#arrow{'-' if kind else ''}{kind})"} if ends else {}
    return element("path", class_=classes, d=path, **arrow)


def _loop(edge: Edge, layout: Layout, size: Size) -> str:
    """An edge from a node to itself, on its right side."""
    place = layout.places[edge.source]
    right, middle = place.x + size.width, place.y + size.height / 2
    return _line(edge, f"M{number(right)} {number(middle - 8)}h14v16h-14", taken=False)


def _label(edge: Edge, route: Sequence[Point]) -> str:
    """When an edge is taken, in the gap below its node; towards its end, where edges are apart."""
    upper, lower = (route[1], route[2]) if route[0].y < route[-1].y else (route[-2], route[-3])
    lines = wrapped(edge.label, _LONGEST_LABEL)
    top = lower.y - 18 - (len(lines) - 1) * _SMALL_LINE
    kind = "label caught" if edge.kind == "catch" else "label"
    x = upper.x + (lower.x - upper.x) * 0.9
    size = _label_size(edge.label)
    box = element(
        "rect",
        class_="paper",
        x=x - size.width / 2 - 4,
        y=top - _SMALL_LINE + 3,
        width=size.width + 8,
        height=size.height + 2,
        rx=5,
    )
    return box + "".join(
        element("text", escape(line), class_=kind, text_anchor="middle", x=x, y=top + position * _SMALL_LINE)
        for position, line in enumerate(lines)
    )


def _label_size(label: str) -> Size:
    if not label:
        return Size(0, 0)
    lines = wrapped(label, _LONGEST_LABEL)
    return Size(max(text_width(line, SMALL_SIZE) for line in lines), len(lines) * _SMALL_LINE)


def _marks(places: Mapping[str, Point]) -> list[str]:
    """Where the execution begins and ends."""
    half = _MARK / 2
    marks = []
    if _START in places:
        start = places[_START]
        marks.append(element("circle", class_="ink", cx=start.x + half, cy=start.y + half, r=half))
    if _END in places:
        end = places[_END]
        x, y = end.x + half, end.y + half
        marks.append(element("circle", class_="ring", cx=x, cy=y, r=half - 1))
        marks.append(element("circle", class_="ink", cx=x, cy=y, r=half - 5))
    return marks


def _arrow(name: str, kind: str) -> str:
    head = element("path", class_=kind, d="M0 0L10 5L0 10z")
    size = {"refX": 9.0, "refY": 5.0, "markerWidth": 10.0, "markerHeight": 10.0}
    manner = {"viewBox": "0 0 10 10", "orient": "auto-start-reverse", "markerUnits": "userSpaceOnUse"}
    return element("marker", head, id=name, **manner, **size)
