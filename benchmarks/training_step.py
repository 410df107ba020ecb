"""A pipeline of one training step: by the local mode of the SageMaker SDK, and by the local AWS with the same image.

Run: ``python -m benchmarks.training_step --sagemaker-sdk PYTHON [--rounds N]``. Prints medians as JSON: seconds from
the start of an execution to its end. PYTHON has the SDK (`tests/oracles/sagemaker_sdk/requirements.txt`). In turns:
local mode; the local AWS with docker; the local AWS with processes, for the record; and ``docker run`` of the image
alone, which the first two need at least. The pipeline is the SDK's own document, its data and models are in S3 of the
local AWS, which builds the image too, of a script that counts rows. Local mode needs docker and Docker Compose.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.jobs import NOOP_IMAGE
from benchmarks.local_account import BUCKET, LocalAccount, local_account, until

_NAME = "training"
_GOAL = 0.5
_NETWORK = "sagemaker-local"
_TRAIN = """#!/bin/sh
set -e
ml="${SAGEMAKER_BASE_DIR:-/opt/ml}"
wc -l < "$ml/input/data/training/rows.csv" > "$ml/model/rows"
"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sagemaker-sdk", metavar="PYTHON", required=True, help="that has the SageMaker SDK")
    parser.add_argument("--rounds", type=int, default=10, help="after a first one of each (default: 10)")
    given = parser.parse_args()
    need_docker()
    with local_account(engine="docker") as docker, local_account(engine="process") as processes:
        image = build(docker)
        build(processes)  # both accounts have one number, so image and role have one name
        with local_mode(given.sagemaker_sdk, docker, image) as (document, run_local_mode):
            for account in (docker, processes):
                account.client("sagemaker").create_pipeline(
                    PipelineName=_NAME,
                    PipelineDefinition=document,
                    RoleArn=account.role,
                    ClientRequestToken=str(uuid.uuid4()),
                )
            sides: dict[str, Callable[[], float]] = {
                "sdk_local_mode": run_local_mode,
                "docker": lambda: run(docker),
                "process": lambda: run(processes),
                "docker_run_alone": lambda: run_container(image),
            }
            taken: dict[str, list[float]] = {name: [] for name in sides}
            for _ in range(given.rounds + 1):
                for name, side in sides.items():
                    taken[name].append(side())
    print(json.dumps(report(taken), indent=1))


def need_docker() -> None:
    """Ends the program, saying why, where there is no docker that runs containers, or no Docker Compose."""
    if shutil.which("docker") is None:
        raise SystemExit("the SDK's local mode needs docker: there is no program of that name on PATH")
    info = _docker("info", "--format", "{{.ServerVersion}}")
    if info.returncode:
        raise SystemExit(f"the SDK's local mode needs docker: {info.stderr.strip()}")
    if _docker("compose", "version").returncode and shutil.which("docker-compose") is None:
        raise SystemExit("the SDK's local mode needs Docker Compose, of which docker has none (docker-compose on PATH)")


def build(account: LocalAccount) -> str:
    """Builds the image in an account and puts its data there; gives the image's URI."""
    account.client("s3").put_object(Bucket=BUCKET, Key="training/rows.csv", Body=b"1,2\n" * 1_000)
    return account.image(_NAME, NOOP_IMAGE | {"train": _TRAIN})


@contextmanager
def local_mode(python: str, account: LocalAccount, image: str) -> Iterator[tuple[str, Callable[[], float]]]:
    """The SDK in an environment of its own: the pipeline's document, and what runs it and gives the seconds."""
    had_network = not _docker("network", "inspect", _NETWORK).returncode
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory() as folder, os.fdopen(reading) as answers:
        program = [python, str(Path(__file__).with_name("sagemaker_local_mode.py")), str(writing)]
        sdk = subprocess.Popen(
            [*program, f"http://127.0.0.1:{account.port}", BUCKET, image, account.role],
            env={**os.environ, "TMPDIR": folder, "SAGEMAKER_SUPPRESS_V2_WARNING": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            pass_fds=(writing,),
        )
        os.close(writing)

        def answer() -> str:
            line = answers.readline()
            if not line:
                raise SystemExit(f"the SageMaker SDK ended with {sdk.wait()}")
            return line

        def run_once() -> float:
            print("run", file=sdk.stdin, flush=True)
            return float(answer())

        try:
            yield answer(), run_once
        finally:
            sdk.terminate()
            sdk.wait()
            # local mode leaves its containers and its network behind
            left = _docker("ps", "--all", "--quiet", "--filter", f"ancestor={image}").stdout.split()
            if left:
                _docker("rm", "--force", *left)
            if not had_network:
                _docker("network", "rm", _NETWORK)


def run(account: LocalAccount) -> float:
    """Seconds of one execution, to the first look that sees its end.

    Raises:
        SystemExit: it failed.
    """
    sagemaker = account.client("sagemaker")
    began = time.perf_counter()
    arn = sagemaker.start_pipeline_execution(PipelineName=_NAME, ClientRequestToken=str(uuid.uuid4()))[
        "PipelineExecutionArn"
    ]
    ended = until(
        lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn),
        lambda found: found["PipelineExecutionStatus"] != "Executing",
        seconds=120,
    )
    taken = time.perf_counter() - began
    if ended["PipelineExecutionStatus"] != "Succeeded":
        raise SystemExit(f"the local AWS: {ended.get('FailureReason')}")
    return taken


def run_container(image: str) -> float:
    """Seconds of ``docker run`` of the image, doing nothing."""
    began = time.perf_counter()
    ended = _docker("run", "--rm", "--network", "host", image, "true")
    taken = time.perf_counter() - began
    if ended.returncode:
        raise SystemExit(f"docker run: {ended.stderr.strip()}")
    return taken


def report(taken: dict[str, list[float]]) -> dict[str, object]:
    """Medians, and their ratio to local mode's."""
    medians = {name: statistics.median(seconds[1:]) for name, seconds in taken.items()}
    return {
        "machine": {"cpus": os.cpu_count(), "python": sys.version.split()[0]},
        "rounds": len(taken["docker"]) - 1,
        "goal_ratio": _GOAL,
        **{
            name: {
                "first_seconds": round(seconds[0], 3),
                "median_seconds": round(medians[name], 3),
                "fastest_seconds": round(min(seconds[1:]), 3),
                "slowest_seconds": round(max(seconds[1:]), 3),
                "ratio": round(medians[name] / medians["sdk_local_mode"], 2),
            }
            for name, seconds in taken.items()
        },
    }


def _docker(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main()
