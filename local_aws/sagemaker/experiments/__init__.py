"""Experiments: trials, and the trial components that jobs and people make."""
