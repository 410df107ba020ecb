"""`serve`: the application under gunicorn, one worker a processor."""

import os
import sys

from gunicorn.app.base import BaseApplication

from housing.contract import InputError
from housing.serving import Application, create_application


class _Server(BaseApplication):
    """Gunicorn over an application that is already made: its workers share the loaded model's memory."""

    def __init__(self, application: Application, settings: dict[str, object]) -> None:
        self._application = application
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        return self._application


def _number(name: str, default: int, low: int, high: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise InputError(f"{name}: got {text!r}, expected a whole number from {low} to {high}")
    return int(text)


def main() -> int:
    """The program; 1 where the model cannot be loaded, so that the endpoint fails with that in its log.

    Environment:
        MODEL_SERVER_WORKERS: processes. Default: one a processor.
        MODEL_SERVER_TIMEOUT: seconds after which a worker that hangs is restarted. Default: 60.
        MODEL_SERVER_HOST: the address to listen on. Default: all of the container's.
        SAGEMAKER_BIND_TO_PORT: the port to listen on. Default: 8080.
    """
    host = os.environ.get("MODEL_SERVER_HOST", "0.0.0.0")  # noqa: S104 - SageMaker calls from outside the container
    try:
        settings = {
            "bind": f"{host}:{_number('SAGEMAKER_BIND_TO_PORT', 8080, 1, 65535)}",
            "workers": _number("MODEL_SERVER_WORKERS", os.cpu_count() or 1, 1, 1024),
            "timeout": _number("MODEL_SERVER_TIMEOUT", 60, 1, 3600),
            "worker_class": "uvicorn_worker.UvicornWorker",
            "errorlog": "-",
            "loglevel": "warning",
            "keepalive": 75,
        }
        application = create_application()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _Server(application, settings).run()
    return 0
