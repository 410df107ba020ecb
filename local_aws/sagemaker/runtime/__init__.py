"""The path of a request: from the gateway to a container and back, and its capture."""
