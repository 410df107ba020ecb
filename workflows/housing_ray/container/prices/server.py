"""`serve`: the application under uvicorn."""

import os
import sys

import uvicorn

from prices.contract import InputError
from prices.serving import create_application


def _number(name: str, default: int, low: int, high: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise InputError(f"{name}: got {text!r}, expected a whole number from {low} to {high}")
    return int(text)


def main() -> int:
    """The program; 1 where the model cannot be loaded, so that the endpoint fails with that in its log.

    Environment:
        MODEL_SERVER_WORKERS: processes. Default: one a processor.
        MODEL_SERVER_HOST: the address to listen on. Default: all of the container's.
        SAGEMAKER_BIND_TO_PORT: the port to listen on. Default: 8080.
    """
    try:
        port = _number("SAGEMAKER_BIND_TO_PORT", 8080, 1, 65535)
        workers = _number("MODEL_SERVER_WORKERS", os.cpu_count() or 1, 1, 1024)
        # each worker makes its own: a model that cannot be loaded must not have workers started again and again
        create_application()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    uvicorn.run(
        "prices.serving:create_application",
        factory=True,
        host=os.environ.get("MODEL_SERVER_HOST", "0.0.0.0"),  # noqa: S104 - SageMaker calls from outside
        port=port,
        workers=workers,
        log_level="warning",
        timeout_keep_alive=75,
    )
    return 0
