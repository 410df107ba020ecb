"""Uploads a build's artifacts to S3."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_aws.codebuild.buildspec import Artifacts


class ArtifactsError(Exception):
    """Artifacts that cannot be collected or uploaded; the message is the phase's."""


def upload(
    s3: Any,
    settings: Mapping[str, Any],
    wanted: Artifacts | None,
    build: Mapping[str, Any],
    source_dir: Path,
    *,
    expand: Callable[[str], str],
) -> dict[str, Any]:
    """Collects the files and sends them.

    Args:
        s3: a client with the build's credentials.
        settings: the project's artifacts; their type is S3.
        wanted: the buildspec's, or None.
        build: the build's record.
        source_dir: where patterns start.
        expand: gives a text of the buildspec as the build's shell reads it.

    Returns:
        ``location`` and, for an archive, ``sha256sum`` and ``md5sum``.

    Raises:
        ArtifactsError: no file matches, or S3 refuses.
    """
    files = collect(wanted, source_dir) if wanted is not None else {}
    if not files:
        raise ArtifactsError("no matching artifact paths found")
    key = _key(settings, wanted, build, expand)
    encryption = {}
    if not settings.get("encryptionDisabled", False):
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": build["encryptionKey"]}
        if build["encryptionKey"].endswith(":alias/aws/s3"):
            del encryption["SSEKMSKeyId"]
    bucket = settings["location"].removeprefix("arn:aws:s3:::")
    found: dict[str, Any] = {"location": f"arn:aws:s3:::{bucket}/{key}".rstrip("/")}
    try:
        if settings.get("packaging") == "ZIP":
            content = _archive(files)
            s3.put_object(Bucket=bucket, Key=key, Body=content, **encryption)
            found["sha256sum"] = hashlib.sha256(content).hexdigest()
            found["md5sum"] = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        else:
            for name, path in files.items():
                s3.put_object(Bucket=bucket, Key=f"{key}/{name}".lstrip("/"), Body=path.read_bytes(), **encryption)
    except ClientError as error:
        raise ArtifactsError(f"Error in UPLOAD_ARTIFACTS phase: {error.response['Error']['Message']}") from error
    return found


def collect(wanted: Artifacts, source_dir: Path) -> dict[str, Path]:
    """The files that the patterns mean, by the name each is uploaded under.

    Raises:
        ArtifactsError: no such base directory.
    """
    bases = [source_dir]
    if wanted.base_directory not in {"", "."}:
        bases = [path for path in sorted(source_dir.glob(wanted.base_directory.strip("/"))) if path.is_dir()]
        if not bases:
            raise ArtifactsError(f"no matching base directory path found for {wanted.base_directory}")
    found: dict[str, Path] = {}
    for base in bases:
        for pattern in wanted.files:
            for path in sorted(base.glob(pattern.removeprefix("./").lstrip("/"))):
                name = str(path.relative_to(base))
                if path.is_file() and not any(fnmatchcase(name, excluded) for excluded in wanted.exclude_paths):
                    found[path.name if wanted.discard_paths else name] = path
    return found


def _key(
    settings: Mapping[str, Any], wanted: Artifacts | None, build: Mapping[str, Any], expand: Callable[[str], str]
) -> str:
    name = settings.get("name", build["projectName"])
    if wanted is not None and wanted.name is not None and settings.get("overrideArtifactName", False):
        name = expand(wanted.name)
    parts = [settings.get("path", "")]
    if settings.get("namespaceType") == "BUILD_ID":
        parts.append(build["id"].partition(":")[2])
    return "/".join(part.strip("/") for part in [*parts, name] if part.strip("/"))


def _archive(files: Mapping[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files.items():
            archive.write(path, name)
    return buffer.getvalue()
