"""Search over SageMaker's resources, by any property of theirs."""
