"""Lineage: what was made of what, by which job; and how that is asked for."""
