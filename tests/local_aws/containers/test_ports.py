"""Ports that are free, and ports that are listened on."""

import os
import socket

from local_aws.containers import ports


def test_a_free_port_is_given_once() -> None:
    first, second = ports.free_port(), ports.free_port()
    assert first != second
    assert not ports.is_bound(first)
    ports.give_back(first)
    ports.give_back(second)


def test_who_listens() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert ports.is_bound(port)
        assert not ports.accepts(port)
        server.listen()
        assert ports.accepts(port)
        found = ports.listening_ports(os.getpid())
        assert found is None or port in found
        assert ports.listening_ports(2**22 + 1) in {None, frozenset()}
