"""A request as it came, made uniform: path-style, plain body, one place where signatures are read."""

import base64
import binascii
import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from attrs import evolve, field, frozen

from local_aws.gateway.errors import AwsError

Headers = tuple[tuple[str, str], ...]

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_SIGV2 = re.compile(r"AWS ([^:\s]+):")
_S3_HOST = re.compile(r"(?P<bucket>.+?)\.s3[.-].*|(?P<local>.+)\.localhost(:\d+)?")
_STREAMED = "STREAMING-"
_CHUNKED = "aws-chunked"
_CHUNK_HEADERS = {"x-amz-decoded-content-length", "x-amz-trailer"}
_SIGNED_TIME = "%Y%m%dT%H%M%SZ"


@frozen(kw_only=True)
class HttpRequest:
    """One HTTP request, read whole.

    Attributes:
        method: such as ``GET``.
        raw_path: the path as it was sent, percent-encoded.
        query: the query string as it was sent.
        headers: lower-case names with their values, in order.
        body: the whole body.
    """

    method: str
    raw_path: str
    query: str
    headers: Headers
    body: bytes = field(repr=False)

    @classmethod
    def of(cls, scope: dict[str, object], body: bytes) -> "HttpRequest":
        """From an ASGI scope."""
        raw: Iterable[tuple[bytes, bytes]] = scope["headers"]  # type: ignore[assignment]
        return cls(
            method=str(scope["method"]),
            raw_path=scope["raw_path"].decode("latin-1"),  # type: ignore[attr-defined]
            query=scope["query_string"].decode("latin-1"),  # type: ignore[attr-defined]
            headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw),
            body=body,
        )

    def header(self, name: str, default: str = "") -> str:
        """A header's value, by its lower-case name."""
        return next((value for found, value in self.headers if found == name), default)


@frozen(kw_only=True)
class Signature:
    """What a signature says of its maker; signatures themselves are not verified on loopback.

    Attributes:
        access_key: None where the request is not signed.
        region: such as ``us-east-1``.
        signing_name: the service's name in signatures, such as ``states``.
        expires: of a presigned URL, when it ends.
    """

    access_key: str | None = None
    region: str = "us-east-1"
    signing_name: str = "s3"
    expires: datetime | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Signature":
        """Reads the Authorization header or a presigned URL's query; S3 where there is neither."""
        authorization = request.header("authorization")
        if match := _CREDENTIAL.search(authorization):
            return cls(access_key=match[1], region=match[2], signing_name=match[3])
        if match := _SIGV2.match(authorization):
            return cls(access_key=match[1])
        if "X-Amz-Credential" not in request.query and "AWSAccessKeyId" not in request.query:
            return cls()
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        if match := _CREDENTIAL.match(f"Credential={query.get('X-Amz-Credential', '')}"):
            return cls(access_key=match[1], region=match[2], signing_name=match[3], expires=_presigned_until(query))
        if "AWSAccessKeyId" in query:
            seconds = query.get("Expires", "")
            expires = datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() else None
            return cls(access_key=query["AWSAccessKeyId"], expires=expires)
        return cls()


def _presigned_until(query: dict[str, str]) -> datetime | None:
    try:
        signed = datetime.strptime(query["X-Amz-Date"], _SIGNED_TIME).replace(tzinfo=UTC)
        return signed + timedelta(seconds=int(query["X-Amz-Expires"]))
    except (KeyError, ValueError):
        return None


def path_style(request: HttpRequest) -> HttpRequest:
    """A request for ``bucket.s3.…`` or ``bucket.localhost`` as one for ``/bucket/…``."""
    match = _S3_HOST.fullmatch(request.header("host"))
    if match is None:
        return request
    bucket = match["bucket"] or match["local"]
    if bucket == "s3":
        return request
    # with the bucket in the path, a host that names it too would name it twice
    headers = tuple((name, "127.0.0.1" if name == "host" else value) for name, value in request.headers)
    return evolve(request, raw_path=f"/{bucket}{request.raw_path}", headers=headers)


def plain_body(request: HttpRequest) -> HttpRequest:
    """A request without S3's own chunked encoding, its trailing checksum turned into a header and checked.

    Raises:
        AwsError: ``IncompleteBody`` where chunks are cut off or do not add up to the length that was announced;
            ``BadDigest`` or ``XAmzContentChecksumMismatch`` where a checksum does not fit the body.
    """
    encodings = [item.strip() for item in request.header("content-encoding").split(",")]
    streamed = request.header("x-amz-content-sha256").startswith(_STREAMED)
    if not streamed and _CHUNKED not in encodings:
        _check_body(request)
        return request
    body, trailers = _unchunk(request.body)
    announced = request.header("x-amz-decoded-content-length")
    if announced and announced != str(len(body)):
        raise AwsError(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header: "
            f"announced {announced}, got {len(body)}",
            status=400,
        )
    kept = [item for item in encodings if item and item != _CHUNKED]
    headers = [
        (name, value)
        for name, value in request.headers
        if name not in _CHUNK_HEADERS and name not in ("content-encoding", "x-amz-content-sha256", "content-length")
    ]
    headers += [("content-length", str(len(body))), *trailers]
    if kept:
        headers.append(("content-encoding", ",".join(kept)))
    plain = evolve(request, headers=tuple(headers), body=body)
    _check_body(plain)
    return plain


def inflated_body(request: HttpRequest) -> HttpRequest:
    """A request without gzip, in which SDKs wrap the larger requests of services that allow it.

    Raises:
        AwsError: ``SerializationException`` where the body is not what its header says.
    """
    if request.header("content-encoding") != "gzip":
        return request
    try:
        body = gzip.decompress(request.body)
    except (OSError, EOFError, zlib.error) as error:
        message = f"the request's Content-Encoding is gzip, its body is not: {error}"
        raise AwsError("SerializationException", message, status=400) from error
    headers = tuple(item for item in request.headers if item[0] not in ("content-encoding", "content-length"))
    return evolve(request, headers=(*headers, ("content-length", str(len(body)))), body=body)


def _unchunk(body: bytes) -> tuple[bytes, list[tuple[str, str]]]:
    chunks: list[memoryview] = []
    view = memoryview(body)
    position = 0
    while True:
        end = body.find(b"\r\n", position)
        try:
            size = int(body[position:end].split(b";", 1)[0], 16) if end >= 0 else -1
        except ValueError:
            size = -1
        start = end + 2
        if size < 0 or start + size > len(body):
            raise AwsError("IncompleteBody", "The request body terminated unexpectedly", status=400)
        if size == 0:
            break
        chunks.append(view[start : start + size])
        position = start + size + 2
    trailers = []
    for line in body[start:].split(b"\r\n"):
        name, colon, value = line.decode("latin-1").partition(":")
        if colon and name.strip().lower() != "x-amz-trailer-signature":
            trailers.append((name.strip().lower(), value.strip()))
    return b"".join(chunks), trailers


_DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "content-md5": lambda body: hashlib.md5(body, usedforsecurity=False).digest(),
    "x-amz-checksum-crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "x-amz-checksum-sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda body: hashlib.sha256(body).digest(),
}


def _check_body(request: HttpRequest) -> None:
    if request.method not in ("PUT", "POST") or ("uploadId" in request.query and request.method == "POST"):
        # completing an upload carries the checksum of the whole object, not of its own body
        return
    for name, digest in _DIGESTS.items():
        expected = request.header(name)
        if not expected:
            continue
        try:
            matches = base64.b64decode(expected) == digest(request.body)
        except binascii.Error:
            matches = False
        if not matches and name == "content-md5":
            raise AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.", status=400)
        if not matches:
            algorithm = name.rsplit("-", 1)[-1].upper()
            message = f"The {algorithm} you specified did not match the calculated checksum."
            raise AwsError("BadDigest", message, status=400)
