"""Deployment packages: zip files of code, kept and unpacked once per content."""

import base64
import binascii
import hashlib
import io
import os
import re
import shutil
import stat
import sys
import threading
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from attrs import define, field, frozen
from botocore.exceptions import ClientError

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.platform import SERVICE_CREDENTIALS, Credentials, Platform

_UNZIPPED_LIMIT = 262_144_000
_INLINE_LIMIT = 50 * 1024 * 1024
_UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again."
# where AWS's runtimes have Python: what programs of layers (CDK's AWS CLI) name in their first line
_PYTHON_OF_AWS = re.compile(rb"\A#!\s*/var/lang/bin/python[0-9.]*[^\n]*")


@frozen(kw_only=True)
class Package:
    """A zip file that was accepted.

    Attributes:
        sha256: base64 of its SHA-256, as Lambda reports it.
        size: its bytes.
        zip_file: where it is kept.
        folder: its content, read-only.
    """

    sha256: str
    size: int
    zip_file: Path
    folder: Path


@define(eq=False)
class PackageStore:
    """Keeps packages under the platform's state folder; the same content is stored once."""

    platform: Platform
    _lock: threading.Lock = field(factory=threading.Lock)

    @property
    def folder(self) -> Path:
        """Where packages are."""
        return self.platform.state_dir / "functions" / "packages"

    def from_s3(self, context: RequestContext, bucket: str, key: str, object_version: str | None = None) -> Package:
        """Fetches a zip file from S3 with the rights of the caller, as Lambda does.

        Raises:
            AwsError: ``InvalidParameterValueException`` with S3's own error, or for a file that is no zip;
                ``AccessDeniedException`` where the caller may not read it.
        """
        access_key = context.principal.access_key
        caller = SERVICE_CREDENTIALS
        # the account's root signs with any key, and has none of its own
        if access_key is not None:
            caller = Credentials(access_key_id=access_key, secret_access_key=SERVICE_CREDENTIALS.secret_access_key)
        s3 = self.platform.client("s3", region=context.region, credentials=caller)
        extra = {} if object_version is None else {"VersionId": object_version}
        try:
            data = s3.get_object(Bucket=bucket, Key=key, **extra)["Body"].read()
        except ClientError as error:
            reason = error.response["Error"]
            told = (
                f"S3 Error Code: {reason['Code']}. S3 Error Message: {reason['Message']} (bucket {bucket}, key {key})"
            )
            if reason["Code"].startswith("AccessDenied"):
                raise AwsError(
                    "AccessDeniedException",
                    "Your access has been denied by S3, please make sure your request credentials have permission to "
                    f"GetObject for {bucket}/{key}. {told}",
                    status=403,
                ) from error
            raise AwsError("InvalidParameterValueException", f"Error occurred while GetObject. {told}") from error
        return self.add(data)

    def from_bytes(self, data: bytes | str) -> Package:
        """Takes a zip file that came in a request.

        Raises:
            AwsError: ``RequestEntityTooLargeException`` above 50 MB, ``InvalidParameterValueException`` for no zip.
        """
        if isinstance(data, str):
            try:
                data = base64.b64decode(data, validate=True)
            except binascii.Error as error:
                raise AwsError("InvalidParameterValueException", _UNREADABLE) from error
        if len(data) > _INLINE_LIMIT:
            raise AwsError(
                "RequestEntityTooLargeException",
                f"Request must be smaller than {_INLINE_LIMIT} bytes: the zip file has {len(data)}",
                status=413,
            )
        return self.add(data)

    def add(self, data: bytes) -> Package:
        """Checks a zip file, unpacks it, and keeps both.

        Raises:
            AwsError: ``InvalidParameterValueException`` for no zip file, one that is empty or too large when
                unpacked (250 MB), or one whose members lie outside of it.
        """
        digest = hashlib.sha256(data)
        package = Package(
            sha256=base64.b64encode(digest.digest()).decode(),
            size=len(data),
            zip_file=self.folder / f"{digest.hexdigest()}.zip",
            folder=self.folder / digest.hexdigest(),
        )
        with self._lock:
            if not package.folder.exists():
                self.folder.mkdir(parents=True, exist_ok=True)
                unpacking = package.folder.with_suffix(".part")
                shutil.rmtree(unpacking, ignore_errors=True)
                try:
                    with zipfile.ZipFile(io.BytesIO(data)) as archive:
                        _unpack(archive, unpacking, self._python())
                except (zipfile.BadZipFile, zlib.error, NotImplementedError, UnicodeError) as error:
                    raise AwsError("InvalidParameterValueException", _UNREADABLE) from error
                package.zip_file.write_bytes(data)
                unpacking.rename(package.folder)
        return package

    def _python(self) -> Path:
        """This machine's Python by a path that fits a script's first line: one without spaces."""
        link = self.folder / "python"
        if not link.is_symlink():
            link.symlink_to(sys.executable)
        return link


def _unpack(archive: zipfile.ZipFile, folder: Path, python: Path) -> None:
    members = archive.infolist()
    if not members:
        raise AwsError("InvalidParameterValueException", "Uploaded file must be a non-empty zip")
    size = sum(member.file_size for member in members)
    if size > _UNZIPPED_LIMIT:
        raise AwsError(
            "InvalidParameterValueException",
            f"Unzipped size must be smaller than {_UNZIPPED_LIMIT} bytes: it is {size}",
        )
    folder.mkdir()
    for member in members:
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts:
            raise zipfile.BadZipFile(member.filename)
        target = folder.joinpath(*path.parts)
        mode = member.external_attr >> 16
        if member.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISLNK(mode):
            link = archive.read(member).decode()
            if not Path(os.path.normpath(target.parent / link)).is_relative_to(folder):
                raise zipfile.BadZipFile(member.filename)
            target.symlink_to(link)
            continue
        with archive.open(member) as source, target.open("wb") as sink:
            if mode & 0o111:
                # -S: it sees its own libraries alone, not what the server has installed
                sink.write(_PYTHON_OF_AWS.sub(b"#!%b -S" % os.fsencode(python), source.readline(), count=1))
            shutil.copyfileobj(source, sink)
        target.chmod(0o555 if mode & 0o111 else 0o444)


def merge(folders: list[Path], target: Path) -> None:
    """Lays the content of folders over each other, later ones on top: what a function sees as /opt."""
    target.mkdir(parents=True)
    for folder in folders:
        for source in sorted(folder.rglob("*")):
            place = target / source.relative_to(folder)
            if source.is_dir() and not source.is_symlink():
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            if source.is_symlink():
                place.symlink_to(source.readlink())
            else:
                os.link(source, place)
