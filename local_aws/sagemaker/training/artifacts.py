"""What a job leaves behind, into S3: model, output, checkpoints."""

from pathlib import Path
from typing import Any

from attrs import frozen
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from local_aws.sagemaker.archives import pack
from local_aws.sagemaker.s3_locations import S3Location

_ONE_REQUEST = 8 << 20


class ArtifactError(Exception):
    """An artifact cannot be uploaded; the message is for the job's FailureReason."""


@frozen(kw_only=True)
class ArtifactUpload:
    """Uploads with one role's credentials into one job's output folder.

    Args:
        s3: a client with the execution role's credentials.
        output: OutputDataConfig of the request.
        job_name: of the job.
    """

    s3: Any
    output: dict[str, Any]
    job_name: str

    @property
    def model_uri(self) -> str:
        """Where the model goes: an archive, or a prefix where the job asks for no compression."""
        return self._target("model").uri + ("" if self._compressed else "/")

    @property
    def _compressed(self) -> bool:
        return bool(self.output.get("CompressionType", "GZIP") == "GZIP")

    def _target(self, name: str) -> S3Location:
        folder = S3Location.parse(self.output["S3OutputPath"]).join(self.job_name, "output")
        return folder.join(f"{name}.tar.gz" if self._compressed else name)

    def upload(self, name: str, folder: Path, scratch: Path) -> None:
        """Uploads a folder as ``<name>.tar.gz``, or as files below ``<name>/``; an empty one leaves nothing, as on AWS.

        Raises:
            ArtifactError: S3 or KMS refuse.
        """
        if not folder.is_dir() or not any(folder.iterdir()):
            return
        if self._compressed:
            archive = scratch / f"{name}.tar.gz"
            pack(folder, archive)
            self._put(archive, self._target(name), "application/x-tar")
        else:
            self.upload_tree(folder, self._target(name))

    def upload_tree(self, folder: Path, target: S3Location) -> None:
        """Uploads every file below a folder under its own name.

        Raises:
            ArtifactError: S3 or KMS refuse.
        """
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                self._put(file, target.join(file.relative_to(folder).as_posix()), "binary/octet-stream")

    def _put(self, file: Path, target: S3Location, content_type: str) -> None:
        extra = {"ContentType": content_type}
        if key := self.output.get("KmsKeyId"):
            extra |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
        try:
            if file.stat().st_size <= _ONE_REQUEST:
                self.s3.put_object(Bucket=target.bucket, Key=target.key, Body=file.read_bytes(), **extra)
            else:
                self.s3.upload_file(str(file), target.bucket, target.key, ExtraArgs=extra)
        except (ClientError, S3UploadFailedError) as error:
            raise ArtifactError(f"{target.uri}: {error}") from error
