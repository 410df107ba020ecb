"""What the SageMaker SDK writes for each step type of pipelines: documents to compare with, to import and to run."""
