"""The roles that the jobs of a workflow run with."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.definitions import WorkflowDefinition
from constructs_lib.environments.roles import service_role
from constructs_lib.permissions import job_statements


def define_job_roles(scope: Construct, definition: WorkflowDefinition) -> dict[str, iam.Role]:
    """Makes a role for each step that has none, allowed to do what the step's job needs.

    Returns:
        The roles by the step's name.
    """
    steps = definition.steps_without_role
    roles = Construct(scope, "JobRoles")
    stack = Stack.of(scope)
    return {
        step.name: service_role(
            roles,
            step.name,
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
