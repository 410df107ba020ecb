"""model.tar.gz and its like: written from a folder, and unpacked without trust."""

import tarfile
from pathlib import Path

from local_aws.unpacking import extract

_COMPRESSION = 1
"""Models are mostly noise to gzip: more effort costs seconds and saves little."""


def pack(folder: Path, archive: Path) -> None:
    """Writes everything below a folder into a tar.gz, with names relative to the folder."""
    with tarfile.open(archive, "w:gz", compresslevel=_COMPRESSION) as tar:
        for entry in sorted(folder.iterdir()):
            tar.add(entry, arcname=entry.name)


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a tar.gz; members that would land outside the folder are refused.

    Raises:
        ValueError: it is no tar.gz, it is cut short, or a member leads outside.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            extract(tar, folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"{archive.name}: {error}") from error
