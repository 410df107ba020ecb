"""CompleteMultipartUpload joins an object's parts in memory once.

Fault mended: moto has the whole object four times while it joins it: as it grows and as what has grown, and both again
for the checksum of the whole. The parts themselves, and objects of their size, are on disk.
"""

from collections.abc import Iterator
from hashlib import md5
from typing import Any

from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML
from moto.s3.models import FakeMultipart, MultipartChecksumBuilder
from moto.s3.utils import compute_checksum
from moto.settings import S3_UPLOAD_PART_MIN_SIZE

_WHOLE = "FULL_OBJECT"


def apply() -> None:
    """Puts the mended part in place of moto's."""
    FakeMultipart.complete = _complete


def _complete(self: Any, body: Iterator[tuple[int, str]]) -> tuple[bytearray, str, tuple[str, str, int] | None]:
    checksums = MultipartChecksumBuilder(
        self.metadata.get("x-amz-checksum-algorithm"), self.metadata.get("x-amz-checksum-type")
    )
    joined, digests, count, size = bytearray(), md5(usedforsecurity=False), 0, S3_UPLOAD_PART_MIN_SIZE
    for number, etag in body:
        part = self.parts.get(number)
        if part is None or part.etag.strip('"') != etag.strip('"'):
            raise InvalidPart
        if size < S3_UPLOAD_PART_MIN_SIZE:  # of the one before: the last may be small
            raise EntityTooSmall
        content, size, count = part.value, part.contentsize, count + 1
        joined += content
        digests.update(bytes.fromhex(part.etag.strip('"')))
        if checksums.checksum_type != _WHOLE:
            checksums.addPart(content)
    if not count:
        raise MalformedXML
    if checksums.checksum_type == _WHOLE:
        told = (_WHOLE, compute_checksum(joined, checksums.checksum_algorithm).decode(), 1)
    else:
        told = checksums.build()
    return joined, f"{digests.hexdigest()}-{count}", told
