"""Where GetFunction and GetLayerVersion say that code can be fetched."""

import asyncio
import re
from typing import Any, ClassVar

from attrs import frozen

from local_aws.functions.packages import Package, PackageStore
from local_aws.gateway.app import Receive, Scope, Send, respond
from local_aws.platform import Platform


@frozen
class CodeDownloads:
    """Serves zip files by the hash of their content, to whoever was given the address.

    Args:
        packages: the zip files.
    """

    PATH: ClassVar[str] = r"/_lambda/code/([0-9a-f]{64})\.zip"

    packages: PackageStore

    @staticmethod
    def location(platform: Platform, package: Package) -> str:
        """The address of a package's zip file."""
        return f"{platform.endpoint_url}/_lambda/code/{package.zip_file.name}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send, match: re.Match[str]) -> None:  # noqa: ARG002
        """Answers with the zip file, or 404."""
        path = self.packages.folder / f"{match[1]}.zip"
        answer: tuple[int, list[tuple[str, str]], bytes]
        try:
            content: Any = await asyncio.to_thread(path.read_bytes)
            answer = (200, [("content-type", "application/zip")], content)
        except FileNotFoundError:
            answer = (404, [("content-type", "text/plain")], b"no code of that hash")
        await respond(send, *answer)
