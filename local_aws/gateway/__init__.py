"""The one HTTP door of the local AWS: protocol, identity and dispatch."""
