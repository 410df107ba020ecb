"""Steps of services that are not on this machine: carried out by a command of the user's, if there is one."""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import define

from local_aws.platform import Platform
from local_aws.sagemaker.pipelines.failures import StepFailedError, StepStoppedError
from local_aws.sagemaker.pipelines.records import EXECUTING
from local_aws.sagemaker.pipelines.step_types import STEP_TYPES
from local_aws.sagemaker.pipelines.step_work import StepWork

VARIABLE = "MLOPS_PIPELINE_STAND_INS"
_SHOWN = 800


def stand_ins_of(text: str | None) -> dict[str, str]:
    """The commands by type of step, as the variable ``MLOPS_PIPELINE_STAND_INS`` gives them: a JSON object.

    Raises:
        ValueError: it is none, or names a type that has no stand-in.
    """
    if not text:
        return {}
    try:
        commands = json.loads(text)
    except ValueError as error:
        raise ValueError(f'{VARIABLE} is not JSON, expected {{"EMR": "command"}}: {error}') from error
    known = {name for name, kind in STEP_TYPES.items() if kind.stand_in}
    if not isinstance(commands, dict) or not all(isinstance(command, str) for command in commands.values()):
        raise ValueError(f'{VARIABLE}: expected a JSON object such as {{"EMR": "command"}}, got {text}')
    if unknown := sorted(set(commands) - known):
        raise ValueError(f"{VARIABLE}: got {', '.join(unknown)}, expected types among {', '.join(sorted(known))}")
    return commands


# what the command prints goes to a file, so that the messages on its standard error stay apart
_SHELL = ("/bin/sh", "-c", 'exec >"$1"; eval "$2"', "sh")


@define(eq=False)
class StandInWork:
    """Runs the command of a step's type.

    Args:
        platform: starts it.
        commands: by type.
        seconds: that a command may take.
    """

    platform: Platform
    commands: Mapping[str, str]
    seconds: float

    async def carry_out(self, work: StepWork, request: dict[str, Any]) -> None:
        """Carries out a step.

        The command gets the step, resolved, as JSON on its standard input. The JSON object that it prints is the step's
        properties, and its member ``Metadata``, where it has one, the step's metadata.

        Raises:
            StepFailedError: there is no command, or it fails.
            StepStoppedError: the execution is to stop; the command was ended.
        """
        kind = work.run.step.type
        command = self.commands.get(kind)
        if command is None:
            raise StepFailedError(
                f"ClientError: the local AWS does not offer steps of type {kind}; a command for them can be given "
                f'with {VARIABLE}={{"{kind}": "command"}}'
            )
        work.enter(EXECUTING)
        environment = {**os.environ, "MLOPS_PIPELINE_EXECUTION_ARN": work.execution.arn}
        folder = Path(tempfile.mkdtemp(dir=self.platform.state_dir, prefix="stand-in-"))
        messages: list[str] = []
        child = self.platform.processes.spawn(
            [*_SHELL, str(folder / "answer"), command],
            environment=environment,
            on_line=messages.append,
            stdin=json.dumps(request).encode(),
        )
        stopping = asyncio.ensure_future(work.stop.wait())
        ending = asyncio.ensure_future(_as_task(work.blocking(child.wait)))
        try:
            await asyncio.wait({stopping, ending}, timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            if not ending.done():
                await work.blocking(child.terminate)
                if work.stop.is_set():
                    raise StepStoppedError
                raise StepFailedError(
                    f"ClientError: the command for steps of type {kind} took more than {self.seconds:g} seconds"
                )
            answer = _answer(kind, ending.result(), folder / "answer", messages)
        finally:
            stopping.cancel()
            ending.cancel()
            shutil.rmtree(folder, ignore_errors=True)
        work.run.metadata = answer.pop("Metadata", {})
        work.run.properties = answer


def _answer(kind: str, code: int, file: Path, messages: list[str]) -> dict[str, Any]:
    if code != 0:
        told = "\n".join(messages)[-_SHOWN:]
        raise StepFailedError(f"ClientError: the command for steps of type {kind} ended with exit code {code}: {told}")
    try:
        answer = json.loads(file.read_text() or "{}")
    except ValueError as error:
        raise StepFailedError(f"ClientError: the command for steps of type {kind} printed no JSON: {error}") from None
    if not isinstance(answer, dict):
        raise StepFailedError(f"ClientError: the command for steps of type {kind} printed no JSON object")
    return answer


async def _as_task(waited: Any) -> Any:
    return await waited
