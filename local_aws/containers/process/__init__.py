"""The engine for machines without docker and podman: images are folders, containers are processes."""
