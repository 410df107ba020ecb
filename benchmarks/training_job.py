"""How long a training job takes that does nothing: from the CreateTrainingJob request to Completed.

Run: ``python -m benchmarks.training_job [--runs N]``. Prints medians as JSON, with the machine's size.
The image is built in CodeBuild and run by this machine's container engine (MLOPS_CONTAINER_ENGINE forces one).
"""

import argparse
import json
import os
import statistics
import sys
import time

from benchmarks.local_account import LocalAccount, local_account

_IMAGE = {
    "Dockerfile": "FROM public.ecr.aws/docker/library/python:3.12-slim-bookworm\n"
    'ENV PATH="/opt/program:${PATH}"\nCOPY train /opt/program/train\n',
    "train": "#!/bin/sh\nexit 0\n",
}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="jobs to take the median of (default: 20)")
    runs = parser.parse_args().runs
    with local_account() as account:
        image = account.image("noop", _IMAGE)
        seconds = [run_once(account, image, number) for number in range(runs)]
    print(
        json.dumps(
            {
                "machine": {"cpus": os.cpu_count(), "python": sys.version.split()[0]},
                "first_job_seconds": round(seconds[0], 3),
                "median_job_seconds": round(statistics.median(seconds[1:]), 3),
                "slowest_job_seconds": round(max(seconds), 3),
                "goal_seconds": 0.3,
            },
            indent=1,
        )
    )


def run_once(account: LocalAccount, image: str, number: int) -> float:
    """Seconds from just before the request to the first look that sees the job completed."""
    began = time.perf_counter()
    account.training_job(f"noop-{number}", image)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
