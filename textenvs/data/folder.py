"""Where fetched data sets lie, and whether they are whole. Nothing here writes or downloads.

They lie in `$TEXTENVS_DATA`, else in `textenvs` under `$XDG_DATA_HOME` or `~/.local/share`, one folder each.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from textenvs.data.sets import DataFile, DataSet, find_data_set


def fetched(name: str) -> Path:
    """The folder of a data set that `textenvs data fetch` has brought; its files are checked once a process.

    Args:
        name: Name of the data set; `textenvs data list` prints them.

    Raises:
        ValueError: If there is no such data set.
        FileNotFoundError: If it is not here, or damaged; the message names the command that brings it.
    """
    data_set = find_data_set(name)
    wrong = wrong_files(data_set)
    if wrong:
        names = ", ".join(file.name for file in wrong)
        state = "is not here" if state_of(data_set) == "missing" else f"is damaged ({names})"
        raise FileNotFoundError(f"the data set {name!r} {state}: run 'textenvs data fetch {name}'")
    return folder_of(data_set)


def data_folder() -> Path:
    """The folder of all data sets; it need not exist.

    Raises:
        ValueError: If no variable names one and the user has no home.
    """
    chosen = os.environ.get("TEXTENVS_DATA")
    if chosen:
        return Path(chosen).absolute()
    try:
        shared = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    except RuntimeError:
        raise ValueError("there is no home folder for the data: set TEXTENVS_DATA to a folder") from None
    return (shared / "textenvs").absolute()


def folder_of(data_set: DataSet) -> Path:
    """The folder of a data set; it need not exist."""
    return data_folder() / data_set.name


def state_of(data_set: DataSet) -> str:
    """How a data set is here: "whole", "missing" (no file of it is here) or "damaged"."""
    if not wrong_files(data_set):
        return "whole"
    folder = folder_of(data_set)
    return "damaged" if any(os.path.lexists(folder / file.name) for file in data_set.files) else "missing"


def wrong_files(data_set: DataSet) -> list[DataFile]:
    """The files of a data set that are missing or not what they should be."""
    folder = folder_of(data_set)
    return [file for file in data_set.files if not _is_right(folder / file.name, file)]


def _is_right(path: Path, file: DataFile) -> bool:
    try:
        found = path.stat()
        if not path.is_file() or found.st_size != file.bytes:
            return False
        return _sha256(path, found.st_size, found.st_mtime_ns, found.st_ino) == file.sha256
    except OSError:
        return False


@cache
def _sha256(path: Path, *_version: int) -> str:
    """Hash of a file, computed once for each version of it."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
