"""Which TCP port a program listens on."""

import os
import random
import socket
import threading
from pathlib import Path

_LISTEN = "0A"
_SERVERS = range(20000, 30000)  # below the range from which systems take ports of outgoing connections
_BLOCK = 100
_handed_out: set[int] = set()
_lock = threading.Lock()


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on and that was not given before.

    Raises:
        OSError: none is left.
    """
    # a program binds its port a second after it was chosen, so servers side by side keep to ports of their own
    first = _SERVERS.start + os.getpid() * _BLOCK % len(_SERVERS)
    own = range(first, first + _BLOCK)
    with _lock:
        for port in (*random.sample(own, _BLOCK), *random.sample(_SERVERS, 500)):
            if port not in _handed_out and not is_bound(port):
                _handed_out.add(port)
                return port
    raise OSError(f"no free port between {_SERVERS.start} and {_SERVERS.stop} on 127.0.0.1")


def give_back(port: int) -> None:
    """Allows `free_port` to give a port again."""
    with _lock:
        _handed_out.discard(port)


def is_bound(port: int) -> bool:
    """Whether something uses a port on 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def accepts(port: int) -> bool:
    """Whether a server on 127.0.0.1 takes connections on a port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listening_ports(root_pid: int) -> frozenset[int] | None:
    """The ports on which a process and its descendants listen; None where the system does not tell (no /proc)."""
    if not Path("/proc/self/net/tcp").exists():
        return None
    ports_by_inode = {
        inode: int(local.rsplit(":", 1)[1], 16)
        for table in ("tcp", "tcp6")
        for _, local, _, state, *_, inode in _rows(Path("/proc/self/net") / table)
        if state == _LISTEN
    }
    if not ports_by_inode:
        return frozenset()
    found = set()
    for pid in _family(root_pid):
        for inode in _sockets(pid):
            if inode in ports_by_inode:
                found.add(ports_by_inode[inode])
    return frozenset(found)


def _rows(table: Path) -> list[list[str]]:
    if not table.exists():
        return []
    return [line.split()[:10] for line in table.read_text().splitlines()[1:]]


def _family(root_pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue  # it ended meanwhile
            parent = int(stat.rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    family, waiting = [], [root_pid]
    while waiting:
        pid = waiting.pop()
        family.append(pid)
        waiting.extend(children.get(pid, ()))
    return family


def _sockets(pid: int) -> list[str]:
    found = []
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                found.append(target[8:-1])
    except OSError:
        return found  # it ended meanwhile, or belongs to another user
    return found
