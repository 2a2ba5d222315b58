"""Compiled tables and what was computed of them on disk, keyed by the hash of all that decides them.

Nothing needs the cache: it only saves time.

It lies in `$TEXTENVS_CACHE`, else in `textenvs` under `$XDG_CACHE_HOME` or `~/.cache`; an empty `TEXTENVS_CACHE` turns
it off. The files hold arrays and JSON, never pickles; one that is damaged is made anew.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import tempfile
from collections.abc import Callable, Collection, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from textenvs.core.closure import source_hash
from textenvs.core.mdp import Payoff
from textenvs.core.tables import Tables

OBJECTS = ("states", "events", "payoffs")
PLAIN = (bool, int, float, str, type(None))
"""Types of values that JSON gives back."""


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
    """The file of a scenario's tables; None where they are not cached, as where the task has no source file.

    Args:
        origin: Entry point and parameters of the task, as JSON.
        split: The split.
        scenario: Number of the scenario.
    """
    place = folder()
    source = source_hash(json.loads(origin)[0]) if place is not None else ""
    if place is None or not source:
        return None
    key = json.dumps([source, origin, split, scenario, np.__version__])
    return place / f"{blake2b(key.encode(), digest_size=16).hexdigest()}.npz"


def write(path: Path, content: bytes) -> None:
    """Writes a file of the cache, whole or not at all. Unwritable directories are ignored."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(".partial", path.name, path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(partial).replace(path)
        except OSError:
            Path(partial).unlink(missing_ok=True)


def remembered(what: str, key: Any, names: Collection[str], compute: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """What was computed before, from the cache; computed and written where it is not there, or is damaged.

    Args:
        what: What it is: the beginning of the file's name.
        key: All that decides it, as JSON can hold it; None where that is not known, and nothing is cached.
        names: Names that it has, at least.
        compute: Computes it, as JSON can hold it.
    """
    place = folder()
    if place is None or key is None:
        return dict(compute())
    digest = blake2b(json.dumps([what, key], sort_keys=True).encode(), digest_size=16).hexdigest()
    path = place / f"{what}-{digest}.json"
    with contextlib.suppress(OSError, ValueError, RecursionError):
        known = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(known, dict) and {*names} <= known.keys():
            return known
    found = dict(compute())
    write(path, json.dumps(found).encode())
    return found


def store(path: Path, tables: Tables) -> None:
    """Writes tables; those whose states or events JSON cannot hold are left out."""
    arrays: dict[str, Any] = {name: value for name, value in vars(tables).items() if isinstance(value, np.ndarray)}
    with contextlib.suppress(TypeError, ValueError):
        for name in OBJECTS:
            arrays[name] = np.array(json.dumps([encode(value) for value in getattr(tables, name)]))
        file = io.BytesIO()
        np.savez(file, **arrays)
        write(path, file.getvalue())


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
    if type(value) not in PLAIN:  # such as an enum, which would come back as a plain number
        raise TypeError(f"{value!r} cannot be read back from JSON as it is")
    return value


def decode(value: Any, types: dict[str, type]) -> Any:
    """What `encode` encoded, made of the types given and of no others."""
    if not isinstance(value, list):
        return value
    name, *fields = value
    decoded = (decode(field, types) for field in fields)
    return tuple(decoded) if name == "tuple" else types[name](*decoded)
