"""Callback steps: a message with a token to a queue, and the wait for who sends the token back."""

import asyncio
import json
import secrets
import string
import threading
from typing import Any

from attrs import define, field, frozen

from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.pipelines.failures import StepFailedError, StepStoppedError
from local_aws.sagemaker.pipelines.output_parameters import take_outputs
from local_aws.sagemaker.pipelines.records import EXECUTING, STOPPING
from local_aws.sagemaker.pipelines.step_work import StepWork
from local_aws.sagemaker.resource_names import validation_error

_TOKEN_LENGTH = 10
_TOKEN_LETTERS = string.ascii_letters + string.digits


@frozen
class Reply:
    """What somebody said to a token.

    Attributes:
        outputs: output parameters by name.
        failure: why it failed; None for success.
    """

    outputs: dict[str, str]
    failure: str | None = None


@frozen
class _Waiting:
    loop: asyncio.AbstractEventLoop
    reply: "asyncio.Future[Reply]"
    execution_arn: str
    declared: frozenset[str]


@define(eq=False)
class Callbacks:
    """The tokens that are out."""

    _waiting: dict[str, _Waiting] = field(factory=dict)
    _answered: dict[str, tuple[str, str | None]] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def open(self, execution_arn: str, declared: frozenset[str]) -> tuple[str, "asyncio.Future[Reply]"]:
        """A new token, and what is done once it comes back; to be called in the engine's loop."""
        loop = asyncio.get_running_loop()
        token = "".join(secrets.choice(_TOKEN_LETTERS) for _ in range(_TOKEN_LENGTH))
        waiting = _Waiting(loop, loop.create_future(), execution_arn, declared)
        with self._lock:
            self._waiting[token] = waiting
        return token, waiting.reply

    def close(self, token: str) -> None:
        """Nobody waits for the token any more."""
        with self._lock:
            self._waiting.pop(token, None)

    def answer(self, token: str, reply: Reply, client_token: str | None) -> str:
        """Hands on what somebody said; gives the execution's ARN.

        Raises:
            AwsError: nobody waits for the token, or an output parameter is not the step's.
        """
        with self._lock:
            if token in self._answered and client_token is not None and self._answered[token][1] == client_token:
                return self._answered[token][0]
            waiting = self._waiting.get(token)
            if waiting is None:
                raise AwsError("ResourceNotFound", f"Callback token {token} was not found or is no longer waited for.")
            if unknown := sorted(set(reply.outputs) - waiting.declared):
                raise validation_error(f"Output parameters [{', '.join(unknown)}] are not declared by the step.")
            del self._waiting[token]
            self._answered[token] = (waiting.execution_arn, client_token)
        waiting.loop.call_soon_threadsafe(_settle, waiting.reply, reply)
        return waiting.execution_arn


def _settle(future: "asyncio.Future[Reply]", reply: Reply) -> None:
    if not future.done():
        future.set_result(reply)


@define(eq=False)
class CallbackWork:
    """Sends the message and waits.

    Args:
        callbacks: the tokens.
        seconds: after which nobody is waited for any more.
    """

    callbacks: Callbacks
    seconds: float

    async def carry_out(self, work: StepWork, request: dict[str, Any]) -> None:
        """Carries out a step.

        Args:
            work: the step.
            request: ``SqsQueueUrl`` and ``Arguments``, resolved.

        Raises:
            StepFailedError: the message could not be sent, somebody said that it failed, or nobody said anything.
            StepStoppedError: the execution is to stop, and somebody has answered.
        """
        declared = frozenset(entry["OutputName"] for entry in work.run.step.document.get("OutputParameters") or ())
        token, reply = self.callbacks.open(work.execution.arn, declared)
        work.run.metadata = {"Callback": {"CallbackToken": token, "SqsQueueUrl": request["SqsQueueUrl"]}}
        try:
            await self._send(work, request, token, "Executing")
            work.enter(EXECUTING)
            answered = await self._answer(work, request, token, reply)
        finally:
            self.callbacks.close(token)
        if work.stop.is_set():
            raise StepStoppedError
        if answered.failure is not None:
            raise StepFailedError(answered.failure)
        outputs = take_outputs(work.run, answered.outputs, texts=True)
        work.run.metadata["Callback"]["OutputParameters"] = outputs

    async def _answer(
        self, work: StepWork, request: dict[str, Any], token: str, reply: "asyncio.Future[Reply]"
    ) -> Reply:
        stopping = asyncio.ensure_future(work.stop.wait())
        end = asyncio.get_running_loop().time() + self.seconds
        try:
            while not reply.done():
                left = end - asyncio.get_running_loop().time()
                if left <= 0:
                    raise StepFailedError(
                        f"ClientError: Timed out: nobody answered the callback token within {self.seconds:g} seconds"
                    )
                watched: set[asyncio.Future[Any]] = {reply} if stopping.done() else {reply, stopping}
                await asyncio.wait(watched, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if work.stop.is_set() and work.run.status != STOPPING and not reply.done():
                    # "the pipeline execution stops only when it receives one of these calls" (developer guide)
                    work.enter(STOPPING)
                    await self._send(work, request, token, "Stopping")
        finally:
            stopping.cancel()
        return reply.result()

    async def _send(self, work: StepWork, request: dict[str, Any], token: str, status: str) -> None:
        body = {
            "token": token,
            "pipelineExecutionArn": work.execution.arn,
            "arguments": request["Arguments"],
            "status": status,
        }
        message = {"QueueUrl": request["SqsQueueUrl"], "MessageBody": json.dumps(body)}
        await work.call("sqs", "SendMessage", message)
