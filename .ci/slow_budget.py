"""Pytest plugin for slow tests: the cheapest first, and none after the time that there is.

A test for which no time is left, or that is under way when time is up, is skipped with the reason `NO_TIME`; CI fails
by it, see `left_out.py`. How long each test takes stands in `durations.json` beside this file. Tests that it does not
know come first: they are new, so that a change is most likely about them.

Environment variables:
    SLOW_UNTIL: The end, in seconds since the epoch; without it there is none.
    SLOW_RECORD: A file of durations to write; what it knows of tests that do not run now is kept.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NO_TIME = "no time left"
UNTIL = float(os.environ.get("SLOW_UNTIL", "inf"))
RECORD = os.environ.get("SLOW_RECORD")
KNOWN = Path(__file__).with_name("durations.json")
measured: dict[str, float] = {}
"""Seconds that each test took, with setup and teardown."""


def read(path: Path) -> dict[str, float]:
    """The seconds of each test; empty where there is no such file."""
    durations: dict[str, float] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return durations


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The cheapest first. Each worker of xdist collects for itself and must come to the same order: equals stay."""
    known = read(KNOWN)
    items.sort(key=lambda item: known.get(item.nodeid, 0.0))


def out_of_time(*_: object) -> None:
    """Skips the test that is under way."""
    pytest.skip(NO_TIME)


@contextmanager
def budget() -> Generator[None]:
    """Stops what is inside when time is up."""
    if float("inf") == UNTIL:
        yield
        return
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


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Notes how long a test took."""
    if report.when == "call" and report.skipped:
        measured.pop(report.nodeid, None)
    elif report.when == "call" or report.nodeid in measured:
        measured[report.nodeid] = measured.get(report.nodeid, 0.0) + report.duration
    elif report.when == "setup" and report.passed:
        measured[report.nodeid] = report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the durations, where all tests are reported: not in the workers of xdist."""
    if RECORD and not hasattr(session.config, "workerinput"):
        durations = {name: round(seconds, 1) for name, seconds in {**read(Path(RECORD)), **measured}.items()}
        Path(RECORD).write_text(json.dumps(durations, indent=1, sort_keys=True) + "\n", encoding="utf-8")
