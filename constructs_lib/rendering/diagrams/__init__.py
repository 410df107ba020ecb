"""Pictures of workflows: Mermaid, SVG, HTML; from a definition, or from any deployed state machine."""

from constructs_lib.definitions.workflow import WorkflowDefinition
from constructs_lib.rendering.diagrams.graph import Edge, Graph, Node
from constructs_lib.rendering.diagrams.html import draw_html
from constructs_lib.rendering.diagrams.mermaid import draw_mermaid
from constructs_lib.rendering.diagrams.status import Statuses
from constructs_lib.rendering.diagrams.svg import draw_svg

__all__ = [
    "Edge",
    "Graph",
    "Node",
    "Statuses",
    "draw_html",
    "draw_mermaid",
    "draw_svg",
    "render_html",
    "render_mermaid",
    "render_svg",
]


def render_mermaid(definition: WorkflowDefinition, status: Statuses | None = None) -> str:
    """A definition as Mermaid text; `status` colours the steps of an execution."""
    return draw_mermaid(Graph.from_definition(definition), status)


def render_svg(definition: WorkflowDefinition, status: Statuses | None = None) -> str:
    """A definition as one SVG document; `status` colours the steps of an execution."""
    return draw_svg(Graph.from_definition(definition), status)


def render_html(definition: WorkflowDefinition, status: Statuses | None = None) -> str:
    """A definition as one HTML page that needs nothing else; `status` colours the steps of an execution."""
    return draw_html(Graph.from_definition(definition), status)
