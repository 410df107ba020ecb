"""One copy of botocore's service models for the whole process, without their prose.

Clients, the gateway and moto each read the models of the services in play: 32 MiB and 0.6 s every time, a quarter of
it text for people.
"""

from functools import cache
from typing import Any

import botocore.session
from botocore.loaders import Loader
from botocore.loaders import create_loader as create_botocore_loader

_PROSE = "documentation"


class SharedLoader(Loader):  # type: ignore[misc] # botocore is untyped here
    """Reads each model once and leaves out its documentation."""

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> dict[str, Any]:
        """The model that botocore would load."""
        model: dict[str, Any] = super().load_service_model(service_name, type_name, api_version)
        if type_name == "service-2" and _PROSE in model:
            _strip(model)
        return model


@cache
def shared_loader() -> SharedLoader:
    """The process's loader."""
    return SharedLoader(extra_search_paths=create_botocore_loader().search_paths)


def shared_session() -> botocore.session.Session:
    """A botocore session whose clients use the shared models."""
    session = botocore.session.Session()
    session.register_component("data_loader", shared_loader())
    return session


def _strip(part: Any) -> None:
    if isinstance(part, dict):
        if isinstance(part.get(_PROSE), str):
            # botocore asks for the member in some places
            part[_PROSE] = ""
        for inner in part.values():
            _strip(inner)
    elif isinstance(part, list):
        for inner in part:
            _strip(inner)
