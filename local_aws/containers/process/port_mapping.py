"""A port of a program's own in process mode: what it binds on 8080 it really has on another port of 127.0.0.1.

A serving container listens on port 8080, and several run at once: the variants of an endpoint, its old and its new
fleet. The kernel (Linux 5.9 and later) stops a program in bind() and connect() and shows the call; the mapping carries
it out in the program's place, on the program's own socket, where it is for the port that is mapped. All other calls go
on untouched. https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import contextlib
import ctypes
import fcntl
import ipaddress
import logging
import os
import select
import socket
import struct
import sys
import threading
from pathlib import Path

from attrs import define, field, frozen

from local_aws.containers.process.port_filter import CONNECT_CALLS

_log = logging.getLogger(__name__)

SUPPORTED = sys.platform == "linux"
"""Whether the system may be able to; whether its kernel is, the starter finds out."""

_STARTER = Path(__file__).with_name("port_filter.py")
_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101
_CALL_BYTES = 80
_GO_ON = 1
_LONGEST_ADDRESS = 28
_PIDFD_GETFD = 438


@frozen
class Address:
    """Where a program wants to bind or connect.

    Attributes:
        family: ``AF_INET`` or ``AF_INET6``.
        host: its address.
        port: its port.
    """

    family: int
    host: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int

    @classmethod
    def parse(cls, raw: bytes) -> "Address | None":
        """Reads a ``sockaddr``; None for other families."""
        if len(raw) < 16:
            return None
        family, port = struct.unpack_from("=H", raw)[0], struct.unpack_from(">H", raw, 2)[0]
        if family == socket.AF_INET:
            return cls(family, ipaddress.IPv4Address(raw[4:8]), port)
        if family == socket.AF_INET6 and len(raw) >= 24:
            return cls(family, ipaddress.IPv6Address(raw[8:24]), port)
        return None

    @property
    def is_here(self) -> bool:
        """Whether it is this machine's loopback, or every address of this machine."""
        mapped = self.host.ipv4_mapped if isinstance(self.host, ipaddress.IPv6Address) else None
        host = mapped or self.host
        return host.is_unspecified or host.is_loopback


@define(eq=False)
class PortMapping:
    """Gives one program, and all that it starts, another port for the one that it names.

    Args:
        inside: the port that the program names.
        outside: the port on 127.0.0.1 that it really gets.
    """

    inside: int
    outside: int
    _ours: socket.socket = field(init=False)
    theirs: socket.socket = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._ours, self.theirs = socket.socketpair()

    def command(self, program: list[str]) -> list[str]:
        """The command line that starts `program` (an absolute path and arguments) with the mapping.

        `theirs` has to be passed on to it.
        """
        return [sys.executable, "-I", "-S", str(_STARTER), str(self.theirs.fileno()), *program]

    def serve(self) -> None:
        """Carries out the program's calls from now on, on a thread that ends with the program."""
        self.theirs.close()
        threading.Thread(target=self._serve, name=f"port {self.outside}", daemon=True).start()

    def close(self) -> None:
        """Gives up a mapping whose program was never started."""
        self.theirs.close()
        self._ours.close()

    def _serve(self) -> None:
        with self._ours:
            received, descriptors, _, _ = socket.recv_fds(self._ours, 1, 1)
        if not received:
            return  # the kernel has no such filter: the program runs as it is
        (listener,) = descriptors
        calls = select.poll()
        calls.register(listener, select.POLLIN)
        try:
            while calls.poll()[0][1] & select.POLLIN:
                self._answer(listener)
        finally:
            os.close(listener)

    def _answer(self, listener: int) -> None:
        call = bytearray(_CALL_BYTES)
        # it may have been killed in the meantime
        with contextlib.suppress(FileNotFoundError):
            fcntl.ioctl(listener, _RECEIVE, call, True)
            identity, thread, _, number, _, _, descriptor, address, length = struct.unpack_from("=QIIiIQ3Q", call)
            code = self._carry_out(thread, number, descriptor, address, length)
            answer = struct.pack("=QqiI", identity, 0, *((0, _GO_ON) if code is None else (-code, 0)))
            fcntl.ioctl(listener, _ANSWER, answer)

    def _carry_out(self, thread: int, number: int, descriptor: int, address: int, length: int) -> int | None:
        """The error number of the call, 0 for none; None where the kernel shall carry it out as it was meant."""
        try:
            wanted = Address.parse(_memory(thread, address, min(length, _LONGEST_ADDRESS)))
            if wanted is None or wanted.port != self.inside or not wanted.is_here:
                return None
            program = _socket_of(thread, descriptor)
        except OSError as error:
            _log.warning("port %s of process %s cannot be mapped: %s", self.inside, thread, error)
            return None
        with program:
            real = self._real(program, wanted)
            if number in CONNECT_CALLS:
                return program.connect_ex(real)
            try:
                program.bind(real)
            except OSError as error:
                return error.errno
            return 0

    def _real(self, program: socket.socket, wanted: Address) -> tuple[str, int]:
        if wanted.family == socket.AF_INET:
            return "127.0.0.1", self.outside
        if program.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
            return "::1", self.outside
        return "::ffff:127.0.0.1", self.outside


def _memory(thread: int, address: int, length: int) -> bytes:
    with Path(f"/proc/{thread}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(length)


def _socket_of(thread: int, descriptor: int) -> socket.socket:
    """A second descriptor of a program's socket."""
    status = Path(f"/proc/{thread}/status").read_text()
    process = int(status.partition("\nTgid:")[2].split(maxsplit=1)[0])
    handle = os.pidfd_open(process)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        copy = libc.syscall(_PIDFD_GETFD, handle, ctypes.c_int(descriptor & 0xFFFFFFFF), 0)
        if copy < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(handle)
    return socket.socket(fileno=copy)
