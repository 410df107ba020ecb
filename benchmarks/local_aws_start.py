"""How long the local AWS takes to start, what it holds in memory, and what a request and a decision cost.

Run: ``python benchmarks/local_aws_start.py [--runs N]``. Prints medians as JSON, with the machine's size.
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
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

REQUESTS = 300


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="starts to take the median of (default: 5)")
    runs = parser.parse_args().runs
    starts = [start_once() for _ in range(runs)]
    print(
        json.dumps(
            {
                "machine": {"cpus": os.cpu_count(), "python": sys.version.split()[0]},
                "start_to_state_file_seconds": _median(one["seconds"] for one in starts),
                "stop_seconds": _median(one["stop_seconds"] for one in starts),
                "resident_mib_at_start": _median(one["resident_mib"] for one in starts),
                "request_milliseconds": request_costs(),
                "decision_microseconds": decision_costs(),
            },
            indent=1,
        )
    )


def start_once() -> dict[str, float]:
    """Seconds from the start of the process to its state file, memory then, and seconds to stop."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "state.json"
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "local_aws", "--state-file", str(file)], stderr=subprocess.DEVNULL
        )
        while not file.exists():
            if process.poll() is not None:
                raise SystemExit(f"the server ended with {process.returncode}")
            time.sleep(0.002)
        seconds = time.perf_counter() - began
        port = json.loads(file.read_text())["port"]
        health = _ask(port, "GET", "/_local/health")
        began = time.perf_counter()
        _ask(port, "POST", "/_local/stop")
        process.wait()
        return {
            "seconds": seconds,
            "resident_mib": health["resident_mib"],
            "stop_seconds": time.perf_counter() - began,
        }


def request_costs() -> dict[str, float]:
    """Milliseconds of one signed request over loopback, one client, median."""
    from local_aws.server import LocalAws

    with LocalAws() as local_aws:
        s3, sts, iam = (local_aws.platform.client(name, region="us-east-1") for name in ("s3", "sts", "iam"))
        s3.create_bucket(Bucket="benchmark")
        s3.put_object(Bucket="benchmark", Key="k", Body=b"1")
        large = bytes(100 * 1024 * 1024)
        return {
            "health": _milliseconds(partial(_ask, local_aws.port, "GET", "/_local/health")),
            "sts_get_caller_identity": _milliseconds(sts.get_caller_identity),
            "iam_list_roles": _milliseconds(iam.list_roles),
            "s3_get_1_byte": _milliseconds(partial(_read, s3, "k")),
            "s3_put_1_byte": _milliseconds(partial(s3.put_object, Bucket="benchmark", Key="k", Body=b"1")),
            "s3_put_100_mib": _milliseconds(partial(s3.put_object, Bucket="benchmark", Key="l", Body=large), runs=3),
            "s3_get_100_mib": _milliseconds(partial(_read, s3, "l"), runs=3),
        }


def decision_costs() -> dict[str, float]:
    """Microseconds of one decision of IAM when warm: a role with 21 statements and a policy of AWS's."""
    from local_aws.gateway.context import RequestContext
    from local_aws.gateway.wire import Call, get_service_model
    from local_aws.iam.authority import IamAuthority
    from local_aws.server import LocalAws

    with LocalAws() as local_aws:
        iam, sts = (local_aws.platform.client(name, region="us-east-1") for name in ("iam", "sts"))
        reads = [
            {"Effect": "Allow", "Action": ["s3:GetObject*", "s3:List*"], "Resource": [f"arn:aws:s3:::b{number}/*"]}
            for number in range(20)
        ]
        invoke = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "arn:aws:sagemaker:*:*:endpoint/*"}
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}
        role = iam.create_role(RoleName="benchmark", AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="benchmark", PolicyName="p", PolicyDocument=_document(*reads, invoke))
        iam.attach_role_policy(RoleName="benchmark", PolicyArn="arn:aws:iam::aws:policy/CloudWatchLogsFullAccess")
        key = sts.assume_role(RoleArn=role, RoleSessionName="benchmark")["Credentials"]["AccessKeyId"]
        authority = local_aws.gateway.authority
        if not isinstance(authority, IamAuthority):
            raise SystemExit("the gateway does not ask IAM")
        principal = authority.principal(key)
        context = RequestContext(account="123456789012", region="us-east-1", principal=principal, request_id="r")

        def decide(service: str, operation: str, **parameters: Any) -> Callable[[], None]:
            model = get_service_model(service).operation_model(operation)
            call = Call(service=service, operation=operation, model=model, uri={})
            return lambda: authority.authorize(context, call, parameters)

        endpoint = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e"
        costs = {
            "principal_of_key": lambda: authority.principal(key),
            "require_invoke_endpoint": lambda: authority.require(principal, "sagemaker:InvokeEndpoint", endpoint),
            "s3_get_object": decide("s3", "GetObject", Bucket="b19", Key="k"),
            "sagemaker_describe_endpoint": decide("sagemaker", "DescribeEndpoint", EndpointName="e"),
        }
        return {name: _milliseconds(cost, batch=100) * 1000 for name, cost in costs.items()}


def _read(s3: Any, key: str) -> bytes:
    return bytes(s3.get_object(Bucket="benchmark", Key=key)["Body"].read())


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _milliseconds(work: Callable[[], Any], *, runs: int = REQUESTS, batch: int = 1) -> float:
    work()
    times = []
    for _ in range(runs if batch == 1 else 30):
        began = time.perf_counter()
        for _ in range(batch):
            work()
        times.append((time.perf_counter() - began) / batch * 1000)
    return _median(times)


def _median(values: Any) -> float:
    return round(float(statistics.median(values)), 4)


def _ask(port: int, method: str, path: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path)
        return dict(json.loads(connection.getresponse().read()))
    finally:
        connection.close()


if __name__ == "__main__":
    main()
