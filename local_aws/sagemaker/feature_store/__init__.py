"""SageMaker Feature Store: feature groups, their online store in memory, their offline store as Parquet in S3."""
