"""Batch transform jobs: what they are asked for, how records go through a model, what comes out."""
