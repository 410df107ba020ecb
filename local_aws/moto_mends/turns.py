"""Requests for one of moto's services are carried out one after the other.

Fault mended: moto's records know no threads. A listing fails when another request adds to what it lists, which is how
stacks whose roles are made side by side failed now and then; two readers of a queue get the same message.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

# streams are read where tables are kept
_SAME_RECORDS = {"dynamodbstreams": "dynamodb"}

_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_making = threading.Lock()


@contextmanager
def taken(service: str) -> Iterator[None]:
    """While this lasts, no other request of the service is carried out.

    Nothing may be asked of the same service over HTTP meanwhile: it would wait for the turn that waits for it.
    """
    with _turn(service):
        yield


@contextmanager
def given_up(service: str) -> Iterator[None]:
    """While this lasts, others have the turn that this thread has: for waits inside of a request."""
    turn = _turn(service)
    turn.release()
    try:
        yield
    finally:
        turn.acquire()


def _turn(service: str) -> threading.Lock:
    with _making:
        return _turns[_SAME_RECORDS.get(service, service)]
