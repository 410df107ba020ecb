"""Definitions run by the local AWS, on functions that are Python callables."""

from typing import Any

from constructs_lib.definitions import LambdaStep, WorkflowDefinition
from constructs_lib.rendering import render_states
from tests.constructs_lib.samples import function
from tests.local_aws.stepfunctions.workbench import Result, Workbench


def run(bench: Workbench, definition: WorkflowDefinition, given: Any = None) -> Result:
    return bench.run(render_states(definition), given)


def call(bench: Workbench, handler: Any, name: str, **changed: Any) -> LambdaStep:
    return function(name, function_arn=bench.function(handler), **changed)
