"""Pipelines of 10, 100 and 1,000 processing steps: made and rendered, without checks and with them.

Beside them the SageMaker SDK, where `--sagemaker-sdk` names a Python that has it
(`tests/oracles/sagemaker_sdk/requirements.txt`). All take turns, so that all see the same machine.
Goals, of the SageMaker SDK: at most 0.05 without checks, 0.25 with them.

    python -m benchmarks.pipeline_scaling [--sizes 10 100 1000] [--rounds 5] [--sagemaker-sdk PYTHON] [--json FILE]
"""

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Self
from unittest import mock

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
TIMES_A_TURN = 3
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


class SageMakerSdk:
    """The SageMaker SDK in an environment of its own; used as a context.

    Args:
        python: of the environment.
    """

    def __init__(self, python: str) -> None:
        program = [python, str(Path(__file__).with_name("sagemaker_sdk.py"))]
        quiet = os.environ | {"SAGEMAKER_SUPPRESS_V2_WARNING": "1"}
        self._process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=quiet
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def median(self, steps: int, times: int) -> float:
        """What making and rendering a pipeline of that many steps takes."""
        if self._process.stdin is None or self._process.stdout is None:
            raise TypeError("the process has no pipes")
        self._process.stdin.write(f"{steps} {times}\n")
        for line in self._process.stdout:  # the SDK prints others
            match line.split():
                case ["seconds", taken]:
                    return float(taken)
        raise RuntimeError("the process of the SageMaker SDK ended without an answer")


def _nothing_wrong(_: object) -> tuple[()]:
    return ()


def median(steps: int, times: int) -> float:
    """The median seconds of some times after a first one, which finds the processor's caches full of the other side."""
    gc.collect()
    taken: list[float] = []
    for _ in range(times + 1):
        started = time.perf_counter()
        made = pipeline(steps)
        taken.append(time.perf_counter() - started)
        if made != steps:
            raise ValueError(f"got {made} steps, expected {steps}")
    return statistics.median(taken[1:])


def measure(steps: int, rounds: int, sdk: SageMakerSdk | None) -> dict[str, float | None]:
    """Medians of all sides, which take turns."""
    taken: dict[str, list[float]] = {"unchecked": [], "checked": [], "sagemaker_sdk": []}
    for _ in range(rounds):
        if sdk is not None:
            taken["sagemaker_sdk"].append(sdk.median(steps, TIMES_A_TURN))
        with mock.patch("constructs_lib.checks.pipelines.check_pipeline", new=_nothing_wrong):
            taken["unchecked"].append(median(steps, TIMES_A_TURN))
        taken["checked"].append(median(steps, TIMES_A_TURN))
    return {name: statistics.median(found) if found else None for name, found in taken.items()}


def main() -> None:
    """Runs all sides and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sagemaker-sdk", metavar="PYTHON")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{given.rounds} rounds, {machine}; goals {GOALS}")
    if given.sagemaker_sdk is None:
        print("the SageMaker SDK is left out: --sagemaker-sdk names a Python that has it")
    print(("{:>8}" + "{:>20}" * 3).format("steps", *GOALS, "SageMaker SDK"))
    sizes: dict[str, Any] = {}
    with nullcontext() if given.sagemaker_sdk is None else SageMakerSdk(given.sagemaker_sdk) as sdk:
        for steps in given.sizes:
            medians = sizes[str(steps)] = measure(steps, given.rounds, sdk)
            cells = [_cell(found, medians["sagemaker_sdk"]) for found in medians.values()]
            print(("{:>8}" + "{:>20}" * 3).format(steps, *cells))
    if given.json is not None:
        result = {"rounds": given.rounds, "goals": GOALS, "machine": machine, "sizes": sizes}
        given.json.write_text(json.dumps(result, indent=2) + "\n")


def _cell(found: float | None, sdk: float | None) -> str:
    if found is None:
        return "left out"
    return f"{found * 1000:.1f} ms" + ("" if sdk is None else f" ({found / sdk:.3f})")


if __name__ == "__main__":
    main()
