"""The model registry: groups of versions, who may use them, and rules on their approval."""
