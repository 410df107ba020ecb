"""What a state of Step Functions costs on the local AWS, and how many executions it carries at once.

Run: ``python benchmarks/states_engine.py [--runs N]``. Prints medians as JSON, with the machine's size.
Times of an execution are its own, startDate to stopDate; a Lambda state's overhead is what it takes beyond the same
function invoked directly, with the same client.
"""

import argparse
import io
import json
import os
import statistics
import sys
import time
import zipfile
from typing import Any

from local_aws.server import LocalAws

REGION = "us-east-1"
SIZES = (10, 100, 1_000)
LAMBDA_STATES = 100
EXECUTIONS = 100


class Account:
    """Clients of a local AWS, a role and a function that does nothing.

    Args:
        aws: runs.
    """

    def __init__(self, aws: LocalAws) -> None:
        self.states = aws.platform.client("stepfunctions", region=REGION)
        self.functions = aws.platform.client("lambda", region=REGION)
        iam = aws.platform.client("iam", region=REGION)
        services = ["states.amazonaws.com", "lambda.amazonaws.com"]
        trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        self.role = iam.create_role(RoleName="benchmark", AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="benchmark", PolicyName="all", PolicyDocument=_document(allow))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("index.py", "def handler(event, context):\n    return event\n")
        self.functions.create_function(
            FunctionName="nothing",
            Runtime="python3.11",
            Role=self.role,
            Handler="index.handler",
            Code={"ZipFile": buffer.getvalue()},
        )

    def machine(self, name: str, definition: dict[str, Any]) -> tuple[str, float]:
        """Makes a state machine; gives its ARN and the seconds that the request took."""
        began = time.perf_counter()
        answer = self.states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=self.role)
        return answer["stateMachineArn"], time.perf_counter() - began

    def start(self, machine: str, given: Any = None) -> str:
        """Starts an execution."""
        answer = self.states.start_execution(stateMachineArn=machine, input=json.dumps(given or {}))
        return str(answer["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """Waits for an execution's end.

        Raises:
            SystemExit: it did not succeed.
        """
        while True:
            described: dict[str, Any] = self.states.describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                break
            time.sleep(0.01)
        if described["status"] != "SUCCEEDED":
            raise SystemExit(f"{execution}: {described.get('cause')}")
        return described


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="executions to take the median of (default: 5)")
    runs = parser.parse_args().runs
    with LocalAws() as aws:
        account = Account(aws)
        report = {
            "machine": {"cpus": os.cpu_count(), "python": sys.version.split()[0]},
            "pass_states": {str(size): pass_states(account, size, runs) for size in SIZES},
            "lambda_states": lambda_states(account, runs),
            "executions_at_once": executions_at_once(account),
            "goal_states_per_second": 200,
        }
    print(json.dumps(report, indent=1))


def pass_states(account: Account, size: int, runs: int) -> dict[str, float]:
    """A chain of Pass states that each add a member to their input."""
    states = {
        f"S{n}": {"Type": "Pass", "Parameters": {"n": n, "before.$": "$.n"}, "Next": f"S{n + 1}"}
        for n in range(size - 1)
    }
    last = {"Type": "Pass", "End": True}
    machine, creation = account.machine(f"pass-{size}", {"StartAt": "S0", "States": {**states, f"S{size - 1}": last}})
    seconds = statistics.median(_seconds(account.ended(account.start(machine, {"n": 0}))) for _ in range(runs))
    return {
        "create_seconds": round(creation, 4),
        "execution_seconds": round(seconds, 4),
        "states_per_second": round(size / seconds),
    }


def lambda_states(account: Account, runs: int) -> dict[str, float]:
    """A chain of lambda:invoke states, against the same calls made directly."""
    task: dict[str, Any] = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "nothing", "Payload.$": "$"},
        "OutputPath": "$.Payload",
    }
    states: dict[str, Any] = {f"S{n}": {**task, "Next": f"S{n + 1}"} for n in range(LAMBDA_STATES - 1)}
    states |= {f"S{LAMBDA_STATES - 1}": {**task, "End": True}}
    machine, _ = account.machine("lambda", {"StartAt": "S0", "States": states})
    account.ended(account.start(machine))
    chained, direct = [], []
    for _ in range(runs):
        chained.append(_seconds(account.ended(account.start(machine))))
        began = time.perf_counter()
        for _ in range(LAMBDA_STATES):
            account.functions.invoke(FunctionName="nothing", Payload=b"{}")["Payload"].read()
        direct.append(time.perf_counter() - began)
    overhead = (statistics.median(chained) - statistics.median(direct)) / LAMBDA_STATES
    return {
        "states": LAMBDA_STATES,
        "states_per_second": round(LAMBDA_STATES / statistics.median(chained)),
        "direct_calls_per_second": round(LAMBDA_STATES / statistics.median(direct)),
        "overhead_milliseconds_per_state": round(overhead * 1000, 3),
    }


def executions_at_once(account: Account) -> dict[str, float]:
    """Executions of a Map over five functions and a Wait, all running at the same time."""
    task: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    each = {"StartAt": "I", "States": {"I": {**task, "Parameters": {"FunctionName": "nothing", "Payload.$": "$"}}}}
    wait: dict[str, Any] = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}}
    mapping: dict[str, Any] = {
        "Type": "Map",
        "ItemProcessor": each,
        "ResultSelector": {"all.$": "$[*].Payload"},
        "End": True,
    }
    branches: list[dict[str, Any]] = [{"StartAt": "M", "States": {"M": mapping}}, wait]
    machine, _ = account.machine(
        "at-once", {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}}
    )
    began = time.perf_counter()
    started = [(number, account.start(machine, [number] * 5)) for number in range(EXECUTIONS)]
    right = 0
    for number, execution in started:
        output = json.loads(account.ended(execution)["output"])
        right += output == [{"all": [number] * 5}, [number] * 5]
    return {"executions": EXECUTIONS, "right": right, "seconds": round(time.perf_counter() - began, 3)}


def _seconds(execution: dict[str, Any]) -> float:
    return float((execution["stopDate"] - execution["startDate"]).total_seconds()) or 0.001


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


if __name__ == "__main__":
    main()
