"""Programs of users of the SageMaker SDK, for a Python that has it: each takes a role and an image, checks itself."""
