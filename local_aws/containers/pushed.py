"""Which image of a real engine stands behind a digest of the local ECR."""

import hashlib
import json
import os
from pathlib import Path

from attrs import frozen


@frozen
class PushedImages:
    """Digests and the engine's image ids; shared by the server and the builds that run beside it.

    Args:
        folder: where they are kept.
    """

    folder: Path

    def add(self, digest: str, image_id: str, name: str) -> None:
        """Remembers a push; `name` is the image's name by digest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f".{digest.removeprefix('sha256:')}-{os.urandom(4).hex()}"
        names = sorted({name, *(entry for entry in self.names(image_id))})
        fresh.write_text(json.dumps({"id": image_id, "names": names}))
        fresh.rename(self.folder / f"{digest.removeprefix('sha256:')}.json")

    def name(self, digest: str) -> str:
        """The engine's name for what was pushed: FROM may say it, and it outlives the names that the build removes."""
        owner = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return f"localhost/local-aws/{owner}:{digest.removeprefix('sha256:')}"

    def all_names(self) -> list[str]:
        """The engine's names for all that was pushed."""
        return [self.name(path.stem) for path in sorted(self.folder.glob("*.json"))]

    def image_id(self, digest: str) -> str | None:
        """The engine's image, or None for a digest that was not pushed from here."""
        path = self.folder / f"{digest.removeprefix('sha256:')}.json"
        if not path.exists():
            return None
        found: str = json.loads(path.read_text())["id"]
        return found

    def names(self, image_id: str) -> list[str]:
        """The names by digest under which an image was pushed."""
        found: set[str] = set()
        for path in self.folder.glob("*.json"):
            entry = json.loads(path.read_text())
            if entry["id"] == image_id:
                found.update(entry["names"])
        return sorted(found)
