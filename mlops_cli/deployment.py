"""What is deployed: read from the outputs of the environment's CloudFormation stacks."""

import re
from typing import Any

from attrs import field, frozen
from botocore.exceptions import ClientError

from mlops_cli.errors import BAD_INPUT, UNAVAILABLE, CliError
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
            hint="deploy it with `./mlops deploy`" + ("" if target.is_local else " --aws"),
            exit_code=UNAVAILABLE,
        )
    return found


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
    raise CliError(
        f"no workflow {workflow!r} is deployed; deployed: {', '.join([*known, *names]) or 'none'}",
        hint="deploy it with `./mlops deploy`",
        exit_code=BAD_INPUT if deployed else UNAVAILABLE,
    )


def _workflow_name(output_key: str) -> str:
    words = re.findall(r"[A-Z][a-z0-9]*", output_key.removeprefix("Workflow").removesuffix("StateMachineArn"))
    return "-".join(words).lower()


def account(target: Target) -> str:
    """The account that the target's credentials belong to.

    Raises:
        CliError: the credentials are missing or not accepted.
    """
    from botocore.exceptions import NoCredentialsError

    try:
        return str(target.client("sts").get_caller_identity()["Account"])
    except (NoCredentialsError, ClientError) as error:
        raise CliError(f"AWS does not accept the credentials: {error}", exit_code=UNAVAILABLE) from error
