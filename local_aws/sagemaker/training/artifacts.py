"""What a training job leaves behind, into S3: model, output, checkpoints."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from local_aws.sagemaker.archives import pack
from local_aws.sagemaker.jobs.uploads import Uploads
from local_aws.sagemaker.s3_locations import S3Location


@frozen(kw_only=True)
class ArtifactUpload:
    """Uploads into one job's output folder.

    Args:
        uploads: with the execution role's credentials.
        output: OutputDataConfig of the request.
        job_name: of the job.
    """

    uploads: Uploads
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

    def upload(self, name: str, folders: Sequence[Path], scratch: Path) -> None:
        """Uploads a folder as ``<name>.tar.gz``, or as files below ``<name>/``; an empty one leaves nothing, as on AWS.

        Args:
            name: ``model`` or ``output``.
            folders: one of each host; where several have a file of one name, the first host's counts.
            scratch: folder for what is made on the way.

        Raises:
            UploadError: S3 or KMS refuse.
        """
        filled = [folder for folder in folders if folder.is_dir() and any(folder.iterdir())]
        if not filled:
            return
        if len(filled) == 1:
            whole = filled[0]
        else:
            whole = scratch / f"{name}-of-all"
            for folder in reversed(filled):
                shutil.copytree(folder, whole, dirs_exist_ok=True)
        if self._compressed:
            archive = scratch / f"{name}.tar.gz"
            pack(whole, archive)
            self.uploads.file(archive, self._target(name), "application/x-tar")
        else:
            self.uploads.tree(whole, self._target(name))
