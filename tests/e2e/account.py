"""A local AWS with the app deployed, and variants of its workflow with one thing changed."""

import copy
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from attrs import define, frozen

from mlops_cli import deployment
from mlops_cli.target import Target
from tests.e2e import processes
from tests.e2e.command_line import CommandLine, Ended, Running
from tests.strangers.account import Clients
from workflows.byoc_housing import definition as housing

WORKFLOW = "byoc-housing"

Definition = dict[str, Any]
Change = Callable[[Definition], None]


@frozen(kw_only=True)
class Run:
    """An execution that has ended, as the terminal and as the services tell it.

    Attributes:
        name: of the execution, and of what it was to make.
        ended: the command.
        execution: as DescribeExecution gives it.
    """

    name: str
    ended: Ended
    execution: dict[str, Any]


@define(slots=False, eq=False)
class Account(Clients):
    """What is deployed, for boto3 and for the command line.

    Args:
        workflow: which of the workflows is meant.
    """

    command_line: CommandLine
    workflow: str = WORKFLOW

    @property
    def _target(self) -> Target:
        return Target(endpoint_url=self.endpoint_url)

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs of the environment's stacks."""
        return deployment.outputs(self._target, "dev")

    @cached_property
    def state_machine(self) -> dict[str, Any]:
        """The deployed workflow."""
        arn = deployment.workflow_arn(self._target, "dev", self.workflow)
        return dict(self.client("stepfunctions").describe_state_machine(stateMachineArn=arn))

    def variant(self, *changes: Change) -> str:
        """Makes a state machine of the deployed definition with changes; gives its name."""
        changed = copy.deepcopy(json.loads(self.state_machine["definition"]))
        for state in changed["States"].values():
            if state["Type"] == "Wait":
                # an endpoint is looked at sooner than a real one has to be
                state["Seconds"] = 1
        for change in changes:
            change(changed)
        name = f"variant-{uuid.uuid4().hex[:12]}"
        self.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(changed), roleArn=self.state_machine["roleArn"]
        )
        return name

    def start(self, machine: str, *arguments: str, name: str | None = None) -> tuple[str, Running]:
        """Starts ``mlops run``; gives the execution's name and the command."""
        name = name or f"run-{uuid.uuid4().hex[:12]}"
        return name, self.command_line.start("run", machine, "--name", name, *arguments)

    def finish(self, machine: str, name: str, running: Running, *, seconds: float = 360) -> Run:
        """Waits for a ``mlops run``."""
        ended = running.wait(seconds=seconds)
        return Run(name=name, ended=ended, execution=self.execution(machine, name))

    def run(self, machine: str, *arguments: str, name: str | None = None) -> Run:
        """Runs a variant to its end."""
        name, running = self.start(machine, *arguments, name=name)
        return self.finish(machine, name, running)

    def fail(self, *changes: Change) -> Run:
        """Runs a variant that must fail: on the terminal, in the service, and with none of its processes left."""
        run = self.run(self.variant(*changes))
        self.assert_failed(run)
        return run

    def assert_failed(self, run: Run, *, status: str = "FAILED") -> None:
        """Checks what holds for each execution that has failed."""
        assert run.ended.code == 1, run.ended
        assert "Traceback" not in run.ended.errors.partition("end of its log")[0], run.ended
        assert run.execution["status"] == status
        assert processes.none_left(f"={run.name}") == {}

    def execution(self, machine: str, name: str) -> dict[str, Any]:
        """An execution of a variant, or of the workflow as deployed, as the service describes it."""
        base, _, deployed = self.state_machine["stateMachineArn"].rpartition(":")
        full = deployed if machine == self.workflow else machine
        arn = f"{base.replace(':stateMachine', ':execution')}:{full}:{name}"
        return dict(self.client("stepfunctions").describe_execution(executionArn=arn))

    def training_job(self, name: str) -> dict[str, Any]:
        """A training job, as the service describes it."""
        return dict(self.client("sagemaker").describe_training_job(TrainingJobName=name))

    def builds(self) -> list[dict[str, Any]]:
        """All builds of the container's project, newest first."""
        codebuild = self.client("codebuild")
        ids = codebuild.list_builds_for_project(projectName=self.outputs["ByocHousingBuildProjectName"])["ids"]
        return list(codebuild.batch_get_builds(ids=ids)["builds"]) if ids else []

    @contextmanager
    def training_file(self, text: str) -> Iterator[str]:
        """A CSV file beneath the training prefix while it is needed; gives its own prefix in S3."""
        uri = f"{self.outputs['TrainingDataUri']}{uuid.uuid4().hex}/"
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        place = {"Bucket": bucket, "Key": f"{prefix}houses.csv"}
        self.client("s3").put_object(**place, Body=text.encode())
        try:
            yield uri
        finally:
            self.client("s3").delete_object(**place)


def build_overrides(*, files: dict[str, str] | None = None, dockerfile: str | None = None) -> Change:
    """Builds with other files, or another Dockerfile; the files make the content new where it should be."""

    def change(definition: Definition) -> None:
        state = definition["States"][housing.BUILD]
        overrides: dict[str, Any] = {"Files": files or {}}
        if dockerfile is not None:
            overrides["Dockerfile"] = dockerfile
        state["Parameters"]["Payload"]["Overrides"] = overrides

    return change


def without_retry(definition: Definition) -> None:
    """A failed build is not tried again, so that the test need not wait for that."""
    del definition["States"][housing.BUILD]["Retry"]


def train_with(**parameters: Any) -> Change:
    """Changes members of the training job's request."""
    return lambda definition: definition["States"][housing.TRAIN]["Parameters"].update(parameters)


def hyperparameters(**values: str) -> Change:
    """Changes hyperparameters."""
    return lambda definition: definition["States"][housing.TRAIN]["Parameters"]["HyperParameters"].update(values)


def training_data(uri: str) -> Change:
    """Reads the training channel from another prefix."""

    def change(definition: Definition) -> None:
        channels = definition["States"][housing.TRAIN]["Parameters"]["InputDataConfig"]
        channels[0]["DataSource"]["S3DataSource"]["S3Uri"] = uri

    return change


def end_after(step: str) -> Change:
    """Lets the workflow end with a step."""

    def change(definition: Definition) -> None:
        state = definition["States"][step]
        del state["Next"]
        state["End"] = True
        kept, pending = {}, [definition["StartAt"]]
        while pending:
            name = pending.pop()
            kept[name] = definition["States"][name]
            targets = [kept[name].get("Next"), *(catch["Next"] for catch in kept[name].get("Catch", ()))]
            pending += [target for target in targets if target is not None and target not in kept]
        definition["States"] = kept

    return change


TRAIN_NOTHING_MUCH = """#!/bin/sh
echo "a model" > "${SAGEMAKER_BASE_DIR:-/opt/ml}/model/model.txt"
"""
"""A `train` that leaves a file, for tests that are about what comes after."""

SERVER = """#!/usr/bin/env python3
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({ping}, b"ping")

    def do_POST(self):
        self.answer(500, b"the model has no opinion")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

print("listening", flush=True)
HTTPServer(("0.0.0.0", int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))), Handler).serve_forever()
"""


def serving(script: str) -> dict[str, str]:
    """Files of a container that trains nothing much and serves with a script."""
    return {"train": TRAIN_NOTHING_MUCH, "serve": script}
