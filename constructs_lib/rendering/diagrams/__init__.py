"""Pictures of workflows: Mermaid, SVG, HTML; from a definition, or from any deployed state machine or pipeline."""

from constructs_lib.definitions.pipeline import PipelineDefinition
from constructs_lib.definitions.workflow import WorkflowDefinition
from constructs_lib.rendering.diagrams.graph import Edge, Graph, Node
from constructs_lib.rendering.diagrams.html import draw_html
from constructs_lib.rendering.diagrams.mermaid import draw_mermaid
from constructs_lib.rendering.diagrams.pipelines import pipeline_graph
from constructs_lib.rendering.diagrams.run import Run, StepRun
from constructs_lib.rendering.diagrams.svg import draw_svg
from constructs_lib.rendering.pipelines import pipeline_document

__all__ = [
    "Edge",
    "Graph",
    "Node",
    "Run",
    "StepRun",
    "draw_html",
    "draw_mermaid",
    "draw_svg",
    "pipeline_graph",
    "render_html",
    "render_mermaid",
    "render_svg",
]


def render_mermaid(definition: WorkflowDefinition | PipelineDefinition, run: Run | None = None) -> str:
    """A definition as Mermaid text; the statuses of `run` colour its steps."""
    return draw_mermaid(_graph(definition), run)


def render_svg(definition: WorkflowDefinition | PipelineDefinition, run: Run | None = None) -> str:
    """A definition as one SVG document; `run` is an execution that is shown on it."""
    return draw_svg(_graph(definition), run)


def render_html(definition: WorkflowDefinition | PipelineDefinition, run: Run | None = None) -> str:
    """A definition as one HTML page that needs nothing else; `run` is an execution that is shown on it."""
    return draw_html(_graph(definition), run)


def _graph(definition: WorkflowDefinition | PipelineDefinition) -> Graph:
    if isinstance(definition, PipelineDefinition):
        return pipeline_graph(pipeline_document(definition), title=definition.name)
    return Graph.from_definition(definition)
