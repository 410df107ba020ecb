"""The services whose state moto keeps (S3, IAM, STS, KMS, ECR, logs, …), behind the gateway.

Fault mended: moto's own server decides on a service by itself and runs on werkzeug's development server; here a
request whose service the gateway already knows is handed to moto's Flask application of that service.
"""

import io
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local_aws.gateway.wire import Request

_application = DomainDispatcherApplication(create_backend_app)


def environ_of(
    *, method: str, raw_path: str, query: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> dict[str, Any]:
    """A WSGI environment for a request that was read whole."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(raw_path, encoding="latin-1"),
        "RAW_URI": raw_path + ("?" + query.decode("latin-1") if query else ""),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body)),
    }
    preserved: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        key = environ_key_for_header(name)
        if key in {"HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "CONTENT_LENGTH"}:
            continue
        if key == "HTTP_CONTENT_TYPE":
            key = "CONTENT_TYPE"
        if should_preserve_original_header_name(name):
            preserved[key] = name
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = preserved
    return environ


def request_of(environ: Mapping[str, Any]) -> Request:
    """A request object that reads its own copy of the body."""
    copy = dict(environ)
    copy["wsgi.input"] = io.BytesIO(environ["wsgi.input"].getvalue())
    return Request(copy)


def call(environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    """Moto's answer to a request: status, headers and body."""
    started: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        started["status"], started["headers"] = int(status.split(" ", 1)[0]), headers

    chunks = _application(environ, start_response)
    body = b"".join(chunks)
    return started["status"], started["headers"], body
