"""Lambda steps: a function is called, and what it returns is the step's output."""

import asyncio
import json
from typing import Any

from attrs import define

from local_aws.sagemaker.pipelines.failures import StepFailedError
from local_aws.sagemaker.pipelines.output_parameters import take_outputs
from local_aws.sagemaker.pipelines.records import EXECUTING
from local_aws.sagemaker.pipelines.step_work import StepWork


@define(eq=False)
class LambdaWork:
    """Invokes the function with the pipeline's role.

    Args:
        seconds: that a function may take; AWS waits for ten minutes.
    """

    seconds: float

    async def carry_out(self, work: StepWork, request: dict[str, Any]) -> None:
        """Carries out a step. A function cannot be stopped: it is waited for.

        Args:
            work: the step.
            request: ``FunctionArn`` and ``Arguments``, resolved.

        Raises:
            StepFailedError: the function failed, took too long, or did not return what the step declares.
        """
        work.run.metadata = {"Lambda": {"Arn": request["FunctionArn"]}}
        work.enter(EXECUTING)
        try:
            returned = await asyncio.wait_for(
                _as_task(work.blocking(lambda: _invoke(work, request))), timeout=self.seconds
            )
        except TimeoutError:
            raise StepFailedError(
                f"ClientError: Timed out: the function did not return within {self.seconds:g} seconds"
            ) from None
        outputs = take_outputs(work.run, returned, texts=False)
        work.run.metadata["Lambda"]["OutputParameters"] = outputs


async def _as_task(waited: Any) -> Any:
    return await waited


def _invoke(work: StepWork, request: dict[str, Any]) -> dict[str, Any]:
    payload = json.dumps(request["Arguments"]).encode()
    answer = work.calls.call("lambda", "Invoke", {"FunctionName": request["FunctionArn"], "Payload": payload})
    body = answer["Payload"].read().decode()
    try:
        returned = json.loads(body) if body else None
    except ValueError:
        returned = None
    if "FunctionError" in answer:
        told = returned if isinstance(returned, dict) else {}
        raise StepFailedError(
            f"ClientError: The function failed ({answer['FunctionError']}): "
            f"{told.get('errorType', 'Error')}: {told.get('errorMessage', body)}"
        )
    if not isinstance(returned, dict):
        if work.run.step.document.get("OutputParameters"):
            raise StepFailedError(f"ClientError: The function returned {body[:200]}, expected an object")
        return {}
    status = returned.get("statusCode")
    if isinstance(status, int) and not 200 <= status < 300:
        raise StepFailedError(f"ClientError: The function returned statusCode {status}: {returned.get('body', '')}")
    return returned
