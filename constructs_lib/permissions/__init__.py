"""The IAM statements that a workflow's engine and its jobs need, derived from the arguments of its steps."""

from constructs_lib.permissions.derivation import PULL_ACTIONS
from constructs_lib.permissions.network import network_statements
from constructs_lib.permissions.pipelines import pipeline_statements
from constructs_lib.permissions.roles import engine_statements, job_statements, map_statements
from constructs_lib.permissions.statements import Statement

__all__ = [
    "PULL_ACTIONS",
    "Statement",
    "engine_statements",
    "job_statements",
    "map_statements",
    "network_statements",
    "pipeline_statements",
]
