"""The services whose state moto keeps (S3, IAM, KMS, ECR, logs, …), behind the gateway.

Fault mended: moto's own server decides on a service by itself, runs on werkzeug's development server, takes the
account from a table of its own keys, and answers operations it lacks with web pages; here a request whose service the
gateway already knows is handed to moto's Flask application of that service, with its account and identity told.
"""

import io
from collections.abc import Mapping
from threading import Lock
from typing import Any
from urllib.parse import unquote

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_server import werkzeug_app

from local_aws import moto_mends
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.gateway.http import HttpRequest
from local_aws.gateway.wire import Call, Request
from local_aws.moto_mends import instance_catalogue, shared_models, turns

_ACCOUNT_HEADER = "x-moto-account-id"
_DROPPED = {"content-length", "transfer-encoding", "authorization", _ACCOUNT_HEADER}
_PRESIGNED = ("AWSAccessKeyId", "Signature", "Expires", "X-Amz-")
_KNOWN_KEY_LENGTH = 20

_applications: dict[str, Any] = {}
_lock = Lock()

# web pages of other sites have no business here, so no answer allows them to read it
werkzeug_app.DISABLE_GLOBAL_CORS = True
instance_catalogue.apply()
shared_models.apply()


def environ_of(request: HttpRequest) -> dict[str, Any]:
    """A WSGI environment of a request."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.raw_path, encoding="latin-1"),
        "RAW_URI": request.raw_path + ("?" + request.query if request.query else ""),
        "QUERY_STRING": request.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(request.body)),
    }
    preserved: dict[str, str] = {}
    for name, value in request.headers:
        if name in _DROPPED:
            continue
        key = environ_key_for_header(name)
        if should_preserve_original_header_name(name):
            preserved[key] = name
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = preserved
    return environ


def request_of(environ: Mapping[str, Any]) -> Request:
    """A request object that reads its own copy of the body."""
    copy = dict(environ)
    copy["wsgi.input"] = io.BytesIO(environ["wsgi.input"].getvalue())
    # a request that its environment knew would outlive the answer, with its body, until the garbage is collected
    return Request(copy, populate_request=False)


def call(environ: dict[str, Any], call: Call, context: RequestContext) -> tuple[int, list[tuple[str, str]], bytes]:
    """Moto's answer to a request: status, headers and body.

    Raises:
        NotAvailableLocallyError: moto lacks the operation.
    """
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = context.account
    # presigned and unsigned requests become plain signed ones: the gateway has decided, moto need not ask again
    key = context.principal.access_key or "LOCALAWSROOTACCESSKEY"[:_KNOWN_KEY_LENGTH]
    environ["HTTP_AUTHORIZATION"] = (
        f"AWS4-HMAC-SHA256 Credential={key}/20000101/{context.region}/{call.service}/aws4_request, "
        "SignedHeaders=host, Signature=0"
    )
    environ["QUERY_STRING"] = _unsigned(environ["QUERY_STRING"])
    path = environ["RAW_URI"].split("?", 1)[0]
    environ["RAW_URI"] = f"{path}?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else path
    started: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        started["status"], started["headers"] = int(status.split(" ", 1)[0]), headers

    try:
        application = _application(call.service)
        with turns.taken(call.service):
            body = b"".join(application(environ, start_response))
    except NotImplementedError as error:
        raise NotAvailableLocallyError(f"{call.service}:{call.operation}") from error
    finally:
        environ.clear()  # as in `request_of`
    status, headers = started["status"], started["headers"]
    if _is_web_page(status, headers) and body:
        raise NotAvailableLocallyError(f"{call.service}:{call.operation}")
    return status, headers, body


def _application(service: str) -> Any:
    with _lock:
        if service not in _applications:
            # every service of moto's looks into IAM
            moto_mends.apply("iam")
            moto_mends.apply(service)
            _applications[service] = _plain(werkzeug_app.create_backend_app(service))
        return _applications[service]


def _plain(application: Any) -> Any:
    """The application without what it does for a person who debugs it, which keeps each request's body in a cycle."""
    application.debug = False
    application.config.update(PROPAGATE_EXCEPTIONS=True, TRAP_BAD_REQUEST_ERRORS=True)
    return application


def _is_web_page(status: int, headers: list[tuple[str, str]]) -> bool:
    # flask's own answer where no route of moto's fits
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    return status in (404, 405, 500, 501) and kind.startswith("text/html")


def _unsigned(query: str) -> str:
    if "Signature=" not in query:
        return query
    return "&".join(part for part in query.split("&") if not part.startswith(_PRESIGNED))
