"""Pipelines of 10, 100 and 1,000 processing steps: made and rendered, without checks and with them.

Beside them the SageMaker SDK, where `--sagemaker-sdk` names a Python that has it
(`tests/oracles/sagemaker_sdk/requirements.txt`).
Goals, of the SageMaker SDK: at most 0.05 without checks, 0.25 with them.

    python -m benchmarks.pipeline_scaling [--sizes 10 100 1000] [--rounds 5] [--sagemaker-sdk PYTHON] [--json FILE]
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.state_machine_500 import seconds
from constructs_lib.definitions import (
    ComputeResources,
    PipelineDefinition,
    ProcessingInput,
    ProcessingOutput,
    ProcessingStep,
)
from constructs_lib.rendering import render_pipeline_text

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/housing:1"
ROLE = "arn:aws:iam::111122223333:role/jobs"
SIZES = [10, 100, 1_000]
GOALS = {"unchecked": 0.05, "checked": 0.25}


def pipeline(steps: int) -> int:
    """Makes, checks and renders the pipeline; gives the number of its steps."""
    made = [
        ProcessingStep(
            name=f"Step{number}",
            role=ROLE,
            image=IMAGE,
            compute=ComputeResources(instance_type="ml.m5.xlarge"),
            inputs=[ProcessingInput(name="in", uri="s3://data/in", path="/opt/ml/processing/input")],
            outputs=[ProcessingOutput(name="out", path="/opt/ml/processing/out", uri=f"s3://data/{number}")],
        )
        for number in range(steps)
    ]
    definition = PipelineDefinition(name="many", steps=made, max_steps=steps)
    return render_pipeline_text(definition).count('"Type":"Processing"')


def _nothing_wrong(_: object) -> tuple[()]:
    return ()


def measure(steps: int, rounds: int) -> dict[str, float]:
    """Medians of both sides; a first round of each is not counted."""
    taken: dict[str, list[float]] = {"unchecked": [], "checked": []}
    for _ in range(rounds + 1):
        with mock.patch("constructs_lib.checks.pipelines.check_pipeline", new=_nothing_wrong):
            taken["unchecked"].append(seconds(pipeline, steps))
        taken["checked"].append(seconds(pipeline, steps))
    return {name: statistics.median(found[1:]) for name, found in taken.items()}


def of_the_sdk(python: str, sizes: list[int], rounds: int) -> dict[str, float]:
    """What the SageMaker SDK takes in an environment of its own."""
    program = [python, str(Path(__file__).with_name("sagemaker_sdk.py")), str(rounds), *map(str, sizes)]
    ended = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Runs all sides and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sagemaker-sdk", metavar="PYTHON")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    sdk: dict[str, float] = {}
    if given.sagemaker_sdk is not None:
        sdk = of_the_sdk(given.sagemaker_sdk, given.sizes, given.rounds)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{given.rounds} rounds, {machine}; goals {GOALS}")
    if not sdk:
        print("the SageMaker SDK is left out: --sagemaker-sdk names a Python that has it")
    print(("{:>8}" + "{:>20}" * 3).format("steps", *GOALS, "SageMaker SDK"))
    sizes: dict[str, Any] = {}
    for steps in given.sizes:
        medians: dict[str, float | None] = {**measure(steps, given.rounds), "sagemaker_sdk": sdk.get(str(steps))}
        sizes[str(steps)] = medians
        print(
            ("{:>8}" + "{:>20}" * 3).format(steps, *(_cell(found, sdk.get(str(steps))) for found in medians.values()))
        )
    if given.json is not None:
        result = {"rounds": given.rounds, "goals": GOALS, "machine": machine, "sizes": sizes}
        given.json.write_text(json.dumps(result, indent=2) + "\n")


def _cell(found: float | None, sdk: float | None) -> str:
    if found is None:
        return "left out"
    return f"{found * 1000:.1f} ms" + ("" if sdk is None else f" ({found / sdk:.3f})")


if __name__ == "__main__":
    main()
