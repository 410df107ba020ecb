"""``mlops demo``: from nothing to predictions of a live endpoint, and a record of what happened.

Every value of the record is read back from the services.
"""

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlops_cli import deployment, local_server
from mlops_cli.cdk import Cdk
from mlops_cli.commands.deploying import is_bootstrapped
from mlops_cli.demo import byoc_housing, housing_ray
from mlops_cli.demo.phases import Phases
from mlops_cli.presentation import console, errors, say
from mlops_cli.project import LOCAL_ENVIRONMENT, shown
from mlops_cli.target import Target

_PHASES = {byoc_housing.WORKFLOW: 3, housing_ray.WORKFLOW: 3}
_ENGINE_SECONDS = 30


def run_demo(*, port: int | None, json_file: Path | None, parts: Sequence[str]) -> None:
    """Runs workflows on the local AWS and leaves that up; an interrupted demo ends the local AWS that it started.

    Args:
        port: of the local AWS; 0: a free one. Default: 4577, else a free one.
        json_file: gets what happened. Default: nothing is written.
        parts: the workflows to run.

    Raises:
        CliError: a phase failed; the message says what and why.
    """
    found = local_server.running_on(port)
    phases, started = Phases(2 + sum(_PHASES[part] for part in parts)), time.monotonic()
    with phases.phase("local_up", "local AWS"):
        server = found or local_server.start(port)
        say(f"  {server.endpoint_url}\n  {_engine(server)}")
    try:
        record = _run_phases(Target(endpoint_url=server.endpoint_url), phases, parts)
    except KeyboardInterrupt:
        if found is None:
            local_server.stop(server)
        left = "has ended" if found is None else "stays up: it ran before"
        errors.print(f"\ninterrupted; the local AWS {left}")
        raise
    record["seconds"] = {**phases.seconds, "total": round(time.monotonic() - started, 2)}
    record["machine"] = {
        "processors": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "python": platform.python_version(),
        "container_engine": _engine(server),
    }
    if json_file is not None:
        json_file.write_text(json.dumps(record, indent=2) + "\n")
    _say_what_next(record)


def _run_phases(target: Target, phases: Phases, parts: Sequence[str]) -> dict[str, Any]:
    with phases.phase("deploy", "cdk bootstrap and cdk deploy"):
        _deploy(target, phases)
        stacks = deployment.stacks(target, LOCAL_ENVIRONMENT)
        for stack in stacks:
            say(f"  {stack.name}: {stack.status}, {stack.resources} resources")
    described = [{"name": stack.name, "status": stack.status, "resources": stack.resources} for stack in stacks]
    record: dict[str, Any] = {"stacks": described}
    if byoc_housing.WORKFLOW in parts:
        record |= byoc_housing.run_byoc_housing(target, phases)
    if housing_ray.WORKFLOW in parts:
        record["housing_ray"] = housing_ray.run_housing_ray(target, phases)
    return record


def _deploy(target: Target, phases: Phases) -> None:
    cdk = Cdk(target, quiet=True)
    started = time.monotonic()
    synth = cdk.start_synth(LOCAL_ENVIRONMENT)
    try:
        with console.status("bootstrapping the account, synthesizing the app"):
            if not is_bootstrapped(target):
                cdk.bootstrap(deployment.account(target))
            phases.seconds["bootstrap"] = round(time.monotonic() - started, 2)
            synth.finish()
    except BaseException:
        synth.cancel()
        raise
    phases.seconds["synth"] = round(time.monotonic() - started, 2)
    say(f"  account bootstrapped, app synthesized: {phases.seconds['synth']:.1f} s")
    started = time.monotonic()
    with console.status("deploying the stacks"):
        cdk.deploy(cdk.assembly)
    phases.seconds["cdk_deploy"] = round(time.monotonic() - started, 2)


def _say_what_next(record: dict[str, Any]) -> None:
    say(f"\ndone in {record['seconds']['total']:.0f} s; the local AWS stays up.", style="bold green")
    told = []
    if "endpoint" in record:
        told += [
            ("the run, drawn", f"{shown(byoc_housing.PICTURE)}   (open it in a browser)"),
            ("call the endpoint", f"./mlops invoke {record['endpoint']['name']} --file {shown(byoc_housing.ROWS)}"),
            ("run the workflow again", f"./mlops run {byoc_housing.WORKFLOW}"),
        ]
    if "housing_ray" in record:
        told += [
            ("the pipeline's run", shown(housing_ray.PICTURE)),
            ("what made its model", f"./mlops lineage {record['housing_ray']['endpoint']['name']}"),
            ("run the pipeline again", f"./mlops run {housing_ray.WORKFLOW}   (from the cache)"),
        ]
    told += [
        ("use any AWS client", f'eval "$(./mlops local env)" && {_aws_command()} sagemaker list-endpoints'),
        ("stop", "./mlops local down"),
    ]
    say("\n" + "\n".join(f"  {what:<25} {how}" for what, how in told))


def _aws_command() -> str:
    """The AWS CLI as a person can call it: theirs, else the one of the set-up."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    theirs = os.pathsep.join(folder for folder in folders if Path(folder) != Path(sys.executable).parent)
    return "aws" if shutil.which("aws", path=theirs) else shown(Path(sys.executable).parent / "aws")


def _engine(server: local_server.Server) -> str:
    """The server's container engine, which it looks for in the background when it starts."""
    deadline = time.monotonic() + _ENGINE_SECONDS
    while time.monotonic() < deadline:
        engine = (local_server.health(server) or {}).get("engine")
        if engine is not None:
            return str(engine)
        time.sleep(0.05)
    return "its container engine is not known yet"
