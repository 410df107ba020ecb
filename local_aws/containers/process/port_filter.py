"""Starts a program whose calls of bind() and connect() are shown to the process at the other end of a socket.

Run as a file, before any of the program's own code: ``python -I -S port_filter.py SOCKET PROGRAM ARGUMENT...``.
SOCKET is the descriptor of a Unix socket, over which the kernel's descriptor of the filter is sent. Where the kernel
has no such filter the socket is closed without a word, and the program started as it is.
"""

import array
import ctypes
import os
import platform
import socket
import struct
import sys

_NO_NEW_PRIVILEGES = 38
_SET_FILTER = 1
_NEW_LISTENER = 8
_WAIT_KILLABLE = 32  # Linux 5.19; without it a signal in the middle of a bind() makes a program call it twice
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4

# by machine: the filter's name of it, and the system's numbers of seccomp(), bind() and connect()
_NUMBERS = {"x86_64": (0xC000003E, 317, 49, 42), "aarch64": (0xC00000B7, 277, 200, 203)}

CONNECT_CALLS = frozenset(connect for _, _, _, connect in _NUMBERS.values())
"""The numbers that connect() has in what the filter shows."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def instructions(architecture: int, bind: int, connect: int) -> bytes:
    """The filter: calls of bind() and connect() are shown, all others allowed."""
    steps = (
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_IF_EQUAL, 0, 3, architecture),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_IF_EQUAL, 2, 0, bind),
        (_JUMP_IF_EQUAL, 1, 0, connect),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _NOTIFY),
    )
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def install() -> int | None:
    """Puts the filter on this process and all that it becomes and starts; None where the kernel has none."""
    if platform.machine() not in _NUMBERS:
        return None
    architecture, seccomp, bind, connect = _NUMBERS[platform.machine()]
    code = instructions(architecture, bind, connect)
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return None
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE, _NEW_LISTENER):
        listener = libc.syscall(seccomp, _SET_FILTER, flags, ctypes.byref(program))
        if listener >= 0:
            return int(listener)
    return None


def main() -> None:
    """Installs the filter, hands it over, and becomes the program."""
    channel, command = int(sys.argv[1]), sys.argv[2:]
    listener = install()
    with socket.socket(fileno=channel) as other_end:
        if listener is not None:
            other_end.sendmsg([b"+"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener]))])
            os.close(listener)
    try:
        os.execv(command[0], command)  # noqa: S606 - it becomes the program
    except OSError as error:
        print(f'exec: "{command[0]}": {error.strerror}', file=sys.stderr)  # noqa: T201 - as a container engine says it
        sys.exit(127)


if __name__ == "__main__":
    main()
