"""Processes that work for this one: they use one thread each, leave Ctrl-C to their parent, and end with it.

They know the environments that were added here.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from textenvs.manifest import Entry
from textenvs.registration import add_entries, added_entries
from textenvs_benchmarks.external.process import THREADS, stop_all

CONTEXT = multiprocessing.get_context("spawn")
"""What makes the processes, and what they share."""


@contextmanager
def shared_out(
    work: Callable[..., Any],
    calls: Sequence[tuple[Any, ...]],
    workers: int,
    begin: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
) -> Iterator[list[Future[Any]]]:
    """Shares calls among processes; where the block is left by an error, they are ended at once.

    Args:
        work: What is called.
        calls: With which arguments; one at least.
        workers: Number of processes, at most.
        begin: Called first in each of them.
        arguments: With these.

    Yields:
        What comes of each call.
    """
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(min(workers, len(calls)), CONTEXT, _begin, (added_entries(), begin, arguments))
    try:
        with _inherited():
            futures = [pool.submit(work, *call) for call in calls]
        yield futures
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _inherited() -> Iterator[None]:
    """Processes that start in this context use one thread each, and do not hear Ctrl-C.

    One that comes meanwhile is held back, not lost.
    """
    before = {name: os.environ.get(name) for name in THREADS}
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]) if hasattr(signal, "pthread_sigmask") else None
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        if blocked is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _begin(added: tuple[Entry, ...], begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    add_entries(added)
    if begin is not None:
        begin(*arguments)


def _end(number: int, frame: object) -> None:
    """Ends a process that is not needed any more, and the agents that it has started."""
    stop_all()
    os._exit(128 + number)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
