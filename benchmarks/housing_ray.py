"""How the ingestion and the pre-processing of `housing-ray` grow with the rows: wall seconds and memory.

Run: ``python -m benchmarks.housing_ray [--rows N ...]``. For each number of rows a local AWS of its own runs both steps
as processing jobs of the workflow's own image in process mode, whose packages are kept in `.mlops/cache`. Prints JSON:
seconds of each job from its start to its end, and the peak of the proportional set sizes (PSS) of the local AWS alone
and of the processes of its jobs, looked at every second. A row that is lost fails the run.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.local_account import BUCKET, LocalAccount, local_account
from workflows.housing_ray import data

ROOT = Path(__file__).resolve().parents[1]
_WORKFLOW = ROOT / "workflows" / "housing_ray"
_FOLDER = "/opt/ml/processing"
_SPLITS = ("train", "validation", "test")
_SIZES = ("0.6", "0.2", "0.2")
_PAUSE_SECONDS = 1.0
_ROWS = [10_000, 100_000, 300_000, 1_000_000]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[10_000, 100_000, 300_000, 1_000_000], help="of each run"
    )
    for rows in parser.parse_args().rows:
        with local_account(ROOT / ".mlops" / "cache") as account:
            image = account.image("housing-ray", dict(_image_files()))
            _put_sources(account, rows)
            steps = {"ingestion": _ingestion(account, image), "preprocessing": _preprocessing(account, image)}
            _check_kept(account, rows)
        machine = {"cpus": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "python": sys.version.split()[0]}
        print(json.dumps({"rows": rows, "machine": machine} | steps, indent=1), flush=True)


def _image_files() -> Iterator[tuple[str, str]]:
    folder = _WORKFLOW / "container"
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix(), path.read_text()


def _put_sources(account: LocalAccount, rows: int) -> None:
    s3 = account.client("s3")
    for name, text in data.files(rows):
        s3.put_object(Bucket=BUCKET, Key=f"houses/{name}", Body=text.encode())
    for script in (_WORKFLOW / "scripts").glob("*.py"):
        s3.upload_file(str(script), BUCKET, f"scripts/{script.name}")


def _ingestion(account: LocalAccount, image: str) -> dict[str, float]:
    words = ["--feature-group-name", "houses", "--store-uri", f"s3://{BUCKET}/store", "--role-arn", account.role]
    return _step(account, image, "ingestion", words, inputs={"input": "houses"}, outputs=["ingestion"])


def _preprocessing(account: LocalAccount, image: str) -> dict[str, float]:
    words = [word for name, size in zip(_SPLITS, _SIZES, strict=True) for word in (f"--{name}-size", size)]
    inputs = {"ingestion": "results/ingestion"}
    return _step(account, image, "preprocessing", words, inputs=inputs, outputs=[*_SPLITS, "scaler"])


def _step(
    account: LocalAccount, image: str, name: str, words: list[str], *, inputs: dict[str, str], outputs: list[str]
) -> dict[str, float]:
    """Runs a script as a processing job to its end."""
    script = f"{name}.py"
    specification = {
        "ImageUri": image,
        "ContainerEntrypoint": ["python3", f"{_FOLDER}/code/{script}"],
        "ContainerArguments": words,
    }
    sources = inputs | {"code": f"scripts/{script}"}
    with _watched() as peaks:
        job = account.processing_job(
            name,
            image,
            AppSpecification=specification,
            Environment={"OMP_NUM_THREADS": "1"},
            ProcessingInputs=[_input(found, key) for found, key in sources.items()],
            ProcessingOutputConfig={"Outputs": [_output(found) for found in outputs]},
            StoppingCondition={"MaxRuntimeInSeconds": 3600},
        )
    seconds = (job["ProcessingEndTime"] - job["ProcessingStartTime"]).total_seconds()
    return {"seconds": round(seconds, 1)} | {f"{kind}_peak_mib": round(peak) for kind, peak in peaks.items()}


def _input(name: str, key: str) -> dict[str, Any]:
    place = {
        "S3Uri": f"s3://{BUCKET}/{key}",
        "LocalPath": f"{_FOLDER}/{name}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    return {"InputName": name, "S3Input": place}


def _output(name: str) -> dict[str, Any]:
    place = {
        "S3Uri": f"s3://{BUCKET}/results/{name}",
        "LocalPath": f"{_FOLDER}/{name}",
        "S3UploadMode": "EndOfJob",
    }
    return {"OutputName": name, "S3Output": place}


def _check_kept(account: LocalAccount, rows: int) -> None:
    s3 = account.client("s3")
    bodies = [s3.get_object(Bucket=BUCKET, Key=f"results/{name}/{name}.csv")["Body"] for name in _SPLITS]
    kept = sum(sum(chunk.count(b"\n") for chunk in body.iter_chunks(1 << 20)) - 1 for body in bodies)
    if kept != rows:
        raise SystemExit(f"{kept} of {rows} rows are in the splits")


@contextmanager
def _watched() -> Iterator[dict[str, float]]:
    """The peaks of memory, in MiB, of the local AWS and of what it runs, over the time of the context."""
    peaks: dict[str, float] = {"server": 0.0, "job": 0.0}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_PAUSE_SECONDS):
            (server,), jobs = _processes()
            for kind, family in (("server", {server}), ("job", jobs)):
                peaks[kind] = max(peaks[kind], sum(map(_pss_mib, family)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


def _processes() -> tuple[set[int], set[int]]:
    """The local AWS, which is this process's child, and all below it."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    lines = [line.split(None, 2) for line in listed.splitlines()]
    servers = {int(pid) for pid, over, args in lines if int(over) == os.getpid() and "-m local_aws" in args}
    below: set[int] = set()
    while more := {int(pid) for pid, over, _ in lines if int(over) in servers | below} - below:
        below |= more
    return servers, below


def _pss_mib(process: int) -> float:
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:  # it has ended
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
