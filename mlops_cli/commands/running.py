"""``mlops run``, ``watch``, ``graph`` and ``logs``: workflows and what they do."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mlops_cli import deployment, executions, failures, hints, log_tail, pictures, sample_data
from mlops_cli.commands.options import Aws, Environment
from mlops_cli.errors import BAD_INPUT, FAILED, CliError
from mlops_cli.history import SUCCEEDED, Progress
from mlops_cli.pictures import GraphFormat
from mlops_cli.project import LOCAL_ENVIRONMENT, output_file
from mlops_cli.target import Target, choose_target

PANEL = "Workflows and endpoints"
_LOG_LINES = 15

Workflow = Annotated[
    str, typer.Argument(metavar="WORKFLOW", help="Name of a deployed workflow, or a state machine's name or ARN.")
]


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    for command in (run, watch, graph, logs):
        app.command(rich_help_panel=PANEL)(command)


def run(
    workflow: Workflow,
    values: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="KEY=VALUE", help="A member of the execution input; repeatable."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the execution. Default: the workflow's name and the time."),
    ] = None,
    aws: Aws = False,
    environment: Environment = LOCAL_ENVIRONMENT,
) -> None:
    """Start an execution and follow it, step by step, to its end. Exit code 1 when it fails.

    Inputs that name something (JobName, ModelName, …) default to the execution's name, those that name one job of
    several (TrainingJobName, …) to that and which it is.
    """
    target = choose_target(aws=aws)
    machine = deployment.state_machine_arn(target, environment, workflow)
    given = parse_inputs(values or [])
    sample_data.ensure(target, environment, workflow)
    execution = executions.start(target, machine, given, name=name or new_name(workflow))
    _follow(target, execution)


def watch(
    execution: Annotated[
        str,
        typer.Argument(metavar="EXECUTION", help="Name or ARN of an execution, or a workflow's name for its newest."),
    ],
    aws: Aws = False,
    environment: Environment = LOCAL_ENVIRONMENT,
) -> None:
    """Follow a running execution, or show a finished one. Exit code 1 when it failed."""
    target = choose_target(aws=aws)
    _follow(target, find_execution(target, environment, execution))


def graph(
    workflow: Workflow,
    form: Annotated[GraphFormat, typer.Option("--format", "-f", help="What to draw.")] = GraphFormat.mermaid,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="File to write. Default: standard output."),
    ] = None,
    execution: Annotated[
        str | None,
        typer.Option(
            metavar="EXECUTION", help="Name or ARN of an execution, or `latest`: colours the states by its status."
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Write the file again while the execution runs; a browser follows.")
    ] = False,
    aws: Aws = False,
    environment: Environment = LOCAL_ENVIRONMENT,
) -> None:
    """Draw a deployed workflow, with an execution on it where one is named."""
    file = None if output is None else output_file(output)
    if watch and (file is None or execution is None):
        raise CliError("--watch needs --execution and --output", exit_code=BAD_INPUT)
    target = choose_target(aws=aws)
    machine = deployment.state_machine_arn(target, environment, workflow)
    title = workflow.rpartition(":")[2]
    if execution is None:
        text = pictures.of_workflow(target, machine, form, workflow=title)
    else:
        arn = _execution_of(target, machine, execution)
        if watch and file is not None:
            typer.echo(f"writing {output} until the execution has ended")
            ended = pictures.keep_up_to_date(target, arn, form, file, workflow=title)
            typer.echo(f"the execution has ended: {ended.status}")
            return
        text = pictures.of_execution(target, executions.look(target, arn), form, workflow=title)
    if file is None:
        typer.echo(text.rstrip("\n"))
    else:
        file.write_text(text, encoding="utf-8")
        typer.echo(f"wrote {output}")


def logs(
    job: Annotated[
        str,
        typer.Argument(metavar="JOB", help="Name of a job or an endpoint, or a build's id (project:uuid)."),
    ],
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, max=10_000, help="How many of the last lines.")] = 100,
    aws: Aws = False,
) -> None:
    """Print the end of the log of a training, processing, transform or tuning job, an endpoint or a build."""
    target = choose_target(aws=aws)
    found = log_tail.of_anything(target, job, lines)
    if found:
        typer.echo("\n".join(found))
        return
    raise CliError(f"no log of a job, an endpoint or a build {job!r}", exit_code=BAD_INPUT)


def parse_inputs(values: list[str]) -> dict[str, str]:
    """The execution input that ``--input KEY=VALUE`` options mean.

    Raises:
        CliError: an option without ``=``.
    """
    given = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals or not key:
            raise CliError(f"--input {value}: expected KEY=VALUE", exit_code=BAD_INPUT)
        given[key] = text
    return given


def new_name(workflow: str) -> str:
    """A name for an execution and what it makes: unique by the time, and short enough for a training job."""
    base = workflow.rsplit(":", 1)[-1][:40]
    return f"{base}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"[:63].rstrip("-")


def find_execution(target: Target, environment: str, text: str) -> str:
    """The ARN of the execution that a person means: by its ARN, its name, or its workflow's name.

    Raises:
        CliError: there is none of that name.
    """
    if text.startswith("arn:") and ":execution:" in text:
        return text
    for machine in deployment.state_machines(target, environment):
        found = executions.find(target, machine, text)
        if found is not None:
            return found
    try:
        machine = deployment.state_machine_arn(target, environment, text)
    except CliError as error:
        message = f"no execution is called {text!r}, and {error.message}"
        raise CliError(message, hint=error.hint, exit_code=error.exit_code) from error
    return newest_execution(target, machine)


def _execution_of(target: Target, machine: str, text: str) -> str:
    if text == "latest":
        return newest_execution(target, machine)
    if text.startswith("arn:"):
        return text
    found = executions.find(target, machine, text)
    if found is None:
        raise CliError(f"the workflow has no execution {text!r}", exit_code=BAD_INPUT)
    return found


def newest_execution(target: Target, machine: str) -> str:
    """The ARN of a state machine's newest execution.

    Raises:
        CliError: it has none.
    """
    found = target.client("stepfunctions").list_executions(stateMachineArn=machine, maxResults=1)["executions"]
    if not found:
        raise CliError("the workflow has not been run yet", hint="start it with `./mlops run`", exit_code=BAD_INPUT)
    return str(found[0]["executionArn"])


def show(target: Target, execution: str) -> Progress:
    """Follows an execution on the screen."""
    from mlops_cli.presentation import ExecutionView

    with ExecutionView() as view:
        return executions.follow(target, execution, view)


def _follow(target: Target, execution: str) -> None:
    """Follows an execution and ends the command as it ends: with its failing step's cause and log, where it failed."""
    try:
        progress = show(target, execution)
    except KeyboardInterrupt:
        typer.echo(f"the execution goes on; `./mlops watch {execution.rpartition(':')[2]}` follows it again", err=True)
        raise
    if progress.status != SUCCEEDED:
        report_failure(target, progress)
        raise typer.Exit(FAILED)


def report_failure(target: Target, progress: Progress) -> None:
    """Prints why an execution failed."""
    from mlops_cli.presentation import print_failure

    failure = failures.failure(progress)
    lines = []
    if failure.build is not None:
        lines = log_tail.of_failed_build(target, failure.build, _LOG_LINES)
    elif failure.log is not None:
        lines = log_tail.of_anything(target, failure.log, _LOG_LINES)
    print_failure(failure, lines, hint=hints.of_failure(target, failure))
