"""A job's input channels: checked when the job is created, downloaded when it runs."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.s3_locations import S3Location

_DOWNLOADS_AT_ONCE = 8


class InputDataError(Exception):
    """A channel's data cannot be had; the message is for the job's FailureReason."""


@frozen(kw_only=True)
class InputChannels:
    """The channels of one job.

    Args:
        s3: a client with the execution role's credentials.
        region: of the job.
        role_arn: the execution role, for messages.
        channels: InputDataConfig of the request.
        input_mode: the job's TrainingInputMode.
    """

    s3: Any
    region: str
    role_arn: str
    channels: tuple[dict[str, Any], ...]
    input_mode: str

    def require_objects(self) -> None:
        """Checks that each channel's address leads to an object, as AWS does before it accepts a job.

        Raises:
            AwsError: ``ValidationException`` naming the address that does not.
        """
        for channel in self.channels:
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            location = S3Location.parse(uri)
            reason = ""
            try:
                found = self.s3.list_objects_v2(Bucket=location.bucket, Prefix=location.key, MaxKeys=1)
                if found.get("KeyCount", 0) > 0:
                    continue
            except ClientError as error:
                reason = f" Error message from S3: {error.response['Error'].get('Message', error)}"
            raise validation_error(
                f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
                f"exists in the selected region ({self.region}), that objects exist under that S3 prefix, and that "
                f'the role "{self.role_arn}" has "s3:ListBucket" permissions on bucket "{location.bucket}".{reason}'
            )

    def describe(self) -> dict[str, dict[str, str]]:
        """The contents of inputdataconfig.json."""
        described = {}
        for channel in self.channels:
            source = channel["DataSource"]["S3DataSource"]
            entry = {
                "TrainingInputMode": channel.get("InputMode", self.input_mode),
                "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
                "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            }
            if "ContentType" in channel:
                entry["ContentType"] = channel["ContentType"]
            described[channel["ChannelName"]] = entry
        return described

    def download(self, folder: Path) -> None:
        """Puts each channel's objects below ``folder/<channel>``, several at a time.

        Raises:
            InputDataError: an object cannot be read, or a key cannot be a file name.
        """
        wanted = []
        for channel in self.channels:
            target = folder / channel["ChannelName"]
            target.mkdir(parents=True)
            for location, name in self._objects(channel["DataSource"]["S3DataSource"]):
                wanted.append((location, _inside(target, name, location)))
        self._fetch_all(wanted)

    def download_prefix(self, prefix: S3Location, folder: Path) -> None:
        """Puts every object below a prefix into a folder; none is fine.

        Raises:
            InputDataError: an object cannot be read, or a key cannot be a file name.
        """
        folder.mkdir(parents=True, exist_ok=True)
        below = self._below(prefix.folder)
        self._fetch_all([(found, _inside(folder, prefix.folder.relative(found.key), found)) for found in below])

    def _fetch_all(self, wanted: list[tuple[S3Location, Path]]) -> None:
        if len(wanted) == 1:
            self._fetch(*wanted[0])
        elif wanted:
            with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE, thread_name_prefix="download") as threads:
                for done in [threads.submit(self._fetch, *entry) for entry in wanted]:
                    done.result()

    def _objects(self, source: dict[str, Any]) -> Iterator[tuple[S3Location, str]]:
        location = S3Location.parse(source["S3Uri"])
        if source["S3DataType"] == "ManifestFile":
            yield from self._listed_in_manifest(location)
        else:
            yield from ((found, location.relative(found.key)) for found in self._below(location))

    def _below(self, location: S3Location) -> Iterator[S3Location]:
        try:
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=location.bucket, Prefix=location.key)
            for page in pages:
                for entry in page.get("Contents", ()):
                    if not entry["Key"].endswith("/"):
                        yield S3Location(location.bucket, entry["Key"])
        except ClientError as error:
            raise InputDataError(_reason(location, error)) from error

    def _listed_in_manifest(self, location: S3Location) -> Iterator[tuple[S3Location, str]]:
        try:
            text = self.s3.get_object(Bucket=location.bucket, Key=location.key)["Body"].read()
            head, *names = json.loads(text)
            prefix = S3Location.parse(head["prefix"])
        except ClientError as error:
            raise InputDataError(_reason(location, error)) from error
        except (ValueError, TypeError, KeyError) as error:
            raise InputDataError(
                f"the manifest {location.uri} is not valid: expected a JSON list of "
                f'{{"prefix": "s3://…"}} and names relative to it ({error})'
            ) from error
        for name in names:
            yield S3Location(prefix.bucket, prefix.key + name), name

    def _fetch(self, location: S3Location, target: Path) -> None:
        try:
            body = self.s3.get_object(Bucket=location.bucket, Key=location.key)["Body"]
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(body, file, 1 << 20)
        except ClientError as error:
            raise InputDataError(_reason(location, error)) from error


def _inside(folder: Path, name: str, location: S3Location) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts or "\0" in name:
        raise InputDataError(f"{location.uri}: the key cannot be a file's name below the channel's folder")
    return folder.joinpath(*parts)


def _reason(location: S3Location, error: ClientError) -> str:
    fault, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return f"{fault.get('Code')} ({status}): {fault.get('Message')}, object {location.uri}"
