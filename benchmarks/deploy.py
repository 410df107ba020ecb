"""How long the app takes to deploy on the local AWS with the real CDK command line, once it is synthesized.

Run: ``python benchmarks/deploy.py [--runs N] [--environment dev]``. Each run has a server and a home folder of its own.
Prints medians as JSON, with the machine's size, the number of resources, and the server's memory with the app on it.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
ENVIRONMENT = "aws://123456789012/us-east-1"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="whole lives to take the median of (default: 3)")
    parser.add_argument("--environment", default="dev", help="the environment of cdk.json (default: dev)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        assembly = Path(folder) / "assembly"
        synth = timed(
            "synth", "--all", "--quiet", "--app", f"{sys.executable} app.py", "--output", str(assembly),
            "-c", f"env={arguments.environment}", cwd=ROOT, environment=dict(os.environ),
        )  # fmt: skip
        lives = [live(assembly) for _ in range(arguments.runs)]
    print(
        json.dumps(
            {
                "machine": {"cpus": os.cpu_count(), "python": sys.version.split()[0]},
                "resources": int(lives[0]["resources"]),
                "synth_seconds": round(synth, 2),
                **{
                    f"{name}_seconds": round(statistics.median(one[name] for one in lives), 2)
                    for name in ("bootstrap", "deploy", "deploy_unchanged", "destroy")
                },
                "resident_mib_with_the_app": statistics.median(one["resident_mib"] for one in lives),
            },
            indent=1,
        )
    )


def live(assembly: Path) -> dict[str, float]:
    """Seconds of bootstrap, deploy, a deploy without changes, and destroy."""
    with tempfile.TemporaryDirectory() as home, server(Path(home)) as port:
        endpoint = f"http://127.0.0.1:{port}"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }

        def cdk(*arguments: str) -> float:
            return timed(*arguments, cwd=Path(home), environment=environment)

        deploy = ("deploy", "--all", "--app", str(assembly), "--require-approval", "never", "--concurrency", "4")
        seconds = {"bootstrap": cdk("bootstrap", ENVIRONMENT), "deploy": cdk(*deploy)}
        seconds["resident_mib"] = float(ask(port, "GET", "/_local/health")["resident_mib"])
        seconds["resources"] = count_resources(endpoint)
        seconds["deploy_unchanged"] = cdk(*deploy)
        seconds["destroy"] = cdk("destroy", "--all", "--force", "--app", str(assembly))
        return seconds


def timed(*arguments: str, cwd: Path, environment: dict[str, str]) -> float:
    """Seconds of one command; its failure ends the benchmark."""
    command = ["node", str(CDK), *arguments, "--no-notices", "--no-version-reporting", "--ci", "--no-color"]
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"cdk {arguments[0]} failed:\n{done.stdout}")
    return seconds


def count_resources(endpoint: str) -> float:
    """The resources of all stacks but the bootstrap's."""
    import boto3

    client = boto3.client(
        "cloudformation", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="any",
        aws_secret_access_key="any",  # noqa: S106 - any key works
    )  # fmt: skip
    names = [stack["StackName"] for stack in client.describe_stacks()["Stacks"] if stack["StackName"] != "CDKToolkit"]
    pages = [page for name in names for page in client.get_paginator("list_stack_resources").paginate(StackName=name)]
    return float(sum(len(page["StackResourceSummaries"]) for page in pages))


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """A local AWS in a process of its own; gives its port."""
    file = folder / "state.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "local_aws", "--state-file", str(file)], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        while not file.exists():
            if process.poll() is not None:
                raise SystemExit(f"the server ended with {process.returncode}")
            time.sleep(0.01)
        yield int(json.loads(file.read_text())["port"])
    finally:
        process.terminate()
        process.wait()


def ask(port: int, method: str, path: str) -> dict[str, Any]:
    """A plain request to the server."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path)
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


if __name__ == "__main__":
    main()
