"""Brings a data set: downloads its archive, checks it, and puts the files that are wanted in place.

A file is replaced by a whole and checked one, or not touched. Everything else happens in a folder of its own, beside
the data sets; what a killed run has left of it is removed by the next.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from textenvs.core.lock import locked
from textenvs.data.folder import folder_of, wrong_files
from textenvs.data.sets import DataFile, DataSet
from textenvs_benchmarks.package_tools import download
from textenvs_benchmarks.unpack import unpack

ELSEWHERE = "set TEXTENVS_DATA to another folder"


class Monitor(Protocol):
    """Who is told how a download goes."""

    def begin(self, data_set: DataSet) -> None:
        """A download begins."""

    def advance(self, found: int) -> None:
        """So many bytes of the archive are here."""

    def wait(self, data_set: DataSet) -> None:
        """Another run is fetching the same data set, and is waited for."""

    def close(self) -> None:
        """The download has ended."""


def fetch(data_set: DataSet, monitor: Monitor) -> int:
    """Makes a data set whole.

    Args:
        data_set: What to fetch.
        monitor: Is told how it goes.

    Returns:
        How many files were written; 0 where the data set was whole.

    Raises:
        ValueError: If the archive cannot be downloaded, or is not what it should be.
        OSError: If the files cannot be written.
    """
    if not wrong_files(data_set):
        return 0
    root = folder_of(data_set).parent
    with _explained(data_set, root):
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / f".{data_set.name}.lock", lambda: monitor.wait(data_set)):
            wanted = wrong_files(data_set)
            if wanted:
                with _working_folder(data_set, root) as work:
                    _bring(data_set, wanted, work, monitor)
            return len(wanted)


def _bring(data_set: DataSet, wanted: list[DataFile], work: Path, monitor: Monitor) -> None:
    _check_space(data_set, wanted, work)
    monitor.begin(data_set)
    try:
        archive = download(data_set.archive, work, monitor.advance)
    finally:
        monitor.close()
    _check_archive(data_set, archive)
    folder = folder_of(data_set)
    for file, path in unpack(archive, data_set.archive.kind, wanted, work):
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def _check_space(data_set: DataSet, wanted: list[DataFile], work: Path) -> None:
    """Raises OSError where the disk has no room for two copies of the archive (the tools make one) and the files."""
    needed = 2 * data_set.archive.bytes + sum(file.bytes for file in wanted)
    free = shutil.disk_usage(work).free
    if free < needed:
        raise OSError(errno.ENOSPC, f"{needed / 1e6:.1f} MB are needed, {free / 1e6:.1f} MB are free")


def _check_archive(data_set: DataSet, archive: Path) -> None:
    with archive.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != data_set.archive.sha256:
        raise ValueError(
            f"{data_set.name}: {archive.name} is not the archive that was checked for this version of textenvs "
            f"(SHA-256 {found}, expected {data_set.archive.sha256}), and nothing was taken of it: run the same command "
            "again, or use another mirror"
        )


@contextmanager
def _working_folder(data_set: DataSet, root: Path) -> Iterator[Path]:
    """A new folder that is removed in the end; the lock is held, so that others of this data set are dead."""
    prefix = f".{data_set.name}.partial-"
    for left in root.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=prefix, dir=root))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _explained(data_set: DataSet, root: Path) -> Iterator[None]:
    """Says of an error of the file system where it happened and what helps."""
    try:
        yield
    except BrokenPipeError:  # whoever was reading the messages has enough
        raise
    except OSError as error:
        place = error.filename2 or error.filename or root
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        cure = "free some space" if full else "make that writable, or move away what is in its place"
        raise OSError(
            f"{data_set.name}: cannot write {place} ({error.strerror or error}): {cure}, or {ELSEWHERE}"
        ) from error
