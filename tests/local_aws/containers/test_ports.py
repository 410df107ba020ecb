"""Ports that are free, and ports that are listened on."""

import os
import socket
import time

import pytest

from local_aws.containers import ports


def test_a_free_port_is_given_once() -> None:
    first, second = ports.free_port(), ports.free_port()
    assert first != second
    assert not ports.is_bound(first)
    ports.give_back(first)
    ports.give_back(second)


def test_processes_choose_from_different_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []
    for process in (4711, 4712):
        monkeypatch.setattr(os, "getpid", lambda process=process: process)
        chosen.append({ports.free_port() for _ in range(50)})
        for port in chosen[-1]:
            ports.give_back(port)
    assert chosen[0].isdisjoint(chosen[1])


def test_more_ports_than_a_process_has_of_its_own() -> None:
    chosen = {ports.free_port() for _ in range(150)}
    for port in chosen:
        ports.give_back(port)
    assert len(chosen) == 150


def test_who_listens() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert ports.is_bound(port)
        assert not ports.accepts(port)
        server.listen()
        assert ports.accepts(port)
        deadline = time.monotonic() + 30
        # the system's table changes while it is read, and a line may be passed over
        while (found := ports.listening_ports(os.getpid())) is not None and port not in found:
            assert time.monotonic() < deadline, found
        assert ports.listening_ports(2**22 + 1) in {None, frozenset()}
