"""An object that is replaced or deleted stays whole for whoever reads it just then.

Fault mended: moto closes an object's content as soon as it is replaced, so that of two writers of one key, or of a
writer and a reader, one meets a closed file: InternalFailure, where S3 lets both succeed.
"""

from typing import Any

from moto.s3.models import FakeKey


def apply() -> None:
    """Puts the mended part in place of moto's."""
    FakeKey.dispose = _dispose


def _dispose(self: Any, garbage: bool = False) -> None:
    self.disposed = True
    # who holds it lets go of it soon; the last one closes it
    if garbage and (content := getattr(self, "_value_buffer", None)) is not None:
        content.close()
