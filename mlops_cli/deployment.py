"""What is deployed: read from the outputs of the environment's CloudFormation stacks."""

import difflib
import re
from typing import Any

from attrs import field, frozen

from mlops_cli.errors import BAD_INPUT, UNAVAILABLE, CliError
from mlops_cli.project import LOCAL_ENVIRONMENT
from mlops_cli.target import Target

PROJECT = "mlops"


@frozen(kw_only=True)
class Stack:
    """A deployed stack.

    Attributes:
        name: of the stack.
        status: as CloudFormation gives it.
        resources: how many resources it has.
        outputs: values by key.
    """

    name: str
    status: str
    resources: int
    outputs: dict[str, str] = field(factory=dict)


def stacks(target: Target, environment: str) -> list[Stack]:
    """The stacks of an environment, by name."""
    cloudformation = target.client("cloudformation")
    found = [
        _stack(cloudformation, stack)
        for page in cloudformation.get_paginator("describe_stacks").paginate()
        for stack in page["Stacks"]
        if stack["StackName"].startswith(f"{PROJECT}-{environment}-")
    ]
    return sorted(found, key=lambda stack: stack.name)


def _stack(cloudformation: Any, described: dict[str, Any]) -> Stack:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=described["StackName"])
    return Stack(
        name=described["StackName"],
        status=described["StackStatus"],
        resources=sum(len(page["StackResourceSummaries"]) for page in pages),
        outputs={output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])},
    )


def outputs(target: Target, environment: str) -> dict[str, str]:
    """The outputs of all stacks of an environment.

    Raises:
        CliError: nothing is deployed.
    """
    found: dict[str, str] = {}
    for stack in stacks(target, environment):
        found |= stack.outputs
    if not found:
        raise CliError(
            f"nothing is deployed for environment {environment!r}",
            hint=f"deploy it with {command('deploy', target, environment)}",
            exit_code=UNAVAILABLE,
        )
    return found


def command(name: str, target: Target, environment: str) -> str:
    """How a person calls a command for the same AWS and environment."""
    options = "" if environment == LOCAL_ENVIRONMENT else f" --env {environment}"
    return f"`./mlops {name}{options}{'' if target.is_local else ' --aws'}`"


def state_machines(target: Target, environment: str) -> list[str]:
    """The state machines of an environment's workflows, by ARN."""
    return [
        value
        for stack in stacks(target, environment)
        for key, value in stack.outputs.items()
        if key.startswith("Workflow") and key.endswith("StateMachineArn")
    ]


def state_machine_arn(target: Target, environment: str, workflow: str) -> str:
    """The state machine of a workflow.

    Args:
        target: the AWS to look in.
        environment: such as ``dev``.
        workflow: its name (``byoc-housing``), or the ARN or name of any state machine.

    Raises:
        CliError: no such workflow; the message lists those that there are.
    """
    if workflow.startswith("arn:"):
        return workflow
    key = f"Workflow{''.join(part.capitalize() for part in re.split(r'[-_ ]', workflow))}StateMachineArn"
    deployed: dict[str, str] = {}
    for stack in stacks(target, environment):
        deployed |= stack.outputs
    if key in deployed:
        return deployed[key]
    names: dict[str, str] = {}
    for page in target.client("stepfunctions").get_paginator("list_state_machines").paginate():
        names |= {machine["name"]: machine["stateMachineArn"] for machine in page["stateMachines"]}
    if workflow in names:
        return names[workflow]
    known = [_workflow_name(output) for output in deployed if output.startswith("Workflow")]
    near = difflib.get_close_matches(workflow, [*known, *names], n=1, cutoff=0.4)
    hint = None
    if near:
        hint = f"did you mean {near[0]!r}?"
    elif not deployed:
        hint = f"deploy it with {command('deploy', target, environment)}"
    raise CliError(
        f"no workflow {workflow!r} is deployed; deployed: {', '.join(known) or 'none'}",
        hint=hint,
        exit_code=BAD_INPUT if deployed else UNAVAILABLE,
    )


def _workflow_name(output_key: str) -> str:
    words = re.findall(r"[A-Z][a-z0-9]*", output_key.removeprefix("Workflow").removesuffix("StateMachineArn"))
    return "-".join(words).lower()


def account(target: Target) -> str:
    """The account that the target's credentials belong to."""
    return str(target.client("sts").get_caller_identity()["Account"])
