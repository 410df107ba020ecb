"""Unpacking of archives that others made."""

import tarfile
import zlib
from pathlib import Path

from prices.contract import InputError


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a tar archive, compressed or not, into a folder; nothing of it goes anywhere else.

    Raises:
        InputError: it is no archive, or a path, a link or a device in it does not belong into a folder. What came
            before that entry may have been unpacked.
    """
    try:
        with tarfile.open(archive) as found:
            found.extractall(folder, filter="data")
    except tarfile.FilterError as error:
        raise InputError(f"{archive.name} is refused: {error}") from error
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InputError(f"{archive.name} cannot be unpacked: {error}") from error
