"""A run in one file, the same bytes for the same run: what is sent to whoever keeps a board."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from textenvs.errors import Drift, shown
from textenvs_benchmarks.errors import Mismatch
from textenvs_benchmarks.folder import ResultsFolder
from textenvs_benchmarks.suite import FOLDER_NAME

LARGEST = 4 << 30
"""Bytes of a run at most, unpacked."""
MANY = 100_000
"""Files of a run at most."""
DEEPEST = 8
"""Folders in each other at most, and the file."""
BLOCK = 1 << 20


def pack(folder: ResultsFolder, out: Path) -> int:
    """Packs the manifest and all files that it names, and the secret of the seeds if it was revealed.

    Args:
        folder: A run that has ended.
        out: File to write.

    Returns:
        Its size in bytes.

    Raises:
        ValueError: If the run has not ended, or the file exists.
        Mismatch: If a file is not the one that the manifest names.
    """
    hashes = folder.hashes()
    if not hashes:
        raise ValueError(f"{folder.path} has not ended yet: go on with 'textenvs run', and the same --out")
    if hashes != folder.hash_files():
        raise Mismatch(f"the files of {folder.path} are not those that {folder.manifest.name} names")
    if out.exists():
        raise ValueError(f"{out} exists already: name another file with --out, or remove it")
    names = [folder.manifest.name, *(["seeds.json"] if folder.revealed() else []), *sorted(hashes)]
    partial = out.with_name(out.name + ".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, (folder.path / name).read_bytes())
    partial.replace(out)
    return out.stat().st_size


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The folder of a run: itself, or a temporary one with what a packed one holds.

    Raises:
        ValueError: If a file is not a packed run, or holds more than one can.
    """
    if path.suffix == ".zip" and not path.exists():
        raise ValueError(f"{path}: there is no such file")
    if not path.is_file():
        yield path
        return
    with TemporaryDirectory() as place:
        try:
            _unpack(path, Path(place))
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, struct.error) as error:
            raise ValueError(f"{path} is not what 'textenvs pack' makes ({shown(str(error))})") from None
        try:
            yield Path(place)
        except (Mismatch, Drift, ValueError) as error:
            kind = type(error) if isinstance(error, Mismatch | Drift) else ValueError
            raise kind(str(error).replace(place, str(path))) from None


def _unpack(path: Path, place: Path) -> None:
    left = LARGEST
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > MANY:
            raise ValueError(f"{path} holds {len(entries)} files; a run has {MANY} at most")
        if sum(entry.file_size for entry in entries) > LARGEST:
            raise ValueError(f"{path} holds more than {LARGEST >> 30} GiB: no run does")
        names = [entry.filename for entry in entries]
        folders = {str(folder) for name in names for folder in PurePosixPath(name).parents}
        if len(set(names)) < len(names) or not folders.isdisjoint(names):
            raise ValueError(f"{path} holds two files in one place: no run does")
        for entry in entries:
            parts = entry.filename.split("/")
            if len(parts) > DEEPEST or not all(map(FOLDER_NAME.fullmatch, parts)):
                raise ValueError(f"{path} holds a file {shown(entry.filename)}, which is no place in a run")
            if entry.header_offset < 0 or entry.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
                raise zipfile.BadZipFile("an entry is outside, or compressed in another way")
            target = place.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as content, target.open("xb") as file:
                while block := content.read(BLOCK):
                    left -= len(block)
                    if left < 0:
                        raise ValueError(f"{path} holds more than {LARGEST >> 30} GiB: no run does")
                    file.write(block)
