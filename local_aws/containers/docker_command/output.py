"""What all subcommands of ``docker`` share: names in, lines out."""

import sys

from local_aws.containers.engine import EngineError
from local_aws.containers.references import ImageReference


def reference_of(name: str) -> ImageReference:
    """The image's name.

    Raises:
        EngineError: it is none, in docker's words.
    """
    try:
        return ImageReference.parse(name)
    except ValueError as error:
        raise EngineError(f"invalid argument {name!r}: {error}") from None


def show(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
