"""The real docker or podman, as a build's ``docker`` calls it."""

import json
import re
import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from local_aws.containers.engine import EngineError

# until a registry answers; what it sends then takes as long as it takes
_CONNECT_SECONDS = 60

# what is printed before a registry answers, by docker and by podman
_BEFORE_ANSWER = re.compile(r"Trying to pull |Resolved |Resolving |Using default tag|time=|WARN|\s*$")
_REFUSED = re.compile(
    r"manifest unknown|name unknown|does not exist|unauthorized|authentication required|invalid username/password"
    r"|(?<!permission )denied|no matching manifest|no image found in|invalid reference format",
    re.IGNORECASE,
)


class UnreachableImageError(EngineError):
    """An image is not on this machine, and its registry does not answer.

    Args:
        engine: docker or podman.
        image: its name.
        reason: what the engine said last.
    """

    def __init__(self, engine: str, image: str, reason: str) -> None:
        super().__init__(f"{engine} cannot fetch the base image {image}: {reason}")


@frozen
class EngineProgram:
    """Docker or podman.

    Args:
        name: ``docker`` or ``podman``.
        path: of its program.
        variables: that it runs with.
    """

    name: str
    path: str
    variables: Mapping[str, str]

    def call(self, *arguments: str) -> int:
        """Carries out a command with this process's files and gives its exit code."""
        return subprocess.run([self.path, *arguments], env=dict(self.variables), check=False).returncode

    def document(self, image: str) -> dict[str, Any] | None:
        """What ``image inspect`` tells of an image on this machine; None where there is none of that name."""
        done = subprocess.run(
            [self.path, "image", "inspect", image],
            env=dict(self.variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return None
        document: dict[str, Any] = json.loads(done.stdout)[0]
        if not document["Id"].startswith("sha256:"):
            document["Id"] = "sha256:" + document["Id"]  # podman leaves it out
        return document

    def provide(
        self,
        image: str,
        platform: str | None,
        write: Callable[[str], None],
    ) -> None:
        """Fetches an image that is not on this machine.

        A registry that answers, but does not give the image, is no error here: the build that needs the image says so.

        Args:
            image: its name.
            platform: such as ``linux/amd64``. Default: this machine's.
            write: receives each line of the engine's output.

        Raises:
            UnreachableImageError: no registry answers.
        """
        known = self.document(image)
        if known is not None and (platform is None or platform.split("/")[:2] == [known["Os"], known["Architecture"]]):
            return
        chosen = () if platform is None else ("--platform", platform)
        pull = subprocess.Popen(
            [self.path, "pull", *chosen, image],
            env=dict(self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert pull.stdout is not None  # noqa: S101 - asked for above
        too_late = threading.Event()

        def give_up() -> None:
            too_late.set()
            pull.kill()

        limit = threading.Timer(_CONNECT_SECONDS, give_up)
        limit.start()
        said = ""
        with pull:
            for line in pull.stdout:
                said = line.strip() or said
                if not _BEFORE_ANSWER.match(line):
                    limit.cancel()
                write(line.rstrip())
            code = pull.wait()
        limit.cancel()
        if code and too_late.is_set():
            raise UnreachableImageError(self.name, image, f"no answer within {_CONNECT_SECONDS} seconds")
        if code and not _REFUSED.search(said):
            raise UnreachableImageError(self.name, image, said or f"exit code {code}")
