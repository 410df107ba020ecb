"""A definition as documents: the state machine, and pictures."""

from constructs_lib.rendering.states import render_states

__all__ = ["render_states"]
