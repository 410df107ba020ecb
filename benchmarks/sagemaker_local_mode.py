# mypy: disable-error-code="import-not-found"
"""A pipeline of one training step as the local mode of the SageMaker SDK runs it.

Runs in the SDK's own environment (`tests/oracles/sagemaker_sdk/requirements.txt`), which `training_step` starts; needs
nothing of this project but an address where S3 is. Writes the pipeline's document on a line; then, for each line that
it reads, runs the pipeline and writes the seconds that this took. ANSWERS is the number of the open file that it writes
to: the SDK has a lot to say on standard output.

    python benchmarks/sagemaker_local_mode.py ANSWERS ENDPOINT_URL BUCKET IMAGE ROLE
"""

import contextlib
import io
import json
import logging
import os
import sys
import time
import warnings

import boto3
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.telemetry import telemetry_logging
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import LocalPipelineSession, PipelineSession
from sagemaker.workflow.steps import TrainingStep

STEP = "Train"


def pipeline(session: PipelineSession, instance_type: str, bucket: str, image: str, role: str) -> Pipeline:
    """The pipeline: one channel in, one model out."""
    estimator = Estimator(
        image_uri=image,
        role=role,
        instance_count=1,
        instance_type=instance_type,
        output_path=f"s3://{bucket}/jobs",
        sagemaker_session=session,
    )
    arguments = estimator.fit({"training": TrainingInput(f"s3://{bucket}/training", content_type="text/csv")})
    return Pipeline("training", steps=[TrainingStep(STEP, step_args=arguments)], sagemaker_session=session)


def run(made: Pipeline) -> float:
    """Seconds of one execution, which local mode carries out before `start` returns.

    Raises:
        SystemExit: it failed.
    """
    printed = io.StringIO()  # what the container says
    started = time.perf_counter()
    with contextlib.redirect_stdout(printed):
        execution = made.start()
    taken = time.perf_counter() - started
    told = execution.describe()
    if told["PipelineExecutionStatus"] != "Succeeded":
        raise SystemExit(f"local mode: {told.get('FailureReason')}\n{printed.getvalue()}")
    return taken


def main() -> None:
    """Answers line by line."""
    number, endpoint_url, bucket, image, role = sys.argv[1:]
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    os.environ |= {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_EC2_METADATA_DISABLED": "true"}
    boto_session = boto3.Session(region_name=image.split(".")[3])
    # it would tell AWS of each step; the setting for that costs it seconds, as any, in looks at what settings may say
    telemetry_logging._send_telemetry_request = lambda *_: None  # noqa: SLF001
    remote = PipelineSession(boto_session=boto_session, default_bucket=bucket)
    local = LocalPipelineSession(boto_session=boto_session, default_bucket=bucket, s3_endpoint_url=endpoint_url)
    made = pipeline(local, "local", bucket, image, role)
    made.create(role)
    with os.fdopen(int(number), "w", buffering=1) as answers:
        document = json.loads(pipeline(remote, "ml.m5.large", bucket, image, role).definition())
        answers.write(json.dumps(document) + "\n")
        for _ in sys.stdin:
            answers.write(f"{run(made)}\n")


if __name__ == "__main__":
    main()
