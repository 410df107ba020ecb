"""The graph of a workflow as pictures need it: from a definition, or from any state machine."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import frozen

from constructs_lib.definitions.workflow import WorkflowDefinition
from constructs_lib.rendering.diagrams.labels import choice_label, errors_label, kind_of, notes_of
from constructs_lib.rendering.states import states_document

EdgeKind = Literal["next", "choice", "catch"]

_HELPER = ": "


@frozen(kw_only=True)
class Node:
    """A step.

    Attributes:
        name: of its state.
        type: of its state, such as ``Task``.
        kind: what it does, in words, such as ``SageMaker training job``.
        notes: what else is to be known, such as how it is retried.
        ends: whether the execution can end well after it.
        branches: the graphs inside of it, if it is a Parallel or a Map.
    """

    name: str
    type: str
    kind: str
    notes: tuple[str, ...] = ()
    ends: bool = False
    branches: tuple["Graph", ...] = ()


@frozen(kw_only=True)
class Edge:
    """A way from one step to another.

    Attributes:
        source: name of the step that it leaves.
        target: name of the step that it leads to.
        kind: always taken, chosen, or taken after an error.
        label: when it is taken; empty where always.
    """

    source: str
    target: str
    kind: EdgeKind = "next"
    label: str = ""


@frozen(kw_only=True)
class Graph:
    """Steps and the ways between them.

    Helper states, which are named after their step (``Create Endpoint: wait``), are part of their step here.

    Attributes:
        title: what the picture is called.
        starts: names of the first steps; a state machine has one, a pipeline may have several.
        nodes: in the order in which they are defined.
        edges: between them.
    """

    title: str
    starts: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @classmethod
    def from_definition(cls, definition: WorkflowDefinition) -> "Graph":
        """The graph of a definition; its steps need no roles for that."""
        return cls.from_states(states_document(definition), title=definition.name)

    @classmethod
    def from_states(cls, document: Mapping[str, Any], *, title: str | None = None) -> "Graph":
        """The graph of a state machine in the Amazon States Language, whoever wrote it.

        Args:
            document: the definition, as a dictionary.
            title: of the picture. Default: the state machine's comment.

        Raises:
            ValueError: the document has no states, or leads to a state that it does not have.
        """
        states = document.get("States")
        if not isinstance(states, Mapping) or document.get("StartAt") not in states:
            raise ValueError("got a document without States or StartAt, expected a state machine definition")
        owner = {name: _owner(name, states) for name in states}
        helpers: dict[str, dict[str, Any]] = {}
        for name, state in states.items():
            if owner[name] != name:
                helpers.setdefault(owner[name], {})[name] = state
        nodes = tuple(
            _node(name, state, helpers.get(name, {})) for name, state in states.items() if owner[name] == name
        )
        failing = _failing(states, owner)
        edges: dict[Edge, None] = {}
        for name, state in states.items():
            for edge in _edges(name, state):
                if edge.target not in states:
                    raise ValueError(f"the state {name!r} leads to {edge.target!r}, which is no state")
                source, target = owner[name], owner[edge.target]
                if source == name:
                    edges[Edge(source=source, target=target, kind=edge.kind, label=edge.label)] = None
                elif target != source:  # a helper goes on for its step: how it came to that is the step's business
                    kind: EdgeKind = "catch" if edge.kind == "catch" or edge.source in failing else "next"
                    edges.setdefault(Edge(source=source, target=target, kind=kind), None)
        inner = {edge for edge in edges if edge.source == edge.target and edge.source in helpers}
        comment = document.get("Comment")
        return cls(
            title=title if title is not None else comment if isinstance(comment, str) else "workflow",
            starts=(owner[document["StartAt"]],),
            nodes=nodes,
            edges=tuple(_without_doubles([edge for edge in edges if edge not in inner])),
        )

    def names(self) -> Iterator[str]:
        """The names of all steps, those inside of others too."""
        for node in self.nodes:
            yield node.name
            for branch in node.branches:
                yield from branch.names()


def _owner(name: str, states: Mapping[str, Any]) -> str:
    step, separator, _ = name.partition(_HELPER)
    return step if separator and step in states else name


def _failing(states: Mapping[str, Any], owner: Mapping[str, str]) -> set[str]:
    """The helpers that hand a failure on: Pass states to which a Choice or a Catch leads."""
    found = set()
    for name, state in states.items():
        for edge in _edges(name, state):
            passes = states.get(edge.target, {}).get("Type") == "Pass"
            if edge.kind != "next" and passes and owner[edge.target] != edge.target:
                found.add(edge.target)
    return found


def _without_doubles(edges: list[Edge]) -> Iterator[Edge]:
    """Without unlabelled edges that say less than another one of the same kind between the same steps."""
    labelled = {(edge.source, edge.target, edge.kind) for edge in edges if edge.label}
    for edge in edges:
        if edge.label or (edge.source, edge.target, edge.kind) not in labelled:
            yield edge


def _node(name: str, state: Mapping[str, Any], helpers: Mapping[str, Any]) -> Node:
    inside = [*state.get("Branches", ())]
    inside += [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
    family = [state, *helpers.values()]
    return Node(
        name=name,
        type=str(state.get("Type", "")),
        kind=kind_of(state),
        notes=notes_of(state, helpers),
        ends=any(found.get("End") is True or found.get("Type") == "Succeed" for found in family),
        branches=tuple(Graph.from_states(branch, title="") for branch in inside),
    )


def _edges(name: str, state: Mapping[str, Any]) -> Iterator[Edge]:
    if "Next" in state:
        yield Edge(source=name, target=state["Next"])
    for choice in state.get("Choices", ()):
        yield Edge(source=name, target=choice["Next"], kind="choice", label=choice_label(choice))
    if "Default" in state:
        yield Edge(source=name, target=state["Default"], kind="choice", label="otherwise")
    for catcher in state.get("Catch", ()):
        yield Edge(source=name, target=catcher["Next"], kind="catch", label=errors_label(catcher))
