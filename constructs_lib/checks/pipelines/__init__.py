"""The checks of a pipeline: the rules that hold for every engine, and those of SageMaker Pipelines."""

from constructs_lib.checks.pipelines import (
    alternatives,
    conditions,
    engine,
    graph,
    limits,
    lineage,
    mlflow,
    names,
    options,
    parameters,
    references,
)
from constructs_lib.checks.pipelines.rules import (
    PipelineRule,
    PipelineSubject,
    all_pipeline_rules,
    check_pipeline,
    pipeline_rule,
)

__all__ = [
    "PipelineRule",
    "PipelineSubject",
    "all_pipeline_rules",
    "alternatives",
    "check_pipeline",
    "conditions",
    "engine",
    "graph",
    "limits",
    "lineage",
    "mlflow",
    "names",
    "options",
    "parameters",
    "pipeline_rule",
    "references",
]
