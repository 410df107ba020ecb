"""Runs a Python handler in a process of its own; the local AWS talks to it over a Unix socket.

Started as ``python -S -B -P python_runtime.py SOCKET TOKEN RUNTIME_DIR OPT``. It imports nothing of the local AWS,
and little of the standard library, so that a cold start stays short. A message is one line of JSON with a ``size``,
followed by that many bytes. Output goes to standard output; a line that starts with a NUL byte is for the local AWS:
``log`` carries a log record with its line ends, ``end`` says that an invocation's output is complete.
"""

import json
import os
import socket
import sys
import time


class _InitError(Exception):
    """The handler cannot be loaded; `args` are AWS's error type, message and stack trace."""


class _Marshal(Exception):  # noqa: N818 - internal
    """The handler's answer is not JSON."""


class Identity:
    """Who the client is, for clients that sign in through Amazon Cognito; always empty here."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class Client:
    """The client application, as a mobile SDK describes it."""

    def __init__(self, values: dict[str, object]) -> None:
        self.installation_id = values.get("installation_id")
        self.app_title = values.get("app_title")
        self.app_version_name = values.get("app_version_name")
        self.app_version_code = values.get("app_version_code")
        self.app_package_name = values.get("app_package_name")


class ClientContext:
    """What the caller sent as ``ClientContext``."""

    def __init__(self, values: dict[str, object]) -> None:
        client = values.get("client")
        self.custom = values.get("custom")
        self.env = values.get("env")
        self.client = Client(client if isinstance(client, dict) else {})


class LambdaContext:
    """The second argument of a handler, with the attributes that AWS documents."""

    def __init__(self, header: dict[str, object]) -> None:
        client_context = header.get("clientContext")
        self.aws_request_id = header["requestId"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = header["functionArn"]
        self.client_context = ClientContext(client_context) if isinstance(client_context, dict) else None
        self.identity = Identity()
        self.tenant_id = None
        self._deadline = float(str(header["deadline"]))

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout ends the invocation."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: object) -> None:
        """Writes to standard output as it stands."""
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        names = ", ".join(f"{name}={value}" for name, value in vars(self).items() if not name.startswith("_"))
        return f"LambdaContext([{names}])"


class _Channel:
    """Messages to and from the local AWS."""

    def __init__(self, path: str, token: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._stream = self._socket.makefile("rwb")
        self._log = os.dup(1)
        self.send({"type": "hello", "token": token})

    def send(self, header: dict[str, object], payload: bytes = b"") -> None:
        self._stream.write(json.dumps({**header, "size": len(payload)}).encode() + b"\n" + payload)
        self._stream.flush()

    def receive(self) -> tuple[dict[str, object], bytes] | None:
        line = self._stream.readline()
        if not line:
            return None
        header = json.loads(line)
        return header, self._stream.read(header["size"])

    def control(self, kind: str, value: str) -> None:
        """Writes a line for the local AWS into the output, after all that was printed before."""
        sys.stdout.flush()
        sys.stderr.flush()
        data = f"\0{kind} {json.dumps(value)}\n".encode()
        while data:
            data = data[os.write(self._log, data) :]


_current: dict[str, str] = {"requestId": ""}


def _set_up_logging(channel: _Channel) -> None:
    """A handler on the root logger, as AWS's runtime has it: text or JSON, level from the function's settings."""
    import logging

    json_lines = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"

    class Formatter(logging.Formatter):
        converter = staticmethod(time.gmtime)

        def format(self, record: logging.LogRecord) -> str:
            record.aws_request_id = _current["requestId"]
            if not json_lines:
                return super().format(record)
            entry: dict[str, object] = {
                "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
                "level": record.levelname,
                "message": record.getMessage(),
                "logger": record.name,
                "requestId": _current["requestId"],
            }
            if record.exc_info and record.exc_info[0] is not None:
                entry["errorType"] = record.exc_info[0].__name__
                entry["errorMessage"] = str(record.exc_info[1])
                entry["stackTrace"] = self.formatException(record.exc_info).splitlines()
            return json.dumps(entry, default=str)

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            try:
                channel.control("log", self.format(record))
            except Exception:  # noqa: BLE001 - what the standard library's handlers do
                self.handleError(record)

    handler = Handler()
    handler.setFormatter(
        Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )
    )
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "")
    names = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}
    if level:
        root.setLevel(names.get(level, level))


def _load(name: str) -> object:
    """The handler that ``module.attribute`` names.

    Raises:
        _InitError: as AWS reports it.
    """
    import importlib

    module_name, dot, attribute = name.rpartition(".")
    if not dot or not module_name:
        raise _InitError(
            "Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)", []
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise _InitError(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}", []
        ) from error
    except SyntaxError as error:
        place = f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").strip()}'
        raise _InitError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", [place]
        ) from error
    if not hasattr(module, attribute):
        raise _InitError("Runtime.HandlerNotFound", f"Handler '{attribute}' missing on module '{module_name}'", [])
    return getattr(module, attribute)


def _error(error: BaseException, request_id: str) -> dict[str, object]:
    """What a caller gets of an exception: without the frames of this file."""
    import traceback

    if isinstance(error, _InitError):
        kind, message, stack = error.args
        return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": stack}
    if isinstance(error, _Marshal):
        return {
            "errorMessage": str(error),
            "errorType": "Runtime.MarshalError",
            "requestId": request_id,
            "stackTrace": [],
        }
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    importing = ("<frozen importlib", os.__file__.removesuffix("os.py") + "importlib")
    while frames and frames[0].filename.startswith(importing):
        del frames[0]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(frames),
    }


def _error_text(error: dict[str, object]) -> str:
    stack = error["stackTrace"]
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}"]
    if isinstance(stack, list) and stack:
        lines += ["Traceback (most recent call last):", "".join(map(str, stack)).rstrip("\n")]
    return "\n".join(lines)


def _plain(value: object) -> object:
    if type(value).__module__ == "decimal":
        return float(str(value))
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _serialize(answer: object) -> bytes:
    try:
        return json.dumps(answer, default=_plain, ensure_ascii=False).encode()
    except (TypeError, ValueError, UnicodeError) as error:
        raise _Marshal(f"Unable to marshal response: {error}") from error


def _exit_code(error: SystemExit) -> int:
    if error.code is None:
        return 0
    return error.code if isinstance(error.code, int) else 1


def _speak_http_with_the_local_aws() -> None:
    folder = os.path.dirname(__file__)  # noqa: PTH120 - pathlib takes time to import
    sys.path.insert(0, folder)
    from local_endpoint import speak_http_with  # type: ignore[import-not-found] # stands beside this file

    sys.path.remove(folder)
    speak_http_with(os.environ["AWS_ENDPOINT_URL"])


def main(path: str, token: str, runtime_dir: str, opt: str) -> int:
    """Loads the handler, then answers invocations until the local AWS closes the socket."""
    channel = _Channel(path, token)
    _speak_http_with_the_local_aws()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layers = [f"{opt}/python/lib/{version}/site-packages", f"{opt}/python"]
    present = [folder for folder in layers if os.path.isdir(folder)]  # noqa: PTH112 - pathlib takes time to import
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], *present]
    sys.path.append(runtime_dir)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    _set_up_logging(channel)
    try:
        handler = _load(os.environ["_HANDLER"])
    except SystemExit as error:
        return _exit_code(error)
    except BaseException as error:  # noqa: BLE001 - whatever a module raises while it is imported is reported
        answer = _error(error, "")
        channel.control("log", _error_text(answer))
        channel.send({"type": "init-error"}, json.dumps(answer).encode())
        channel.receive()  # until the local AWS has read it and hangs up: who is gone before has told nothing
        return 1
    channel.send({"type": "ready"})
    while (message := channel.receive()) is not None:
        header, payload = message
        request_id = str(header["requestId"])
        _current["requestId"] = request_id
        os.environ["_X_AMZN_TRACE_ID"] = str(header["traceId"])
        try:
            answer_bytes = _serialize(handler(json.loads(payload), LambdaContext(header)))  # type: ignore[operator]
            kind = "result"
        except SystemExit as error:
            channel.control("end", request_id)
            return _exit_code(error)
        except BaseException as error:  # noqa: BLE001 - every failure of a handler is the invocation's answer
            answer = _error(error, request_id)
            channel.control("log", _error_text(answer))
            answer_bytes, kind = json.dumps(answer, ensure_ascii=False).encode(errors="replace"), "error"
        channel.control("end", request_id)
        channel.send({"type": kind}, answer_bytes)
    return 0


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # threads that a handler left behind do not keep the process
