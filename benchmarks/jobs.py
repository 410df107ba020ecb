"""How long jobs take that do nothing: from the Create request to Completed.

Run: ``python -m benchmarks.jobs [--runs N]``. Prints medians as JSON, with the machine's size.
The image is built in CodeBuild and run by this machine's container engine (MLOPS_CONTAINER_ENGINE forces one).
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.local_account import local_account

NOOP_IMAGE = {
    "Dockerfile": "FROM public.ecr.aws/docker/library/python:3.12-slim-bookworm\n"
    'ENV PATH="/opt/program:${PATH}"\nCOPY train /opt/program/train\nENTRYPOINT []\nCMD ["train"]\n',
    "train": "#!/bin/sh\nexit 0\n",
}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="jobs to take the median of (default: 20)")
    runs = parser.parse_args().runs
    with local_account() as account:
        image = account.image("noop", NOOP_IMAGE)
        measured = {
            "training_job": measure(runs, lambda name: account.training_job(name, image)),
            "processing_job": measure(runs, lambda name: account.processing_job(name, image)),
        }
    machine = {"cpus": os.cpu_count(), "python": sys.version.split()[0]}
    print(json.dumps({"machine": machine, "goal_seconds": 0.3, **measured}, indent=1))


def measure(runs: int, run: Callable[[str], Any]) -> dict[str, float]:
    """Seconds from just before each request to the first look that sees the job completed."""
    seconds = []
    for number in range(runs):
        began = time.perf_counter()
        run(f"noop-{number}")
        seconds.append(time.perf_counter() - began)
    return {
        "first_seconds": round(seconds[0], 3),
        "median_seconds": round(statistics.median(seconds[1:]), 3),
        "slowest_seconds": round(max(seconds), 3),
    }


if __name__ == "__main__":
    main()
