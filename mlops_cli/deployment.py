"""What is deployed: read from the outputs of the environment's CloudFormation stacks."""

import difflib
import re
from typing import Any

from attrs import field, frozen

from mlops_cli.errors import BAD_INPUT, UNAVAILABLE, CliError
from mlops_cli.project import LOCAL_ENVIRONMENT
from mlops_cli.target import Target

PROJECT = "mlops"
_WORKFLOW_OUTPUT = re.compile(r"Workflow(?P<name>\w+)(StateMachine|Pipeline)Arn")


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


def workflows(target: Target, environment: str) -> list[str]:
    """The state machines and pipelines of an environment's workflows, by ARN."""
    found = (item for stack in stacks(target, environment) for item in stack.outputs.items())
    return [value for key, value in found if _WORKFLOW_OUTPUT.fullmatch(key)]


def workflow_arn(target: Target, environment: str, workflow: str) -> str:
    """The state machine or pipeline of a workflow.

    Args:
        target: the AWS to look in.
        environment: such as ``dev``.
        workflow: its name (``byoc-housing``), or the ARN or name of any state machine or pipeline.

    Raises:
        CliError: no such workflow; the message lists those that there are.
    """
    if workflow.startswith("arn:"):
        return workflow
    deployed: dict[str, str] = {}
    for stack in stacks(target, environment):
        deployed |= stack.outputs
    known = {name: value for key, value in deployed.items() if (name := workflow_of_output(key)) is not None}
    wanted = "-".join(re.split(r"[-_ ]", workflow)).lower()
    if wanted in known:
        return known[wanted]
    names = all_workflows(target)
    if workflow in names:
        return names[workflow]
    near = difflib.get_close_matches(workflow, [*known, *names], n=1, cutoff=0.4)
    hint = None
    if near:
        hint = f"did you mean {near[0]!r}?"
    elif not names:
        hint = f"deploy it with {command('deploy', target, environment)}"
    raise CliError(
        f"no workflow {workflow!r} is deployed; deployed: {', '.join(sorted(known or names)) or 'none'}",
        hint=hint,
        exit_code=BAD_INPUT if names else UNAVAILABLE,
    )


def all_workflows(target: Target) -> dict[str, str]:
    """All state machines and pipelines of the account and region: ARNs by name."""
    names: dict[str, str] = {}
    for page in target.client("sagemaker").get_paginator("list_pipelines").paginate():
        names |= {pipeline["PipelineName"]: pipeline["PipelineArn"] for pipeline in page["PipelineSummaries"]}
    for page in target.client("stepfunctions").get_paginator("list_state_machines").paginate():
        names |= {machine["name"]: machine["stateMachineArn"] for machine in page["stateMachines"]}
    return names


def workflow_of_output(key: str) -> str | None:
    """The workflow whose state machine or pipeline a stack's output tells; None where it tells something else."""
    match = _WORKFLOW_OUTPUT.fullmatch(key)
    return None if match is None else "-".join(re.findall(r"[A-Z][a-z0-9]*", match["name"])).lower()


def account(target: Target) -> str:
    """The account that the target's credentials belong to."""
    return str(target.client("sts").get_caller_identity()["Account"])
