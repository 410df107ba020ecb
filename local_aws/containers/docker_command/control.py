"""What the ``docker`` of builds knows of the local AWS that it belongs to."""

import json
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from local_aws.containers.process.view import PrivateView


@frozen(kw_only=True)
class Control:
    """What the ``docker`` of builds must know of the local AWS it belongs to.

    Attributes:
        engine: name of the engine.
        program: path of the real docker or podman; empty for processes.
        settings: variables that the real program needs.
        standby: name of the process engine that builds what the engine cannot; empty where none does.
        view: how private views are made, for processes.
        state_dir: of the local AWS.
        cache_dir: of the local AWS.
        endpoint_url: of the local AWS.
    """

    engine: str
    program: str
    settings: dict[str, str]
    standby: str
    view: PrivateView | None
    state_dir: Path
    cache_dir: Path
    endpoint_url: str

    @classmethod
    def read(cls, path: str) -> "Control":
        """Reads what `install` wrote."""
        document: dict[str, Any] = json.loads(Path(path).read_text())
        view = document["view"]
        if view is not None:
            view = PrivateView(
                unshare=tuple(view["unshare"]),
                overlay_options=view["overlay_options"],
                own_processes=view["own_processes"],
                blocked=frozenset(view["blocked"]),
            )
        document |= {
            "view": view,
            "state_dir": Path(document["state_dir"]),
            "cache_dir": Path(document["cache_dir"]),
        }
        return cls(**document)

    def write(self, path: Path) -> None:
        """Keeps it in a file."""
        document = asdict(self, recurse=True) | {"state_dir": str(self.state_dir), "cache_dir": str(self.cache_dir)}
        path.write_text(json.dumps(document, default=sorted))
