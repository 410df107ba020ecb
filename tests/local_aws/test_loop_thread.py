"""The loop that engines run in."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.loop_thread import LoopThread
from local_aws.platform import Platform


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = Platform(endpoint_url="http://127.0.0.1:1", state_dir=tmp_path, cache_dir=tmp_path)
    yield made
    made.stop()


async def nothing() -> None:
    """Ends nothing."""


def test_the_thread_begins_with_the_first_thing_to_do_and_ends_with_the_loop(platform: Platform) -> None:
    loop = LoopThread(platform, "test-loop")
    assert not [thread for thread in threading.enumerate() if thread.name == "test-loop"]
    done = threading.Event()
    loop.soon(done.set)
    assert done.wait(10)
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "test-loop"]
    loop.stop(nothing)
    thread.join(10)
    assert not thread.is_alive()


def test_what_a_worker_gives_or_raises_comes_back(platform: Platform) -> None:
    loop = LoopThread(platform, "test-loop")

    async def both() -> tuple[int, str]:
        given = await loop.blocking(lambda: 1 + 1)
        with pytest.raises(ZeroDivisionError) as caught:
            await loop.blocking(lambda: 1 / 0)
        return given, str(caught.value)

    assert loop.result(both()) == (2, "division by zero")
    loop.stop(nothing)


def test_nothing_begins_after_the_stop(platform: Platform) -> None:
    loop = LoopThread(platform, "test-loop")
    loop.stop(nothing)
    with pytest.raises(RuntimeError, match="the local AWS is being stopped"):
        loop.soon(print)
    with pytest.raises(RuntimeError, match="the local AWS is being stopped"):
        loop.result(nothing())


def test_the_end_is_carried_out_in_the_loop(platform: Platform) -> None:
    loop, ended = LoopThread(platform, "test-loop"), threading.Event()

    async def ending() -> None:
        assert asyncio.get_running_loop().is_running()
        ended.set()

    loop.result(nothing())
    loop.stop(ending)
    assert ended.is_set()
