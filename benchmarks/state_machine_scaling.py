"""State machines of 10, 100 and 1,000 Lambda tasks: made and rendered, without checks, with them, and synthesized too.

Beside them aws_stepfunctions, which renders when it is synthesized, in turns within the same process; and the Data
Science SDK's plain states, where `--data-science-sdk` names a Python that has it
(`tests/oracles/data_science_sdk/requirements.txt`).
Goals, of aws_stepfunctions: at most 0.05 without checks, 0.2 with them.

    python -m benchmarks.state_machine_scaling [--sizes 10 100 1000] [--rounds 5] [--data-science-sdk PYTHON]
        [--json FILE]
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

from benchmarks.state_machine_500 import chain, ours, seconds, theirs
from constructs_lib.rendering import render_states

ROLE = "arn:aws:iam::111122223333:role/engine"
SIZES = [10, 100, 1_000]
GOALS = {"unchecked": 0.05, "checked": 0.2}
COLUMNS = ("unchecked", "checked", "synthesized", "aws_stepfunctions")


def _nothing_wrong(_: object) -> tuple[()]:  # a mock would take longer to make than ten steps
    return ()


def unchecked(tasks: int) -> int:
    """Ours, without a look at what the definition says."""
    with mock.patch("constructs_lib.checks.check", new=_nothing_wrong):
        return ours(tasks)


def synthesized(tasks: int) -> int:
    """Ours with checks, put into a stack and synthesized as theirs is."""
    from aws_cdk import App, Stack
    from aws_cdk import aws_stepfunctions as stepfunctions

    app = App()
    stack = Stack(app, "Chain")
    text = json.dumps(render_states(chain(tasks)))
    stepfunctions.CfnStateMachine(stack, "Machine", role_arn=ROLE, definition_string=text)
    template = app.synth().get_stack_by_name("Chain").template
    return json.dumps(template).count('\\"Type\\": \\"Task\\"')


def measure(tasks: int, rounds: int) -> dict[str, Any]:
    """Medians of each side, and ratios to aws_stepfunctions; a first round of each is not counted."""
    sides = dict(zip(COLUMNS, (unchecked, ours, synthesized, theirs), strict=True))
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds + 1):
        for name, work in sides.items():
            taken[name].append(seconds(work, tasks))
    medians = {name: statistics.median(found[1:]) for name, found in taken.items()}
    return {
        "median_seconds": medians,
        "ratios": {name: medians[name] / medians["aws_stepfunctions"] for name in COLUMNS[:-1]},
    }


def of_the_sdk(python: str, sizes: list[int], rounds: int) -> dict[str, float | str]:
    """What the Data Science SDK takes in an environment of its own: seconds, or the error that it ends in."""
    program = [python, str(Path(__file__).with_name("data_science_sdk.py")), str(rounds), *map(str, sizes)]
    ended = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float | str] = json.loads(ended.stdout.splitlines()[-1])
    return found


def milliseconds(found: float | str) -> str:
    """A time for the table; an error stands for itself."""
    return found if isinstance(found, str) else f"{found * 1000:.1f} ms"


def main() -> None:
    """Runs all sides and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data-science-sdk", metavar="PYTHON")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    sdk: dict[str, float | str] = {}
    if given.data_science_sdk is not None:
        sdk = of_the_sdk(given.data_science_sdk, given.sizes, given.rounds)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{given.rounds} rounds, {machine}; goals {GOALS}")
    if not sdk:
        print("the Data Science SDK is left out: --data-science-sdk names a Python that has it")
    print(("{:>8}" + "{:>20}" * 5).format("tasks", *COLUMNS, "Data Science SDK"))
    sizes: dict[str, Any] = {}
    for tasks in given.sizes:
        found = measure(tasks, given.rounds)
        medians, ratios = found["median_seconds"], found["ratios"]
        medians["data_science_sdk"] = sdk.get(str(tasks))
        sizes[str(tasks)] = found
        cells = [f"{medians[name] * 1000:.1f} ms ({ratio:.3f})" for name, ratio in ratios.items()]
        cells += [milliseconds(medians["aws_stepfunctions"]), milliseconds(sdk.get(str(tasks), "left out"))]
        print(("{:>8}" + "{:>20}" * 5).format(tasks, *cells))
    if given.json is not None:
        result = {"rounds": given.rounds, "goals": GOALS, "machine": machine, "sizes": sizes}
        given.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
