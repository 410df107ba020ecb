"""A program names port 8080; what it gets is another port of 127.0.0.1."""

import json
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.containers import ports
from local_aws.containers.process.port_mapping import Address, PortMapping
from local_aws.processes import Supervisor
from tests.local_aws.containers.conftest import Output

_PRELUDE = """
import json, socket, threading
def bound(family, address, only_v6=False):
    made = socket.socket(family)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only_v6)
    made.bind(address)
    made.listen()
    return made
def tell(value):
    print(json.dumps(value))
"""


@pytest.fixture
def outside() -> Iterator[int]:
    port = ports.free_port()
    yield port
    ports.give_back(port)


def _told(program: str, outside: int) -> Any:
    """What a program with a mapped port tells."""
    supervisor, output = Supervisor(), Output()
    mapping = PortMapping(8080, outside)
    try:
        child = supervisor.spawn(
            mapping.command([sys.executable, "-c", _PRELUDE + program]),
            environment={},
            on_line=output,
            descriptors=(mapping.theirs.fileno(),),
        )
        mapping.serve()
        assert child.wait(30) == 0, output.text
    finally:
        supervisor.stop()
    return json.loads(output.text)


@pytest.mark.parametrize(
    ("address", "real"),
    [
        pytest.param("socket.AF_INET, ('0.0.0.0', 8080)", "127.0.0.1", id="every address"),
        pytest.param("socket.AF_INET, ('127.0.0.1', 8080)", "127.0.0.1", id="loopback"),
        pytest.param("socket.AF_INET6, ('::', 8080)", "::ffff:127.0.0.1", id="every address of both families"),
        pytest.param("socket.AF_INET6, ('::', 8080), True", "::1", id="every address of the newer family"),
    ],
)
def test_a_server_gets_the_other_port_on_loopback_alone(address: str, real: str, outside: int) -> None:
    assert _told(f"tell(bound({address}).getsockname()[:2])", outside) == [real, outside]


def test_a_thread_reaches_its_own_program_by_the_port_that_it_names(outside: int) -> None:
    program = """
server = bound(socket.AF_INET, ("0.0.0.0", 8080))
def call():
    tell(socket.create_connection(("localhost", 8080)).getpeername())
caller = threading.Thread(target=call)
caller.start()
caller.join()
"""
    assert _told(program, outside) == ["127.0.0.1", outside]


def test_a_port_that_is_taken_is_told(outside: int) -> None:
    program = """
first = bound(socket.AF_INET, ("0.0.0.0", 8080))
try:
    bound(socket.AF_INET, ("0.0.0.0", 8080))
except OSError as error:
    tell(error.strerror)
"""
    assert _told(program, outside) == "Address already in use"


def test_other_calls_go_on_untouched(outside: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        program = f"""
path = socket.socket(socket.AF_UNIX)
tell([
    bound(socket.AF_INET, ("127.0.0.1", 0)).getsockname()[1] != {outside},
    socket.create_connection(("127.0.0.1", {other.getsockname()[1]})).getpeername()[1],
    path.connect_ex("/no/such/socket"),
])
"""
        assert _told(program, outside) == [True, other.getsockname()[1], 2]


def test_a_program_that_is_missing_ends_as_in_a_container(outside: int) -> None:
    supervisor, output = Supervisor(), Output()
    mapping = PortMapping(8080, outside)
    try:
        command = mapping.command(["/no/such/program"])
        child = supervisor.spawn(command, environment={}, on_line=output, descriptors=(mapping.theirs.fileno(),))
        mapping.serve()
        assert child.wait(30) == 127
    finally:
        supervisor.stop()
    assert output.lines == ['exec: "/no/such/program": No such file or directory']


@pytest.mark.parametrize("raw", [b"", b"\x01\x00/run/program.sock", b"\x0a\x00" + bytes(14)])
def test_addresses_that_are_of_no_interest(raw: bytes) -> None:
    assert Address.parse(raw) is None


@pytest.mark.parametrize(("host", "here"), [("::ffff:127.0.0.1", True), ("::ffff:10.0.0.1", False), ("::1", True)])
def test_what_an_address_of_the_newer_family_stands_for(host: str, here: bool) -> None:
    raw = b"\x0a\x00\x1f\x90" + bytes(4) + socket.inet_pton(socket.AF_INET6, host) + bytes(4)
    found = Address.parse(raw)
    assert found is not None
    assert (found.port, found.is_here) == (8080, here)
