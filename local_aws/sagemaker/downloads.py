"""Objects of S3 into files, several at a time."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

from local_aws.sagemaker.s3_locations import S3Location

_AT_ONCE = 8
_CHUNK = 1 << 20


class DownloadError(Exception):
    """Objects cannot be had; the message is for a FailureReason."""


@frozen
class Downloads:
    """Reads with one role's credentials.

    Args:
        s3: a client with them.
    """

    s3: Any

    def text(self, location: S3Location) -> bytes:
        """The content of one object.

        Raises:
            DownloadError: it cannot be read.
        """
        try:
            return bytes(self.s3.get_object(Bucket=location.bucket, Key=location.key)["Body"].read())
        except ClientError as error:
            raise _failed(location, error) from error

    def file(self, location: S3Location, target: Path) -> None:
        """Writes one object into a file, whose folders are made.

        Raises:
            DownloadError: it cannot be read.
        """
        try:
            body = self.s3.get_object(Bucket=location.bucket, Key=location.key)["Body"]
        except ClientError as error:
            raise _failed(location, error) from error
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(body, file, _CHUNK)

    def files(self, wanted: list[tuple[S3Location, Path]]) -> None:
        """Writes many objects.

        Raises:
            DownloadError: one of them cannot be read.
        """
        if len(wanted) == 1:
            self.file(*wanted[0])
        elif wanted:
            with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="download") as threads:
                for done in [threads.submit(self.file, *entry) for entry in wanted]:
                    done.result()

    def prefix(self, location: S3Location, folder: Path) -> None:
        """Writes every object below a prefix into a folder; none is fine.

        Raises:
            DownloadError: an object cannot be read, or its key cannot be a file's name.
        """
        folder.mkdir(parents=True, exist_ok=True)
        below = location.folder
        self.files([(found, inside(folder, below.relative(found.key), found)) for found in self.below(below)])

    def below(self, location: S3Location) -> Iterator[S3Location]:
        """The objects whose keys start with a location's key; markers of folders are left out.

        Raises:
            DownloadError: the bucket cannot be listed.
        """
        try:
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=location.bucket, Prefix=location.key)
            for page in pages:
                for entry in page.get("Contents", ()):
                    if not entry["Key"].endswith("/"):
                        yield S3Location(location.bucket, entry["Key"])
        except ClientError as error:
            raise _failed(location, error) from error


def inside(folder: Path, name: str, location: S3Location) -> Path:
    """The file of a relative name below a folder.

    Raises:
        DownloadError: the name would lead outside.
    """
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts or "\0" in name:
        raise DownloadError(f"{location.uri}: the key cannot be a file's name below the folder")
    return folder.joinpath(*parts)


def _failed(location: S3Location, error: ClientError) -> DownloadError:
    fault, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return DownloadError(f"{fault.get('Code')} ({status}): {fault.get('Message')}, object {location.uri}")
