"""Who waits for what other threads tell."""

import asyncio

from local_aws.waiters import Waiters


def test_those_who_wait_for_it_are_woken_from_another_thread() -> None:
    waiters = Waiters()

    async def wait() -> tuple[bool, bool]:
        told, other = asyncio.Event(), asyncio.Event()
        waiters.add("job", told)
        waiters.add("another", other)
        await asyncio.to_thread(waiters.wake, ["job", "nobody's"])
        await asyncio.wait_for(told.wait(), 10)
        return told.is_set(), other.is_set()

    assert asyncio.run(wait()) == (True, False)


def test_who_has_left_is_not_woken() -> None:
    waiters = Waiters()

    async def leave() -> tuple[bool, bool]:
        stays, leaves = asyncio.Event(), asyncio.Event()
        waiters.add("job", stays)
        waiters.add("job", leaves)
        waiters.remove("job", leaves)
        waiters.remove("nobody's", leaves)
        await asyncio.to_thread(waiters.wake, ["job"])
        await asyncio.wait_for(stays.wait(), 10)
        return stays.is_set(), leaves.is_set()

    assert asyncio.run(leave()) == (True, False)


def test_a_loop_that_has_ended_is_passed_by() -> None:
    waiters, told = Waiters(), asyncio.Event()

    async def wait() -> None:
        waiters.add("job", told)

    asyncio.run(wait())
    waiters.wake(["job"])
    assert not told.is_set()
