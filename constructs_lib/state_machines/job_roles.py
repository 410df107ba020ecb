"""The roles that the jobs of a workflow or a pipeline run with."""

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.definitions import PipelineDefinition, WorkflowDefinition
from constructs_lib.environments.roles import service_role
from constructs_lib.permissions import job_statements


def define_job_roles(scope: Construct, definition: WorkflowDefinition | PipelineDefinition) -> dict[str, iam.Role]:
    """Makes a role for each step that has none, allowed to do what the step's job needs.

    Returns:
        The roles by the step's name.
    """
    steps = definition.steps_without_role
    roles = Construct(scope, "JobRoles")
    stack = Stack.of(scope)
    ids = _construct_ids(step.name for step in steps)
    return {
        step.name: service_role(
            roles,
            ids[step.name],
            service=step.service_principal,
            description=f"{step.name} of {definition.name}",
            statements=job_statements(
                step,
                definition=definition,
                partition=stack.partition,
                region=stack.region,
                account=stack.account,
            ),
        )
        for step in steps
    }


def _construct_ids(names: Iterable[str]) -> dict[str, str]:
    """The id of a construct for each name: the name itself where the CDK, which writes ``--`` for ``/``, can tell it.

    A name keeps its id whatever the order of the steps is.
    """
    written = {name: name.replace("/", "--") for name in names}
    counts = Counter(written.values())
    return {
        name: f"{name} {sha256(name.encode()).hexdigest()[:8]}" if counts[path] > 1 and "/" in name else name
        for name, path in written.items()
    }
