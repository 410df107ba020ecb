"""Lets functions that speak nothing but https reach the local AWS, which speaks http.

Functions behind custom resources send their answers with ``http.client.HTTPSConnection`` to the host of the event's
``ResponseURL``. The module is changed when it is first imported: most functions never do, and start sooner.
"""

import sys

TYPE_CHECKING = False  # typing takes time to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_HTTPS_PORT = 443


class _WhenImported:
    """Finds ``http.client`` as ever, and changes it once it has run."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    def find_spec(
        self, fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        if fullname != "http.client":
            return None
        sys.meta_path.remove(self)
        found = (finder.find_spec(fullname, path, target) for finder in sys.meta_path)
        spec = next((spec for spec in found if spec is not None and spec.loader is not None), None)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module: "ModuleType") -> None:
            run(module)
            _change(module, self._host, self._port)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _change(module: "ModuleType", host: str, port: int) -> None:
    connection = module.HTTPSConnection
    with_tls = connection.connect

    def connect(self: object) -> None:
        members = vars(self)
        if members["host"] != host or members["port"] not in {_HTTPS_PORT, port}:
            with_tls(self)
            return
        members["port"] = port
        module.HTTPConnection.connect(self)

    connection.connect = connect


def speak_http_with(address: str) -> None:
    """Makes https connections to the local AWS plain ones.

    Args:
        address: of the local AWS, such as ``http://127.0.0.1:4566``.
    """
    host, _, port = address.rpartition("/")[2].partition(":")
    sys.meta_path.insert(0, _WhenImported(host, int(port)))
