"""Synthesis of one environment with one workflow: with the library, against the same resources by aws-cdk-lib alone.

Each round is a new process of either kind, in turns, so that both see the same machine: imports, definition and
synthesis are all counted, cdk-nag is not. The time of `import constructs_lib` alone is measured the same way.
Goals: 1.05 times the hand-written app at most; 10 ms for the import.

    python benchmarks/app_synth.py [--rounds 5] [--json FILE]
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]
LIBRARY, BY_HAND = "library", "by hand"
# to be filled in by both sides with their own values
PLACES: dict[str, Any] = {
    "builder_function_arn": "arn:aws:lambda:eu-west-1:111122223333:function:builder",
    "repository_arn": "arn:aws:ecr:eu-west-1:111122223333:repository/housing",
    "data_key": "arn:aws:kms:eu-west-1:111122223333:key/1",
    "training_data_uri": "s3://bucket/byoc-housing/data/training/",
    "validation_data_uri": "s3://bucket/byoc-housing/data/validation/",
    "output_uri": "s3://bucket/byoc-housing/output/",
    "capture_uri": "s3://bucket/byoc-housing/capture/",
}
ROLES = {"Train Step": "arn:aws:iam::111122223333:role/train", "Save model": "arn:aws:iam::111122223333:role/model"}


def states() -> dict[str, Any]:
    """The state machine, with placeholders, as an author would keep it in a file."""
    from constructs_lib.rendering import render_states
    from workflows.byoc_housing.definition import HousingSettings, byoc_housing

    document = json.dumps(render_states(byoc_housing(HousingSettings(**PLACES)).with_roles(ROLES)))
    for text, placeholder in {
        PLACES["builder_function_arn"]: "{function}",
        PLACES["data_key"]: "{key}",
        ROLES["Train Step"]: "{train}",
        ROLES["Save model"]: "{model}",
        "s3://bucket/": "s3://{bucket}/",
        "arn:aws:states": "arn:{partition}:states",
    }.items():
        document = document.replace(text, placeholder)
    return dict(json.loads(document))


def synthesize(kind: str, folder: Path, states_file: Path) -> None:
    """Defines and synthesizes one environment into a folder."""
    from aws_cdk import App

    app = App(outdir=str(folder), context=CONTEXT)
    if kind == BY_HAND:
        from benchmarks import app_by_hand

        containers = app_by_hand.Containers(app, "containers")
        app_by_hand.Training(app, "training", containers, json.loads(states_file.read_text()))
    else:
        from benchmarks import app_by_library
        from constructs_lib.environments.settings import read_environments

        (settings,) = read_environments(CONTEXT["environments"], selected="dev")
        ours = app_by_library.Containers(app, "containers", settings=settings)
        app_by_library.Training(app, "training", settings=settings, containers=ours)
    app.synth()


def seconds(*arguments: str) -> tuple[float, float]:
    """How long a new Python process takes: on the clock, and of processor time with that of its children."""
    started, used = time.perf_counter(), _processor_seconds()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True, env=_environment())
    return time.perf_counter() - started, _processor_seconds() - used


def _environment() -> dict[str, str]:
    """As on most machines: what is imported is compiled once, as installed packages are."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def resource_counts(folder: Path) -> Counter[str]:
    """How many resources of each type the templates in a folder have."""
    return Counter(
        found["Type"]
        for template in folder.glob("*.template.json")
        for found in json.loads(template.read_text())["Resources"].values()
    )


def import_milliseconds(rounds: int) -> float:
    """The median time of `import constructs_lib` in a Python that has started."""
    program = "import time; s = time.perf_counter(); import constructs_lib; print(time.perf_counter() - s)"
    run = partial(subprocess.run, cwd=ROOT, check=True, capture_output=True, text=True, env=_environment())
    found = [float(run([sys.executable, "-c", program]).stdout) for _ in range(rounds)]
    return statistics.median(found) * 1000


def measure(rounds: int) -> dict[str, Any]:
    """Runs both sides in turns."""
    with tempfile.TemporaryDirectory() as scratch:
        states_file = Path(scratch) / "states.json"
        states_file.write_text(json.dumps(states()))
        times: dict[str, list[tuple[float, float]]] = {LIBRARY: [], BY_HAND: []}
        for round_number in range(rounds + 1):
            for kind, found in times.items():
                folder = Path(scratch) / f"{kind}-{round_number}"
                taken = seconds(__file__, "--synthesize", kind, "--folder", str(folder), "--states", str(states_file))
                if round_number:  # the first round only warms the file cache
                    found.append(taken)
        counts = {kind: resource_counts(Path(scratch) / f"{kind}-1") for kind in times}
    if counts[LIBRARY] != counts[BY_HAND]:
        differences = {
            kind: counts[LIBRARY][kind] - counts[BY_HAND][kind] for kind in {*counts[LIBRARY], *counts[BY_HAND]}
        }
        raise SystemExit(f"the two sides differ: { {kind: by for kind, by in differences.items() if by} }")
    clock, processor = (
        {kind: statistics.median(sample[index] for sample in found) for kind, found in times.items()}
        for index in (0, 1)
    )
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "rounds": rounds,
        "resources": counts[LIBRARY].total(),
        "library_seconds": round(clock[LIBRARY], 3),
        "by_hand_seconds": round(clock[BY_HAND], 3),
        "ratio": round(clock[LIBRARY] / clock[BY_HAND], 3),
        "processor_ratio": round(processor[LIBRARY] / processor[BY_HAND], 3),
        "import_milliseconds": round(import_milliseconds(rounds), 2),
    }


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--synthesize", choices=[LIBRARY, BY_HAND], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--states", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.synthesize:
        synthesize(arguments.synthesize, arguments.folder, arguments.states)
        return
    result = measure(arguments.rounds)
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
