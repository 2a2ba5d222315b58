"""Compiled tables on disk, keyed by the hash of all that decides them. Nothing needs the cache: it only saves time.

It lies in `$TEXTENVS_CACHE`, else in `textenvs` under `$XDG_CACHE_HOME` or `~/.cache`; an empty `TEXTENVS_CACHE` turns
it off. The files hold arrays and JSON, never pickles; one that is damaged is made anew.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import os
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from textenvs.core.mdp import Payoff
from textenvs.core.tables import Tables

OBJECTS = ("states", "events", "payoffs")
PACKAGE = Path(__file__).parents[1]
KERNEL = ("chance", "composition", "env", "graph", "mdp", "payoffs", "tables", "transcript")
"""The modules beside this one that decide how a task behaves."""


@cache
def source_hash(task: str) -> str:
    """A hash of all that decides how a task behaves: its sources and data, and all of this package that it rests on.

    Args:
        task: Entry point, "module:Class". The class names its files of `textenvs.data` in `data_files`.
    """
    module, _, name = task.partition(":")
    own = Path(importlib.import_module(module).__file__ or "")
    files = _sources(own.parent) if own.name == "__init__.py" else {own}
    files |= {PACKAGE / "core" / f"{part}.py" for part in KERNEL}
    files |= _sources(PACKAGE / "text") | set((PACKAGE / "rewards").glob("*.py"))
    files |= {PACKAGE / "data" / f"{part}.py" for part in ("__init__", "wikipedia")}
    files |= {
        PACKAGE / "data" / file for file in getattr(getattr(importlib.import_module(module), name), "data_files", ())
    }
    return _hash(files)


@cache
def scores_hash(task: str) -> str:
    """A hash of all that decides the reference scores of a task: its own sources and the solver."""
    return blake2b((source_hash(task) + _hash({PACKAGE / "core" / "solve.py"})).encode(), digest_size=16).hexdigest()


def _sources(folder: Path) -> set[Path]:
    """The modules of a folder, and its files of phrases."""
    return {*folder.glob("*.py"), *folder.glob("*.toml")}


def _hash(files: set[Path]) -> str:
    digest = blake2b(digest_size=16)
    for path in sorted(files, key=lambda path: (path.parent.name, path.name)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def folder() -> Path | None:
    """Where the cache lies; None where it is turned off."""
    chosen = os.environ.get("TEXTENVS_CACHE")
    if chosen is not None:
        return Path(chosen) if chosen else None
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "textenvs"
    except RuntimeError:
        return None


def path_of(origin: str, split: str, scenario: int) -> Path | None:
    """The file of a scenario's tables; None where they are not cached.

    Only this package's own tasks are: it is known what they import, and so what decides them.

    Args:
        origin: Entry point and parameters of the task, as JSON.
        split: The split.
        scenario: Number of the scenario.
    """
    place = folder()
    entry_point = json.loads(origin)[0]
    if place is None or not entry_point.startswith("textenvs.tasks."):
        return None
    key = json.dumps([source_hash(entry_point), origin, split, scenario, np.__version__])
    return place / f"{blake2b(key.encode(), digest_size=16).hexdigest()}.npz"


def store(path: Path, tables: Tables) -> None:
    """Writes tables, whole or not at all; a folder that cannot be written is let be, and what JSON cannot hold."""
    arrays: dict[str, Any] = {name: value for name, value in vars(tables).items() if isinstance(value, np.ndarray)}
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        for name in OBJECTS:
            arrays[name] = np.array(json.dumps([encode(value) for value in getattr(tables, name)]))
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            np.savez(file, **arrays)
        partial.replace(path)
    except (OSError, TypeError, ValueError):
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def load(path: Path, state_types: tuple[type, ...]) -> Tables | None:
    """Reads tables; None where there are none, or the file is damaged.

    Args:
        path: The file.
        state_types: The classes that states are made of.
    """
    types = {kind.__name__: kind for kind in (*state_types, Payoff)}
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            content: dict[str, Any] = {name: file[name] for name in file.files if name not in OBJECTS}
            for name in OBJECTS:
                content[name] = [decode(value, types) for value in json.loads(str(file[name]))]
        n_states, n_actions = content["mask"].shape
        return Tables(n_states=n_states, n_actions=n_actions, **content)
    except Exception:  # whatever is wrong with the file: it is made anew
        return None


def encode(value: Any) -> Any:
    """A state, event or payoff as JSON: a tuple is a list that begins with its type's name."""
    if isinstance(value, tuple):
        return [type(value).__name__, *map(encode, value)]
    if dataclasses.is_dataclass(value):
        return [type(value).__name__, *(encode(getattr(value, field.name)) for field in dataclasses.fields(value))]
    return value


def decode(value: Any, types: dict[str, type]) -> Any:
    """What `encode` encoded, made of the types given and of no others."""
    if not isinstance(value, list):
        return value
    name, *fields = value
    decoded = (decode(field, types) for field in fields)
    return tuple(decoded) if name == "tuple" else types[name](*decoded)
