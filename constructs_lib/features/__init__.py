"""Feature groups of Amazon SageMaker Feature Store."""
