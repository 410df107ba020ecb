"""Brings a build's source into its folder."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


class SourceError(Exception):
    """A source that cannot be had; the message is the phase's."""


def download(s3: Any, source: Mapping[str, Any], version: str | None, folder: Path) -> str | None:
    """Unpacks an S3 source into a folder.

    Args:
        s3: a client with the build's credentials.
        source: of the build; its type is S3 or NO_SOURCE.
        version: id of the object's version. Default: the latest.
        folder: existing and empty.

    Returns:
        The version id of the object that was read, or None where the bucket has no versions.

    Raises:
        SourceError: no right, no such object, or no zip archive.
    """
    if source["type"] == "NO_SOURCE":
        return None
    bucket, _, key = str(source.get("location", "")).removeprefix("arn:aws:s3:::").partition("/")
    try:
        if key.endswith("/"):
            _download_folder(s3, bucket, key, folder)
            return None
        arguments = {"VersionId": version} if version else {}
        answer = s3.get_object(Bucket=bucket, Key=key, **arguments)
        content = answer["Body"].read()
    except ClientError as error:
        known = error.response["Error"]
        raise SourceError(
            f"{known['Code']}: {known['Message']} for {_which(source)} s3://{bucket}/{key}"
            + (f" and source version {version}" if version else "")
        ) from error
    try:
        _unpack(content, folder)
    except zipfile.BadZipFile as error:
        raise SourceError(f"{_which(source)} s3://{bucket}/{key} is not a zip archive: {error}") from error
    found = answer.get("VersionId")
    return None if found in {None, "null"} else str(found)


def read_text(s3: Any, arn: str) -> str:
    """The text of an S3 object, by ARN.

    Raises:
        SourceError: no right, or no such object.
    """
    bucket, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
    try:
        text: str = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    except ClientError as error:
        raise SourceError(f"buildspec {arn}: {error.response['Error']['Message']}") from error
    return text


def _which(source: Mapping[str, Any]) -> str:
    identifier = source.get("sourceIdentifier")
    return f"secondary source {identifier}" if identifier else "primary source"


def _download_folder(s3: Any, bucket: str, prefix: str, folder: Path) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            inside = entry["Key"][len(prefix) :]
            target = (folder / inside).resolve()
            if not inside or inside.endswith("/") or not target.is_relative_to(folder.resolve()):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())


def _unpack(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, folder))
            mode = (entry.external_attr >> 16) & 0o777
            if mode and not entry.is_dir():
                path.chmod(mode | 0o200)
