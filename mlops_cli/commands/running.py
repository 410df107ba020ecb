"""``mlops run``, ``watch``, ``steps``, ``stop``, ``retry``, ``graph`` and ``logs``: workflows and what they do."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mlops_cli import deployment, engines, hints, log_tail, pictures, sample_data
from mlops_cli.commands.options import Aws, Environment
from mlops_cli.engines import Selection, engine_of
from mlops_cli.errors import BAD_INPUT, FAILED, CliError
from mlops_cli.history import SUCCEEDED, Progress
from mlops_cli.pictures import GraphFormat
from mlops_cli.project import LOCAL_ENVIRONMENT, output_file
from mlops_cli.target import Target, choose_target

PANEL = "Workflows and endpoints"
_LOG_LINES = 15

Workflow = Annotated[
    str,
    typer.Argument(
        metavar="WORKFLOW", help="Name of a deployed workflow, or the name or ARN of a state machine or a pipeline."
    ),
]
Execution = Annotated[
    str,
    typer.Argument(metavar="EXECUTION", help="Name or ARN of an execution, or a workflow's name for its newest."),
]


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    for command in (run, watch, steps, stop, retry, graph, logs):
        app.command(rich_help_panel=PANEL)(command)


def run(
    workflow: Workflow,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            "-i",
            metavar="KEY=VALUE",
            help="A member of the execution input, or a parameter of the pipeline; repeatable.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the execution. Default: the workflow's name and the time."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="STEP", help="Run this step of a pipeline and all that wait for it."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="Run this step of a pipeline alone; repeatable.")
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="EXECUTION",
            help="Where the outputs of the other steps come from. Default: the pipeline's newest execution.",
        ),
    ] = None,
    aws: Aws = False,
    environment: Environment = LOCAL_ENVIRONMENT,
) -> None:
    """Start an execution and follow it, step by step, to its end. Exit code 1 when it fails.

    Inputs that name something (JobName, ModelName, …) default to the execution's name, those that name one job of
    several (TrainingJobName, …) to that and which it is.
    """
    target = choose_target(aws=aws)
    arn = deployment.workflow_arn(target, environment, workflow)
    given, chosen = parse_inputs(values or []), selection(start, only or [], reference)
    sample_data.ensure(target, environment, workflow)
    execution = engine_of(arn).start(target, arn, given, name=name or new_name(workflow), selection=chosen)
    _follow(target, execution)


def watch(
    execution: Execution,
    aws: Aws = False,
    environment: Environment = LOCAL_ENVIRONMENT,
) -> None:
    """Follow a running execution, or show a finished one. Exit code 1 when it failed."""
    target = choose_target(aws=aws)
    _follow(target, find_execution(target, environment, execution))


def steps(execution: Execution, aws: Aws = False, environment: Environment = LOCAL_ENVIRONMENT) -> None:
    """Show what each step of an execution did: status, seconds, whether it came from the cache, what it made."""
    from mlops_cli import step_table  # rich is loaded when there is something to show
    from mlops_cli.presentation import console, say

    target = choose_target(aws=aws)
    progress = engines.look(target, find_execution(target, environment, execution))
    listed = step_table.rows(target, progress)
    console.print(step_table.step_table(listed, progress))
    say("\n".join(step_table.made_lines(listed)))


def stop(execution: Execution, aws: Aws = False, environment: Environment = LOCAL_ENVIRONMENT) -> None:
    """Stop a running execution and its jobs, and wait until it has ended."""
    target = choose_target(aws=aws)
    arn = find_execution(target, environment, execution)
    engine_of(arn).stop(target, arn)
    typer.echo(f"the execution has ended: {show(target, arn).status}")


def retry(execution: Execution, aws: Aws = False, environment: Environment = LOCAL_ENVIRONMENT) -> None:
    """Go on with an execution where it failed or was stopped, and follow it. Exit code 1 when it fails."""
    target = choose_target(aws=aws)
    arn = find_execution(target, environment, execution)
    engine_of(arn).retry(target, arn)
    _follow(target, arn)


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
    deployed = deployment.workflow_arn(target, environment, workflow)
    title = re.split("[:/]", workflow)[-1]
    if execution is None:
        text = pictures.of_workflow(target, deployed, form, workflow=title)
    else:
        arn = _execution_of(target, deployed, execution)
        if watch and file is not None:
            typer.echo(f"writing {output} until the execution has ended")
            ended = pictures.keep_up_to_date(target, arn, form, file, workflow=title)
            typer.echo(f"the execution has ended: {ended.status}")
            return
        text = pictures.of_execution(target, engines.look(target, arn), form, workflow=title)
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
    base = re.split("[:/]", workflow)[-1][:40]
    return f"{base}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"[:63].rstrip("-")


def selection(start: str | None, only: list[str], reference: str | None) -> Selection | None:
    """The steps that ``--from``, ``--only`` and ``--reference`` choose; None where none is given.

    Raises:
        CliError: a reference for no chosen steps.
    """
    if start is None and not only:
        if reference is not None:
            raise CliError("--reference needs --from or --only: a whole run reads no other", exit_code=BAD_INPUT)
        return None
    return Selection(only=tuple(only), start=start, reference=reference)


def find_execution(target: Target, environment: str, text: str) -> str:
    """The ARN of the execution that a person means: by its ARN, its name, or its workflow's name.

    Raises:
        CliError: there is none of that name.
    """
    if text.startswith("arn:") and (":execution:" in text or "/execution/" in text):
        return text
    known = deployment.workflows(target, environment)
    found = _found_in(target, known, text)
    if found is not None:
        return found
    try:
        workflow = deployment.workflow_arn(target, environment, text)
    except CliError as error:
        # what other apps deployed is asked last: an account may have much of it
        found = _found_in(target, [arn for arn in deployment.all_workflows(target).values() if arn not in known], text)
        if found is not None:
            return found
        message = f"no execution is called {text!r}, and {error.message}"
        raise CliError(message, hint=error.hint, exit_code=error.exit_code) from error
    return newest_execution(target, workflow)


def _found_in(target: Target, workflows: Iterable[str], text: str) -> str | None:
    executions = (engine_of(workflow).find(target, workflow, text) for workflow in workflows)
    return next((found for found in executions if found is not None), None)


def _execution_of(target: Target, workflow: str, text: str) -> str:
    if text == "latest":
        return newest_execution(target, workflow)
    if text.startswith("arn:"):
        return text
    found = engine_of(workflow).find(target, workflow, text)
    if found is None:
        raise CliError(f"the workflow has no execution {text!r}", exit_code=BAD_INPUT)
    return found


def newest_execution(target: Target, workflow: str) -> str:
    """The ARN of a workflow's newest execution.

    Raises:
        CliError: it has none.
    """
    found = engine_of(workflow).newest(target, workflow)
    if found is None:
        name = re.split("[:/]", workflow)[-1]
        hint = f"start it with `./mlops run {name}{'' if target.is_local else ' --aws'}`"
        raise CliError(f"{name!r} has not been run yet", hint=hint, exit_code=BAD_INPUT)
    return found


def show(target: Target, execution: str) -> Progress:
    """Follows an execution on the screen."""
    from mlops_cli.presentation import ExecutionView

    with ExecutionView() as view:
        return engines.follow(target, execution, view)


def _follow(target: Target, execution: str) -> None:
    """Follows an execution and ends the command as it ends: with its failing step's cause and log, where it failed."""
    try:
        progress = show(target, execution)
    except KeyboardInterrupt:
        typer.echo(
            f"the execution goes on; `./mlops watch {re.split('[:/]', execution)[-1]}` follows it again", err=True
        )
        raise
    if progress.status != SUCCEEDED:
        report_failure(target, progress)
        raise typer.Exit(FAILED)


def report_failure(target: Target, progress: Progress) -> None:
    """Prints why an execution failed."""
    from mlops_cli.presentation import print_failure

    failure = engine_of(progress.arn).failure(progress)
    lines = []
    if failure.build is not None:
        lines = log_tail.of_failed_build(target, failure.build, _LOG_LINES)
    elif failure.log is not None:
        lines = log_tail.of_anything(target, failure.log, _LOG_LINES)
    print_failure(failure, lines, hint=hints.of_failure(target, failure))
