# mypy: disable-error-code="import-not-found"
"""Processing steps as the SageMaker SDK makes and renders them.

Runs in the SDK's own environment (`tests/oracles/sagemaker_sdk/requirements.txt`), which `pipeline_scaling` starts;
needs nothing of this project. For each line of the standard input, a number of steps and how often, it prints
a line with the median, such as ``seconds 0.035``, among what the SDK itself prints.

    echo 100 3 | python benchmarks/sagemaker_sdk.py
"""

import gc
import logging
import os
import statistics
import sys
import time
import warnings

import boto3
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.steps import ProcessingStep

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/housing:1"
ROLE = "arn:aws:iam::111122223333:role/jobs"


def pipeline(session: PipelineSession, steps: int) -> int:
    """Makes and renders the pipeline; gives the number of its steps."""
    made: list[ProcessingStep] = []
    for number in range(steps):
        processor = Processor(
            image_uri=IMAGE, role=ROLE, instance_type="ml.m5.xlarge", instance_count=1, sagemaker_session=session
        )
        arguments = processor.run(
            inputs=[ProcessingInput(source="s3://data/in", destination="/opt/ml/processing/input", input_name="in")],
            outputs=[
                ProcessingOutput(source="/opt/ml/processing/out", destination=f"s3://data/{number}", output_name="out")
            ],
        )
        made.append(ProcessingStep(f"Step{number}", step_args=arguments))
    return str(Pipeline("many", steps=made, sagemaker_session=session).definition()).count('"Type": "Processing"')


def median(session: PipelineSession, steps: int, times: int) -> float:
    """The median seconds of some times after a first one."""
    gc.collect()
    taken: list[float] = []
    for _ in range(times + 1):
        started = time.perf_counter()
        made = pipeline(session, steps)
        taken.append(time.perf_counter() - started)
        if made != steps:
            raise ValueError(f"got {made} steps, expected {steps}")
    return statistics.median(taken[1:])


def main() -> None:
    """Answers each line."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)  # it warns of each job's name
    os.environ |= {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    boto_session = boto3.Session(region_name="eu-west-1")
    # without settings of its own: with any, it validates all of them for each argument of each step
    session = PipelineSession(boto_session=boto_session, default_bucket="data")
    session._default_bucket = "data"  # noqa: SLF001 - it would look whether the bucket is there
    for line in sys.stdin:
        steps, times = map(int, line.split())
        print("seconds", median(session, steps, times), flush=True)


if __name__ == "__main__":
    main()
