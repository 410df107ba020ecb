"""A definition as documents; its pictures are in `diagrams`, which synthesis need not load."""

from constructs_lib.rendering.json_text import json_text
from constructs_lib.rendering.pipelines import render_pipeline, render_pipeline_text
from constructs_lib.rendering.states import render_states

__all__ = ["json_text", "render_pipeline", "render_pipeline_text", "render_states"]
