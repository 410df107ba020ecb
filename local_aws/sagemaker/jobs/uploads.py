"""A job's files into S3."""

from pathlib import Path
from typing import Any

from attrs import frozen
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from local_aws.sagemaker.s3_locations import S3Location

_ONE_REQUEST = 8 << 20


class UploadError(Exception):
    """A file cannot be uploaded; the message is for the job's FailureReason."""


@frozen
class Uploads:
    """Writes with one role's credentials.

    Args:
        s3: a client with them.
        key: of KMS, with which every object is encrypted. Default: the bucket decides.
    """

    s3: Any
    key: str | None = None

    def file(self, file: Path, target: S3Location, content_type: str = "binary/octet-stream") -> None:
        """Uploads one file.

        Raises:
            UploadError: S3 or KMS refuse.
        """
        try:
            if file.stat().st_size > _ONE_REQUEST:
                self.s3.upload_file(str(file), target.bucket, target.key, ExtraArgs=self._extra(content_type))
                return
        except (ClientError, S3UploadFailedError) as error:
            raise UploadError(f"{target.uri}: {error}") from error
        self.content(file.read_bytes(), target, content_type)

    def content(self, content: bytes, target: S3Location, content_type: str) -> None:
        """Writes one object.

        Raises:
            UploadError: S3 or KMS refuse.
        """
        try:
            self.s3.put_object(Bucket=target.bucket, Key=target.key, Body=content, **self._extra(content_type))
        except ClientError as error:
            raise UploadError(f"{target.uri}: {error}") from error

    def tree(self, folder: Path, target: S3Location) -> None:
        """Uploads every file below a folder under its own name.

        Raises:
            UploadError: S3 or KMS refuse.
        """
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                self.file(file, target.join(file.relative_to(folder).as_posix()))

    def _extra(self, content_type: str) -> dict[str, str]:
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key} if self.key else {}
        return {"ContentType": content_type, **encryption}
