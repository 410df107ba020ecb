"""The checks of a definition: one named rule a function, all problems at once, before anything is deployed."""

from constructs_lib.checks import (
    arns,
    conditions,
    control,
    distributed_maps,
    engine,
    failures,
    field_types,
    graph,
    integrations,
    limits,
    names,
    references,
    requests,
    sizes,
)
from constructs_lib.checks.rules import Rule, Subject, all_rules, check, rule

__all__ = [
    "Rule",
    "Subject",
    "all_rules",
    "arns",
    "check",
    "conditions",
    "control",
    "distributed_maps",
    "engine",
    "failures",
    "field_types",
    "graph",
    "integrations",
    "limits",
    "names",
    "references",
    "requests",
    "rule",
    "sizes",
]
