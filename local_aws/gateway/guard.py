"""Who may talk to the server at all: programs of this machine, not web pages that found its port."""

import re
from urllib.parse import urlsplit

_LOOPBACK = r"(127(\.\d{1,3}){3}|localhost|[a-z0-9.-]+\.localhost|\[::1\])"
_AWS = r"([a-z0-9._-]+\.)?(amazonaws\.com(\.cn)?|api\.aws)"
_HOST = re.compile(rf"({_LOOPBACK}|{_AWS})(:\d+)?", re.IGNORECASE)
_ORIGIN_HOST = re.compile(_LOOPBACK, re.IGNORECASE)


def refusal(headers: list[tuple[bytes, bytes]]) -> str | None:
    """Why a request is refused, None where it is not.

    A page of another site can make a browser send requests here, under a name that its own DNS resolves to
    127.0.0.1 (the Host header shows it) or across origins (the Origin header shows it).
    """
    for raw_name, raw_value in headers:
        name, value = raw_name.lower(), raw_value.decode("latin-1")
        if name == b"host" and _HOST.fullmatch(value) is None:
            return (
                f"Host {value!r} is not this machine; the local AWS answers on 127.0.0.1, localhost and amazonaws.com"
            )
        if name == b"origin" and value != "null" and _ORIGIN_HOST.fullmatch(urlsplit(value).hostname or "") is None:
            return f"requests of the web page {value!r} are refused; only pages of this machine may call the local AWS"
        if name == b"origin" and value == "null":
            return "requests of a web page without an origin are refused"
    return None
