"""`mlops demo` as a whole: wall seconds of first and later runs, and the peak memory of all its processes.

    ./mlops python benchmarks/demo.py [--runs N]

The first run starts the local AWS; later runs find it up. Memory is the sum of the proportional set sizes
(PSS) of every process that the demo started, the local AWS and its jobs and endpoints included, looked at ten times
a second.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="runs after the first one (default: 3)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "MLOPS_STATE_DIR": state}
        try:
            first, first_peak, phases = _demo(environment, Path(state))
            later = [_demo(environment, Path(state)) for _ in range(runs)]
            server = json.loads((Path(state) / "local.json").read_text())["pid"]
            print(f"local AWS with the app deployed: {_pss_mib({server}):.0f} MiB")
        finally:
            subprocess.run([sys.executable, "-m", "mlops_cli", "local", "down"], cwd=ROOT, env=environment, check=True)
    print(f"first run: {first:.1f} s, peak {first_peak:.0f} MiB; phases: {phases}")
    seconds = [run[0] for run in later]
    print(
        f"later runs: median {statistics.median(seconds):.1f} s ({min(seconds):.1f} to {max(seconds):.1f}), "
        f"peak {max(run[1] for run in later):.0f} MiB"
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    print(f"machine: {os.cpu_count()} processors, {memory:.0f} GiB")


def _demo(environment: dict[str, str], state: Path) -> tuple[float, float, dict[str, float]]:
    record = state / "demo.json"
    command = [sys.executable, "-m", "mlops_cli", "demo", "--json", str(record)]
    started, peak = time.monotonic(), 0.0
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as demo:
        while demo.poll() is None:
            peak = max(peak, _pss_mib(_family(demo.pid, state)))
            time.sleep(0.1)
    if demo.returncode:
        sys.exit(f"the demo failed with exit code {demo.returncode}")
    return time.monotonic() - started, peak, json.loads(record.read_text())["seconds"]


def _family(root: int, state: Path) -> set[int]:
    """The demo, the local AWS that it uses, and all their descendants."""
    roots = {root}
    if (state / "local.json").exists():
        roots.add(json.loads((state / "local.json").read_text())["pid"])
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(status.parent.name)] = int(fields[1])
    family = set(roots)
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _pss_mib(processes: set[int]) -> float:
    total = 0
    for process in processes:
        try:
            found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
        except OSError:
            continue
        total += int(found[1]) if found else 0
    return total / 1024


if __name__ == "__main__":
    main()
