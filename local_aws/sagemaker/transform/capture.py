"""Data capture of a transform job: manifests of what went in and what came out."""

import json
import uuid
from collections.abc import Iterable
from typing import Any

from local_aws.sagemaker.jobs.uploads import Uploads
from local_aws.sagemaker.resource_names import now
from local_aws.sagemaker.s3_locations import S3Location


def capture(config: dict[str, Any], s3: Any, **objects: Iterable[S3Location]) -> None:
    """Writes a manifest below ``<destination>/<name>/yyyy/mm/dd/hh`` for each name.

    Args:
        config: DataCaptureConfig of the request.
        s3: a client with the role's credentials.
        objects: ``input`` and ``output``.

    Raises:
        UploadError: S3 or KMS refuse.
    """
    uploads = Uploads(s3, config.get("KmsKeyId"))
    for name, locations in objects.items():
        folder = S3Location.parse(config["DestinationS3Uri"]).join(name, now().strftime("%Y/%m/%d/%H"))
        for manifest in _manifests(locations):
            uploads.content(json.dumps(manifest).encode(), folder.join(f"{uuid.uuid4()}.json"), "application/json")


def _manifests(locations: Iterable[S3Location]) -> Iterable[list[Any]]:
    """One manifest for each folder: a prefix, and names relative to it."""
    names: dict[str, list[str]] = {}
    for location in locations:
        folder, _, name = location.uri.rpartition("/")
        names.setdefault(f"{folder}/", []).append(name)
    return ([{"prefix": prefix}, *found] for prefix, found in names.items())
