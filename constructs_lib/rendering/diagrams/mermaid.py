"""A graph in Mermaid, which many wikis and code hosts draw."""

from collections.abc import Iterator

from constructs_lib.rendering.diagrams.graph import Edge, Graph, Node
from constructs_lib.rendering.diagrams.run import Run
from constructs_lib.rendering.diagrams.status import PLAIN, appearance

_SHAPES = {"Choice": ("{{", "}}"), "Fail": ("([", "])"), "Succeed": ("([", "])"), "Wait": ("(", ")")}


def draw_mermaid(graph: Graph, run: Run | None = None) -> str:
    """The picture as Mermaid text.

    Args:
        graph: what is drawn.
        run: an execution, whose statuses colour the steps. Default: none, the workflow alone.
    """
    ids = {name: f"s{number}" for number, name in enumerate(graph.names())}
    lines = ["flowchart TD", "    start((( )))", *_body(graph, ids, "    ")]
    lines += [f"    start --> {ids[name]}" for name in graph.starts]
    ends = [node for node in graph.nodes if node.ends]
    if ends:
        lines += ["    finish((( )))", *(f"    {ids[node.name]} --> finish" for node in ends)]
    lines += _styles(graph, ids, run)
    return "\n".join(lines) + "\n"


def _body(graph: Graph, ids: dict[str, str], indent: str) -> Iterator[str]:
    for node in graph.nodes:
        yield from _node(node, ids, indent)
    for edge in graph.edges:
        yield indent + _edge(edge, ids)


def _node(node: Node, ids: dict[str, str], indent: str) -> Iterator[str]:
    text = "<br/>".join([f"<b>{_escaped(node.name)}</b>", *map(_escaped, (node.kind, *node.notes))])
    if node.branches:
        yield f'{indent}subgraph {ids[node.name]}["{text}"]'
        for branch in node.branches:
            yield from _body(branch, ids, indent + "    ")
        yield f"{indent}end"
        return
    left, right = _SHAPES.get(node.type, ("[", "]"))
    yield f'{indent}{ids[node.name]}{left}"{text}"{right}'


def _edge(edge: Edge, ids: dict[str, str]) -> str:
    line = "-.->" if edge.kind == "catch" else "-->"
    label = f'|"{_escaped(edge.label)}"|' if edge.label else ""
    return f"{ids[edge.source]} {line}{label} {ids[edge.target]}"


def _styles(graph: Graph, ids: dict[str, str], run: Run | None) -> Iterator[str]:
    for name in graph.names():
        found = appearance(name, run)
        if found is not PLAIN:
            yield f"    style {ids[name]} fill:{found.light.fill},stroke:{found.light.stroke},color:{found.light.text}"


def _escaped(text: str) -> str:
    replaced = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "\n": " "}
    return "".join(replaced.get(letter, letter) for letter in text)
