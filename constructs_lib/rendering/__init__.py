"""A definition as documents: the state machine, and pictures."""

from constructs_lib.rendering.diagrams import render_html, render_mermaid, render_svg
from constructs_lib.rendering.json_text import json_text
from constructs_lib.rendering.states import render_states

__all__ = ["json_text", "render_html", "render_mermaid", "render_states", "render_svg"]
