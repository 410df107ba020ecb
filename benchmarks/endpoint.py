"""Requests per second of an endpoint against plain gunicorn and flask that serve the same model.

Run: ``python -m benchmarks.endpoint [--seconds S] [--rounds N] [--cache-dir DIR]``. Prints medians as JSON.

Both answer one CSV row a request, on loopback, with 16 connections. The endpoint runs the container of
`workflows/byoc_housing` on this machine's container engine and is called through sagemaker-runtime's path at the
gateway. The baseline is a flask application over the same model and the same parsing, in a virtual environment that
this benchmark makes and removes, under gunicorn with one worker a processor, with sync and with threaded workers; the
faster of the two counts. The load comes from `wrk` (Debian package of that name).
"""

import argparse
import io
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks.local_account import BUCKET, LocalAccount, local_account, until
from workflows.byoc_housing import data

CONTAINER = Path(__file__).parent.parent / "workflows/byoc_housing/container"
CONNECTIONS = 16
ROW = "1995,3000.0,4,2.5,1.0,2,1,0"

_BASELINE = """
from pathlib import Path

from flask import Flask, Response, request
from housing.messages import read_rows, write_prices
from housing.model import Model

app = Flask("baseline")
model = Model.load(Path("model"))


@app.get("/ping")
def ping():
    return ""


@app.post("/invocations")
def invocations():
    rows = read_rows(request.get_data(), request.content_type or "", model.features)
    kind, answer = write_prices(model.predict(rows), request.headers.get("Accept", ""), request.content_type or "")
    return Response(answer, content_type=kind)
"""
_LOAD = f"""
wrk.method = "POST"
wrk.body = "{ROW}"
wrk.headers["Content-Type"] = "text/csv"
wrk.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=benchmark/20250101/us-east-1/sagemaker/aws4_request, " ..
  "SignedHeaders=content-type;host;x-amz-date, Signature={"0" * 64}"
wrk.headers["X-Amz-Date"] = "20250101T000000Z"
"""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@frozen(kw_only=True)
class Load:
    """What one round of load saw.

    Attributes:
        per_second: answers a second.
        p99_ms: 99 % of answers came within these milliseconds.
    """

    per_second: float
    p99_ms: float


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="of load a round (default: 5)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds to take the median of (default: 3)")
    parser.add_argument("--cache-dir", type=Path, help="keeps the image's Python environment (default: not kept)")
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is needed for the load: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder, local_account(given.cache_dir) as account:
        scratch = Path(folder)
        (scratch / "load.lua").write_text(_LOAD)
        endpoint = serve_endpoint(account, scratch)
        baseline = make_baseline(scratch)
        found: dict[str, list[Load]] = {}
        for _ in range(given.rounds):
            found.setdefault("endpoint", []).append(load(endpoint, scratch, given.seconds))
            for kind in ("sync", "gthread"):
                with running_baseline(baseline, scratch, kind) as url:
                    found.setdefault(f"gunicorn_flask_{kind}", []).append(load(url, scratch, given.seconds))
    print(json.dumps(report(found), indent=1))


def report(found: dict[str, list[Load]]) -> dict[str, Any]:
    """Medians, and the endpoint's ratio to the faster baseline."""
    medians = {
        name: {
            "requests_per_second": round(statistics.median(one.per_second for one in loads)),
            "p99_ms": round(statistics.median(one.p99_ms for one in loads), 2),
        }
        for name, loads in found.items()
    }
    best = max(medians[name]["requests_per_second"] for name in medians if name != "endpoint")
    return {
        "machine": {"cpus": os.cpu_count(), "python": sys.version.split()[0]},
        "connections": CONNECTIONS,
        **medians,
        "ratio": round(medians["endpoint"]["requests_per_second"] / best, 2),
        "goal_ratio": 2.0,
    }


def serve_endpoint(account: LocalAccount, scratch: Path) -> str:
    """Builds the workflow's container, trains in it, and serves its model; gives the endpoint's URL."""
    files = {
        str(path.relative_to(CONTAINER)): path.read_text()
        for path in CONTAINER.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    image = account.image("housing", files)
    rows = data.to_csv(list(data.houses(4000)))
    account.client("s3").put_object(Bucket=BUCKET, Key="training/houses.csv", Body=rows.encode())
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/training"}
    channel = {"ChannelName": "training", "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}
    job = account.training_job("housing", image, InputDataConfig=[channel])
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    archive = account.client("s3").get_object(Bucket=BUCKET, Key=uri.partition(f"{BUCKET}/")[2])["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(scratch / "model", filter="data")
    sagemaker = account.client("sagemaker")
    container = {"Image": image, "ModelDataUrl": uri}
    sagemaker.create_model(ModelName="housing", PrimaryContainer=container, ExecutionRoleArn=account.role)
    variant = {"VariantName": "one", "ModelName": "housing", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName="housing", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="housing", EndpointConfigName="housing")
    endpoint = until(
        lambda: sagemaker.describe_endpoint(EndpointName="housing"),
        lambda found: found["EndpointStatus"] != "Creating",
        seconds=120,
    )
    if endpoint["EndpointStatus"] != "InService":
        raise SystemExit(f"the endpoint failed: {endpoint.get('FailureReason')}")
    return f"http://127.0.0.1:{account.port}/endpoints/housing/invocations"


def make_baseline(scratch: Path) -> Path:
    """Makes the flask application and its virtual environment; gives the environment's gunicorn."""
    shutil.copytree(CONTAINER / "housing", scratch / "housing", ignore=shutil.ignore_patterns("__pycache__"))
    (scratch / "baseline.py").write_text(_BASELINE)
    environment = scratch / "venv"
    venv.create(environment, with_pip=True)
    pins = re.findall(
        r"^(?:gunicorn|numpy|xgboost-cpu)==\S+", (CONTAINER / "requirements.txt").read_text(), re.MULTILINE
    )
    pip = [environment / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "flask==3.1.3", *pins]
    subprocess.run(pip, check=True)
    return environment / "bin/gunicorn"


@contextmanager
def running_baseline(gunicorn: Path, scratch: Path, kind: str) -> Iterator[str]:
    """The baseline under one kind of worker; gives its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            gunicorn,
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            str(os.cpu_count() or 1),
            "--worker-class",
            kind,
            *(("--threads", str(CONNECTIONS)) if kind == "gthread" else ()),
            "--log-level",
            "warning",
            "baseline:app",
        ],
        cwd=scratch,
    )
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}/ping"), bool, seconds=60)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def load(url: str, scratch: Path, seconds: int) -> Load:
    """One round, after a second of warming up.

    Raises:
        SystemExit: an answer was no success.
    """
    for duration in (1, seconds):
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{duration}", "--latency", "-s", str(scratch / "load.lua"), url]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"requests to {url} failed:\n{text}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    if rate is None or tail is None:
        raise SystemExit(f"wrk said:\n{text}")
    return Load(per_second=float(rate[1]), p99_ms=float(tail[1]) * _UNITS[tail[2]])


if __name__ == "__main__":
    main()
