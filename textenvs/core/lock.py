"""A lock between processes, on a file. The system releases it when its holder dies."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PAUSE = 0.2
"""Seconds between two attempts, where no other are given."""


@contextmanager
def locked(
    path: Path, wait: Callable[[], None] = lambda: None, patience: float = math.inf, pause: float = PAUSE
) -> Iterator[IO[bytes]]:
    """Holds the lock; waits for it where another process does.

    Args:
        path: The file; it is made where it is missing, and left behind.
        wait: Called once if there is something to wait for.
        patience: Seconds to wait at most.
        pause: Seconds between two attempts.

    Yields:
        The open file. Processes that inherit it hold the lock too.

    Raises:
        TimeoutError: If another process still holds it.
        OSError: If the file cannot be made, or the file system knows no locks.
    """
    with path.open("ab") as file:
        if not _lock(file):
            wait()
            end = time.monotonic() + patience
            while not _lock(file):
                if time.monotonic() > end:
                    raise TimeoutError(f"{path} is held by another process")
                time.sleep(pause)
        yield file


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
