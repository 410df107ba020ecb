"""Where a template comes from: the request's body, or an object in S3."""

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import ClientError

from local_aws.cloudformation.documents import MAX_BODY_BYTES, MAX_URL_BYTES
from local_aws.cloudformation.errors import ValidationError

_S3_HOST = re.compile(r"s3([.-](dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(\.cn)?\Z")
_BUCKET_HOST = re.compile(r"(?P<bucket>.+?)\.s3([.-](dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(\.cn)?\Z")
_LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1"}


def template_body(parameters: dict[str, Any], s3: Any) -> str | None:
    """The template of a request; None where the request has neither TemplateBody nor TemplateURL.

    Args:
        parameters: the request.
        s3: a client with the caller's credentials.

    Raises:
        ValidationError: both are given, the template is too large, or the URL leads nowhere.
    """
    body, url = parameters.get("TemplateBody"), parameters.get("TemplateURL")
    if body is not None and url is not None:
        raise ValidationError("You cannot specify both TemplateBody and TemplateURL")
    if url is not None:
        return _fetch(str(url), s3)
    if body is not None and len(body.encode()) > MAX_BODY_BYTES:
        raise ValidationError(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have "
            f"length less than or equal to {MAX_BODY_BYTES}"
        )
    return body


def s3_location(url: str) -> tuple[str, str, str | None]:
    """Bucket, key and version that a URL means: s3://, path-style and virtual-hosted forms, and this endpoint's.

    Raises:
        ValidationError: it is no URL of S3.
    """
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path).lstrip("/")
    version = parse_qs(parts.query).get("versionId", [None])[0]
    bucket, key = "", ""
    if parts.scheme == "s3":
        bucket, key = parts.netloc, path
    elif host in _LOCAL_HOSTS or _S3_HOST.match(host):
        bucket, _, key = path.partition("/")
    elif match := _BUCKET_HOST.match(host):
        bucket, key = match.group("bucket"), path
    if not bucket or not key:
        raise ValidationError(f"TemplateURL must be a supported URL: {url}")
    return bucket, key, version


def _fetch(url: str, s3: Any) -> str:
    bucket, key, version = s3_location(url)
    arguments = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
    try:
        answer = s3.get_object(**arguments)
    except ClientError as error:
        raise ValidationError(f"S3 error: {error.response['Error'].get('Message', '')} ({url})") from error
    content: bytes = answer["Body"].read()
    if len(content) > MAX_URL_BYTES:
        raise ValidationError(f"Template may not exceed {MAX_URL_BYTES} bytes in size.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(f"Template format error: not a text in UTF-8 ({url})") from error
