"""Bring your own container: build it, train with it, put the model behind an endpoint."""
