"""How the hosts of a job find each other, and learn of each other's end.

The first host listens; each of the others keeps one connection to it from its beginning to its end. What comes over it
is a line of JSON: who is there, then where the cluster is, then how the work ended. A connection that breaks before
that word means that its other side is gone: both sides notice at once, without Ray's own timeouts.
"""

import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

_LONGEST_LINE = 65_536
_PAUSE_SECONDS = 0.2
_GREETING_SECONDS = 10.0


class HostLostError(Exception):
    """Another host of the job failed, ended too early, or could not be reached."""


class _Line:
    """One connection that carries lines of JSON."""

    def __init__(self, connection: socket.socket) -> None:
        # an instance that is lost says nothing: the connection is told so by the system within half a minute
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, seconds in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)
        self._connection = connection
        self._file = connection.makefile("rb")

    def say(self, **message: Any) -> None:
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def hear(self) -> dict[str, Any] | None:
        """The next message; None where the other side is gone, or says what is no message."""
        try:
            line = self._file.readline(_LONGEST_LINE)
            message = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError):
            return None
        return message if isinstance(message, dict) else None

    def limit(self, seconds: float | None) -> None:
        self._connection.settimeout(seconds)

    def close(self) -> None:
        # a file over a socket keeps the connection open until both are closed
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._file.close()
        self._connection.close()


class Assembly:
    """The first host's side: gathers the others, tells them where the cluster is and how the work ended.

    Args:
        address: to listen on, and the port.
        token: that the others must know.
        names: of the hosts to be gathered.
    """

    def __init__(self, address: tuple[str, int], *, token: str, names: tuple[str, ...]) -> None:
        self._token = token
        self._names = frozenset(names)
        self._lines: dict[str, _Line] = {}
        self._ended = threading.Event()
        self._server = socket.create_server(address)

    def gather(self, seconds: float) -> None:
        """Waits until all hosts are there.

        Raises:
            HostLostError: naming those that are not there after that time.
        """
        deadline = time.monotonic() + seconds
        while missing := sorted(self._names - self._lines.keys()):
            left = deadline - time.monotonic()
            if left <= 0:
                raise HostLostError(f"{', '.join(missing)} did not come within {seconds:.0f} s")
            self._server.settimeout(left)
            try:
                connection, _ = self._server.accept()
            except TimeoutError:
                continue
            self._greet(_Line(connection))

    def _greet(self, line: _Line) -> None:
        line.limit(_GREETING_SECONDS)
        message = line.hear() or {}
        name = message.get("host")
        known = hmac.compare_digest(str(message.get("token", "")).encode(), self._token.encode())
        if not known or name not in self._names or name in self._lines:
            line.close()
            return
        line.limit(None)
        self._lines[name] = line

    def announce(self, cluster: Mapping[str, Any], *, lost: Callable[[str], None]) -> None:
        """Tells all hosts of the cluster, and watches them from now on.

        Args:
            cluster: what they need to join it.
            lost: called, from another thread, with the name of a host that is gone before `release` or `end`.
        """
        for name, line in self._lines.items():
            threading.Thread(target=self._watch, args=(name, line, lost), daemon=True).start()
            with suppress(OSError):  # the watch tells of a broken connection
                line.say(cluster=dict(cluster))

    def _watch(self, name: str, line: _Line, lost: Callable[[str], None]) -> None:
        line.hear()  # a host says nothing more: whatever comes is the connection's end
        if not self._ended.is_set():
            lost(name)

    def release(self) -> None:
        """Lets hosts go from now on: the work needs them no longer."""
        self._ended.set()

    def end(self, failure: str | None) -> None:
        """Tells all hosts that the work has ended.

        Args:
            failure: why it failed; None where it is done.
        """
        self.release()
        for line in self._lines.values():
            with suppress(OSError):  # who is gone needs no word
                line.say(failure=failure)
            line.close()
        self._server.close()


class Membership:
    """Another host's side: finds the first host, learns of the cluster and of the end.

    Args:
        leader: name and port of the first host.
        token: that the first host knows.
        name: of this host.
        seconds: for the first host's name to resolve, and for it to listen.

    Raises:
        HostLostError: it cannot be reached within that time, with what went wrong last.
    """

    def __init__(self, leader: tuple[str, int], *, token: str, name: str, seconds: float) -> None:
        self._leader = leader[0]
        deadline = time.monotonic() + seconds
        while True:
            try:
                connection = socket.create_connection(leader, timeout=max(1.0, deadline - time.monotonic()))
                break
            except OSError as error:  # names that do not resolve yet are OSErrors too
                if time.monotonic() > deadline:
                    raise HostLostError(
                        f"{leader[0]}, the first host, cannot be reached on port {leader[1]} within {seconds:.0f} s: "
                        f"{error}"
                    ) from error
                time.sleep(_PAUSE_SECONDS)
        connection.settimeout(None)
        self._line = _Line(connection)
        self._line.say(host=name, token=token)

    def cluster(self) -> dict[str, Any]:
        """Waits for what is needed to join the cluster.

        Raises:
            HostLostError: the first host failed before.
        """
        message = self._line.hear()
        if message is None or "cluster" not in message:
            raise HostLostError(self._reason(message))
        return dict(message["cluster"])

    def wait(self) -> None:
        """Waits for the end of the work.

        Raises:
            HostLostError: the work failed, or the first host is gone without a word.
        """
        message = self._line.hear()
        if message is None or message.get("failure") is not None:
            raise HostLostError(self._reason(message))

    def _reason(self, message: dict[str, Any] | None) -> str:
        told = None if message is None else message.get("failure")
        return f"{self._leader}, the first host, {'is gone' if told is None else f'failed: {told}'}"

    def leave(self) -> None:
        """Closes the connection."""
        self._line.close()
