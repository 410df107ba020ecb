"""Pipelines of SageMaker, deployed: what runs, with which rights, and who hears of failures."""
