"""Delayed work: order, errors, and the end."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from local_aws.timers import Timers


def test_actions_run_in_the_order_in_which_they_are_due() -> None:
    with ThreadPoolExecutor(1) as workers:
        timers, seen, done = Timers(workers), [], threading.Event()

        def late() -> None:
            seen.append("late")
            done.set()

        timers.after(0.06, late)
        timers.after(0.03, lambda: seen.append("early"))
        assert done.wait(10)
        assert seen == ["early", "late"]
        timers.stop()


def test_an_action_that_fails_is_logged_and_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()

    def fail() -> None:
        raise ValueError("the reason")

    with ThreadPoolExecutor(1) as workers, caplog.at_level(logging.ERROR):
        timers = Timers(workers)
        timers.after(0, fail)
        timers.after(0.01, done.set)
        assert done.wait(10)
        timers.stop()
    assert "the reason" in caplog.text


def test_what_is_not_due_is_forgotten_at_stop() -> None:
    ran = threading.Event()
    with ThreadPoolExecutor(1) as workers:
        timers = Timers(workers)
        timers.after(0.05, ran.set)
        timers.stop()
        timers.after(0, ran.set)
    assert not ran.is_set()
