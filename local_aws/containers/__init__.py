"""Container engines: docker, podman, or a private process; images are found through the local ECR."""
