"""Pytest plugin: tests that do not fit into the time that is left are skipped, and the report says so.

The environment variable SLOW_UNTIL holds the end, in seconds since the epoch. A test that is under way at the end is
stopped and counts as skipped.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

UNTIL = float(os.environ["SLOW_UNTIL"])


def out_of_time(*_: object) -> None:
    """Skips the test that is under way."""
    pytest.skip("no time left")


@contextmanager
def budget() -> Generator[None]:
    """Stops what is inside when time is up."""
    left = UNTIL - time.time()
    if left <= 0.0:
        out_of_time()
    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, left)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, Any, Any]:
    """Setup of a test, fixtures included."""
    with budget():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    """The test itself."""
    with budget():
        return (yield)
