"""Checks of a definition before anything is created."""
