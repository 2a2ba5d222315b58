"""How an agent that is not ours is reached: a class in Python, a command, or an address."""

from __future__ import annotations

import hashlib
import importlib.machinery
import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from textenvs.errors import shown
from textenvs_benchmarks.external.web import Endpoint

HOST = "textenvs_benchmarks.external.host"
LARGEST_SOURCE = 1 << 24
"""Bytes of a file that is hashed as the source of an agent."""


@dataclass(frozen=True)
class Reach:
    """How an agent is reached.

    Attributes:
        kind: "python", "command" or "url".
        target: A module and a factory, "module:Class"; a command line; an address.
    """

    kind: str
    target: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.target}"

    def words(self, part: str = "play") -> list[str]:
        """The command that starts it; `part` is "play" or, of one in Python, "train"."""
        if self.kind == "command":
            return shlex.split(self.target)
        return [sys.executable, "-m", HOST, part, self.target]


def parse_reach(text: str) -> Reach:
    """From "python:module:Class", "command:./agent --flag" or "http://host:8000".

    Raises:
        ValueError: If it is none of them.
    """
    if text.startswith(("http://", "https://")):
        Endpoint(text)
        return Reach("url", text)
    kind, _, target = text.partition(":")
    target = target.strip()
    if kind == "python" and re.fullmatch(r"[\w.]+:[\w.]+", target):
        return Reach(kind, target)
    if kind == "command" and "\0" not in target:
        try:
            if shlex.split(target):
                return Reach(kind, target)
        except ValueError as error:
            raise ValueError(f"the command {shown(target)} cannot be read: {error}") from None
    raise ValueError(
        f"an agent of yours is 'python:module:Class', 'command:./agent --flag' or 'http://host:8000', got {shown(text)}"
    )


def name_reach(text: str, kind: str) -> tuple[str, str]:
    """A name for an agent, and how it is reached, from "[NAME=]TARGET".

    Args:
        text: As a user has typed it.
        kind: What stands before the target: "python:", "command:", or nothing before an address.
    """
    named = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9_.+-]*)=(.*)", text, re.DOTALL)
    name, target = named.groups() if named else ("", text)
    reach = parse_reach(kind + target)
    if not name:
        words = shlex.split(reach.target) if reach.kind == "command" else []
        last = {
            "python": lambda: reach.target.partition(":")[2],
            "command": lambda: Path(next(filter(os.path.isfile, words[::-1]), words[0])).stem,
            "url": lambda: urlsplit(reach.target).hostname or "",
        }[reach.kind]()
        name = re.sub(r"[^A-Za-z0-9_.+-]+", "-", last).lstrip("_.+-") or "agent"
    return name, str(reach) if reach.kind != "url" else reach.target


def source_of(reach: Reach) -> str:
    """Hash of the files that an agent is known to be made of, without running any; "" where there are none."""
    digest = hashlib.blake2b(digest_size=16)
    files = _files(reach)
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest() if files else ""


def _files(reach: Reach) -> list[Path]:
    if reach.kind == "url":
        return []
    if reach.kind == "command":
        paths = [Path(word) for word in reach.words()]
        return [path for path in paths if path.is_file() and path.stat().st_size <= LARGEST_SOURCE]
    module = reach.target.partition(":")[0].partition(".")[0]
    found = importlib.machinery.PathFinder.find_spec(module, [str(Path.cwd()), *sys.path])
    if found is None:
        return []
    if found.submodule_search_locations:
        return sorted(path for folder in found.submodule_search_locations for path in Path(folder).glob("**/*.py"))
    return [Path(found.origin)] if found.origin else []
