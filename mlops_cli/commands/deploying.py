"""``mlops deploy``, ``destroy`` and ``cleanup``: what there is in an account."""

import time
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError, WaiterError

from mlops_cli import buckets, deployment
from mlops_cli.cdk import Cdk
from mlops_cli.commands.options import Aws, Environment
from mlops_cli.engines import engine_of
from mlops_cli.errors import CliError
from mlops_cli.project import LOCAL_ENVIRONMENT
from mlops_cli.target import Target, choose_target

ENDPOINT, COMPONENT = "endpoint", "inference component"
"""What `made_by_runs` calls one."""

_DELETION_SECONDS = 600


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    for command in (deploy, destroy, cleanup):
        app.command(rich_help_panel="The app in an account")(command)


def deploy(aws: Aws = False, environment: Environment = LOCAL_ENVIRONMENT) -> None:
    """Synthesize the app and deploy an environment's stacks, bootstrapping the account first where needed."""
    deploy_to(choose_target(aws=aws), environment)


def deploy_to(target: Target, environment: str) -> None:
    """Deploys an environment and prints its stacks."""
    cdk = Cdk(target)
    synth = cdk.start_synth(environment)
    try:
        if not is_bootstrapped(target):
            cdk.bootstrap(deployment.account(target))
    except BaseException:
        synth.cancel()
        raise
    synth.finish()
    cdk.deploy(cdk.assembly)
    for stack in deployment.stacks(target, environment):
        typer.echo(f"{stack.name}: {stack.status}, {stack.resources} resources")


def is_bootstrapped(target: Target) -> bool:
    """Whether the account and region have the CDK's bootstrap stack."""
    try:
        target.client("cloudformation").describe_stacks(StackName="CDKToolkit")
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return False
        raise
    return True


def destroy(
    aws: Aws = False,
    environment: Environment = LOCAL_ENVIRONMENT,
    empty_buckets: Annotated[
        bool,
        typer.Option("--empty-buckets", help="First delete all objects of the buckets that go with the stacks."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete an environment's stacks. What its settings retain (buckets, keys, images) stays."""
    target = choose_target(aws=aws)
    if not deployment.stacks(target, environment):
        typer.echo(f"nothing is deployed for environment {environment!r}")
        return
    endpoints = [name for kind, name in made_by_runs(target, environment) if kind == ENDPOINT]
    if endpoints:
        raise CliError(
            f"endpoints that runs of the workflows made would stay, and cost money: {', '.join(endpoints)}",
            hint=f"delete them first with {deployment.command('cleanup', target, environment)}: it needs the stacks",
        )
    full = [bucket for bucket in buckets.deleted_with(target, environment) if buckets.holds_something(target, bucket)]
    if full and not empty_buckets:
        raise CliError(
            f"these buckets would be deleted and hold data: {', '.join(full)}",
            hint="delete the data too with --empty-buckets, or copy it elsewhere and delete it yourself",
        )
    if not yes:
        data = f", with all data in {', '.join(full)}," if full else ""
        question = f"delete all stacks of {environment!r}{data} in account {deployment.account(target)}?"
        typer.confirm(question, abort=True)
    cdk = Cdk(target)
    assembly = cdk.synth(environment)
    for bucket in full:
        typer.echo(f"{bucket}: deleted {buckets.empty(target, bucket)} versions of objects")
    cdk.destroy(assembly)


def cleanup(
    aws: Aws = False,
    environment: Environment = LOCAL_ENVIRONMENT,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete endpoints and what they serve with, models and model packages that runs of the workflows made."""
    target = choose_target(aws=aws)
    deployment.outputs(target, environment)  # says so where nothing is deployed
    made = made_by_runs(target, environment)
    if not made:
        typer.echo("nothing to clean up")
        return
    for kind, name in made:
        typer.echo(f"{kind} {name}")
    if not yes:
        typer.confirm(f"delete these {len(made)}?", abort=True)
    remove(target, made)
    typer.echo(f"deleted {len(made)}")


def made_by_runs(target: Target, environment: str) -> list[tuple[str, str]]:
    """Kind and name of what executions of the environment's workflows made, and what still exists of it."""
    names: set[str] = set()
    for arn in deployment.workflows(target, environment):
        names |= engine_of(arn).made_by_runs(target, arn)
    sagemaker = target.client("sagemaker")
    names |= _served_by(sagemaker, names)
    made = [(COMPONENT, name) for name in _components(sagemaker, names)]
    for kind, operation, members, member in (
        (ENDPOINT, "list_endpoints", "Endpoints", "EndpointName"),
        ("endpoint configuration", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
        ("model", "list_models", "Models", "ModelName"),
    ):
        for page in sagemaker.get_paginator(operation).paginate():
            made += [(kind, item[member]) for item in page[members] if item[member] in names]
    groups = sorted({arn.split("/")[1] for arn in names if arn.startswith("arn:")})
    for group in groups:
        for page in sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group):
            found = (item["ModelPackageArn"] for item in page["ModelPackageSummaryList"])
            made += [("model package", arn) for arn in found if arn in names]
    return made


def _served_by(sagemaker: Any, names: set[str]) -> set[str]:
    """The live configurations of the endpoints among `names`, and their models, whatever they are called."""
    found: set[str] = set()
    for page in sagemaker.get_paginator("list_endpoints").paginate():
        for endpoint in page["Endpoints"]:
            if endpoint["EndpointName"] in names:
                described = sagemaker.describe_endpoint(EndpointName=endpoint["EndpointName"])
                config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
                models = (each["ModelName"] for each in config["ProductionVariants"] if "ModelName" in each)
                found |= {config["EndpointConfigName"], *models}
    return found


def _components(sagemaker: Any, names: set[str]) -> list[str]:
    """The inference components among `names`, and those on endpoints among them: an endpoint goes after them."""
    return [
        item["InferenceComponentName"]
        for page in sagemaker.get_paginator("list_inference_components").paginate()
        for item in page["InferenceComponents"]
        if names & {item["InferenceComponentName"], item["EndpointName"]}
    ]


def remove(target: Target, made: list[tuple[str, str]]) -> None:
    """Deletes what `made_by_runs` found; returns once it is gone."""
    sagemaker = target.client("sagemaker")
    components = [entry for entry in made if entry[0] == COMPONENT]
    _delete(sagemaker, components)
    for _, name in components:
        _await_component(target, sagemaker, name)
    _delete(sagemaker, [entry for entry in made if entry[0] != COMPONENT])
    gone = sagemaker.get_waiter("endpoint_deleted")
    pace = {"Delay": target.poll_seconds, "MaxAttempts": round(_DELETION_SECONDS / target.poll_seconds)}
    for name in (name for kind, name in made if kind == ENDPOINT):
        try:
            gone.wait(EndpointName=name, WaiterConfig=pace)
        except WaiterError as error:
            raise CliError(f"the endpoint {name} is not gone after {_DELETION_SECONDS} s: {error}") from error


def _delete(sagemaker: Any, made: list[tuple[str, str]]) -> None:
    deletions = {
        COMPONENT: lambda name: sagemaker.delete_inference_component(InferenceComponentName=name),
        ENDPOINT: lambda name: sagemaker.delete_endpoint(EndpointName=name),
        "endpoint configuration": lambda name: sagemaker.delete_endpoint_config(EndpointConfigName=name),
        "model": lambda name: sagemaker.delete_model(ModelName=name),
        "model package": lambda name: sagemaker.delete_model_package(ModelPackageName=name),
    }
    for kind, name in made:
        try:
            deletions[kind](name)
        except ClientError as error:
            raise CliError(f"could not delete {kind} {name}: {error}") from error


def _await_component(target: Target, sagemaker: Any, name: str) -> None:
    """Waits until an inference component is gone: AWS has no waiter for it."""
    deadline = time.monotonic() + _DELETION_SECONDS
    while True:
        pages = sagemaker.get_paginator("list_inference_components").paginate(NameContains=name)
        if not any(item["InferenceComponentName"] == name for page in pages for item in page["InferenceComponents"]):
            return
        if time.monotonic() > deadline:
            raise CliError(f"the inference component {name} is not gone after {_DELETION_SECONDS} s")
        time.sleep(target.poll_seconds)
