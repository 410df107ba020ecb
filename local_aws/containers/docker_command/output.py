"""What all subcommands of ``docker`` share: names in, lines out."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from local_aws.containers.docker_command import templates
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


def show_documents(documents: Sequence[dict[str, Any]], template: str | None) -> None:
    """Prints what ``docker inspect`` tells: each document by the template, or all as JSON."""
    if template is None:
        show(json.dumps(documents, indent=4))
        return
    for document in documents:
        show(templates.render(template, document))
