"""What the engine of SageMaker Pipelines adds to its jobs: chains of steps that do nothing, side by side.

Run: ``python -m benchmarks.pipelines_engine [--steps N] [--wide N]``. Prints seconds as JSON: the execution from the
request that starts it to the look that sees its end, and what of it was beyond the jobs' own time. A job's own time is
that from its creation to its end, and the longest chain of jobs counts. A second execution takes every step from the
cache, and has no jobs.
"""

import argparse
import json
import os
import sys
import time
import uuid
from typing import Any

from benchmarks.jobs import NOOP_IMAGE
from benchmarks.local_account import LocalAccount, local_account

_NAME = "noop"
_GOAL_SECONDS = 5


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100, help="steps in all (default: 100)")
    parser.add_argument("--wide", type=int, default=10, help="chains side by side (default: 10)")
    chosen = parser.parse_args()
    with local_account() as account:
        image = account.image(_NAME, NOOP_IMAGE)
        account.processing_job("warm-up", image)
        sagemaker = account.client("sagemaker")
        sagemaker.create_pipeline(
            PipelineName=_NAME,
            PipelineDefinition=json.dumps(definition(chosen.steps, chosen.wide, image, account.role)),
            RoleArn=account.role,
            ClientRequestToken=str(uuid.uuid4()),
        )
        measured = measure(account, chosen.wide)
        cached = measure(account, chosen.wide)
    machine = {"cpus": os.cpu_count(), "python": sys.version.split()[0]}
    print(
        json.dumps(
            {
                "machine": machine,
                "steps": chosen.steps,
                "wide": chosen.wide,
                "goal_beyond_jobs_seconds": _GOAL_SECONDS,
                "jobs": measured,
                "cached_seconds": cached["seconds"],
            },
            indent=1,
        )
    )


def definition(steps: int, wide: int, image: str, role: str) -> dict[str, Any]:
    """Chains of Processing steps, side by side."""
    documents = []
    for number in range(steps):
        step = {
            "Name": f"Step{number}",
            "Type": "Processing",
            "Arguments": {
                "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": ["true"]},
                "ProcessingResources": {
                    "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
                },
                "RoleArn": role,
            },
            "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"},
        }
        documents.append(step | ({"DependsOn": [f"Step{number - wide}"]} if number >= wide else {}))
    return {"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": documents}


def measure(account: LocalAccount, wide: int) -> dict[str, float]:
    """Seconds of one execution, and those beyond the longest chain of its jobs."""
    sagemaker = account.client("sagemaker")
    began = time.perf_counter()
    arn = sagemaker.start_pipeline_execution(PipelineName=_NAME, ClientRequestToken=str(uuid.uuid4()))[
        "PipelineExecutionArn"
    ]
    while (status := sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]) in (
        "Executing",
        "Stopping",
    ):
        time.sleep(0.05)
    seconds = time.perf_counter() - began
    if status != "Succeeded":
        raise SystemExit(f"the pipeline ended as {status}")
    chains: dict[int, float] = {}
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=arn)
    for step in (step for page in pages for step in page["PipelineExecutionSteps"]):
        job = step["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
        described = sagemaker.describe_processing_job(ProcessingJobName=job)
        own = (described["ProcessingEndTime"] - described["CreationTime"]).total_seconds()
        chain = int(step["StepName"].removeprefix("Step")) % wide
        chains[chain] = chains.get(chain, 0) + own
    return {"seconds": round(seconds, 3), "beyond_jobs_seconds": round(seconds - max(chains.values()), 3)}


if __name__ == "__main__":
    main()
