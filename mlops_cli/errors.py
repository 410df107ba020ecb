"""How a command ends when it cannot do what was asked."""

from typing import Final

FAILED: Final = 1
"""What was asked for ran, and failed: an execution, a deployment, an endpoint."""
BAD_INPUT: Final = 2
"""The command's own words were wrong: nothing was started."""
UNAVAILABLE: Final = 3
"""Something it needs is not there: the local AWS, a port, a deployed stack."""
INTERRUPTED: Final = 130
"""Ctrl-C."""


class CliError(Exception):
    """An end that a person should read.

    Args:
        message: what is wrong.
        hint: what to do about it. Default: nothing is said.
        exit_code: of the process. Default: FAILED.
    """

    def __init__(self, message: str, *, hint: str | None = None, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
