"""Which objects of S3 a job reads, and which of them each of its hosts gets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from local_aws.sagemaker.downloads import DownloadError, Downloads, inside
from local_aws.sagemaker.s3_locations import S3Location

SHARDED = "ShardedByS3Key"


@frozen
class Share:
    """One host's part of sharded data.

    Attributes:
        index: of the host, from 0.
        count: of hosts.
    """

    index: int
    count: int


@frozen
class S3Input:
    """Objects below a prefix, or those that a manifest names.

    Args:
        uri: of the prefix or the manifest.
        data_type: ``S3Prefix`` or ``ManifestFile``.
        sharded: whether each host gets a part. Default: each gets everything.
    """

    uri: str
    data_type: str
    sharded: bool = False

    @classmethod
    def of(cls, source: dict[str, Any]) -> "S3Input":
        """Reads the S3DataSource of a channel, the S3Input of a processing job, or the like."""
        return cls(source["S3Uri"], source["S3DataType"], source.get("S3DataDistributionType") == SHARDED)

    def objects(self, downloads: Downloads) -> Iterator[tuple[S3Location, str]]:
        """Every object, with its name below the folder that it is put in.

        Raises:
            DownloadError: the bucket cannot be listed, or the manifest not be read.
        """
        location = S3Location.parse(self.uri)
        if self.data_type == "ManifestFile":
            yield from _listed_in_manifest(location, downloads.text(location))
        else:
            yield from ((found, location.relative(found.key)) for found in downloads.below(location))

    def wanted(self, downloads: Downloads, share: Share, folder: Path) -> list[tuple[S3Location, Path]]:
        """What one host gets, with the files it becomes.

        Raises:
            DownloadError: as `objects`; or a key cannot be a file's name.
        """
        found = list(self.objects(downloads))
        if self.sharded:
            found = sorted(found, key=lambda entry: entry[0].key)[share.index :: share.count]
        return [(location, inside(folder, name, location)) for location, name in found]


def _listed_in_manifest(location: S3Location, text: bytes) -> Iterator[tuple[S3Location, str]]:
    try:
        head, *names = json.loads(text)
        prefix = S3Location.parse(head["prefix"])
    except (ValueError, TypeError, KeyError) as error:
        raise DownloadError(
            f"the manifest {location.uri} is not valid: expected a JSON list of "
            f'{{"prefix": "s3://…"}} and names relative to it ({error})'
        ) from error
    for name in names:
        yield S3Location(prefix.bucket, prefix.key + name), name
