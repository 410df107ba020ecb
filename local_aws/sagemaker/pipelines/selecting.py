"""Selective executions: which steps run, and where the results of the others come from."""

from typing import Any

from local_aws.sagemaker.pipelines.definition import Definition
from local_aws.sagemaker.pipelines.records import OPEN, SUCCEEDED, Execution, Pipeline, Selection
from local_aws.sagemaker.resource_names import validation_error


def selection_of(pipeline: Pipeline, definition: Definition, request: dict[str, Any]) -> Selection | None:
    """What a StartPipelineExecution request selects; None where it runs everything.

    Raises:
        AwsError: ``ValidationException``: unknown steps, a source that cannot be taken, or results that it lacks.
    """
    config = request.get("SelectiveExecutionConfig")
    if config is None:
        return None
    steps = frozenset(entry["StepName"] for entry in config["SelectedSteps"])
    if unknown := sorted(steps - set(definition.steps)):
        raise validation_error(f"SelectedSteps [{', '.join(unknown)}] are not steps of the pipeline.")
    source = _source(pipeline, config.get("SourcePipelineExecutionArn"))
    done = {name for name, run in source.runs.items() if run.status == SUCCEEDED} if source is not None else set()
    lacking = {
        name: missing
        for name in definition.steps
        if name in steps and (missing := definition.steps[name].needs - steps - done)
    }
    if lacking:
        told = "; ".join(f"step {name} needs {', '.join(sorted(missing))}" for name, missing in lacking.items())
        where = f"succeeded in {source.arn}" if source is not None else "ever run"
        raise validation_error(
            f"Selected steps need results of steps that are not selected and have not {where}: {told}."
        )
    return Selection(steps=steps, source=source)


def _source(pipeline: Pipeline, arn: str | None) -> Execution | None:
    if arn is None:
        ended = (each for each in pipeline.newest_executions() if each.status not in OPEN)
        return next(ended, None)
    execution = pipeline.executions.get(arn.partition("/execution/")[2]) if arn.startswith(f"{pipeline.arn}/") else None
    if execution is None:
        raise validation_error(f"SourcePipelineExecutionArn {arn} is no execution of pipeline {pipeline.arn}.")
    if execution.status in OPEN:
        raise validation_error(f"SourcePipelineExecutionArn {arn} is in status {execution.status}, expected an end.")
    return execution
