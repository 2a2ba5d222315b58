"""Which environment it is: by what it does, not by how its source is spelled.

The fingerprint of every id of this package is stored beside its reference scores, with the hash of the sources that it
was taken from. While the sources are the same, nothing is computed. Where they are others, the fingerprint is taken
once, kept in the cache, and compared: if it is equal, scores and records stand.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from textenvs.core import cache as disk
from textenvs.errors import Drift
from textenvs.fingerprint import FORMAT, Fingerprint, differences, digest, take_fingerprint
from textenvs.manifest import Entry
from textenvs.registration import find_entry, stored_of, task_of

LOG = logging.getLogger("textenvs")


def identity(env_id: str) -> str:
    """The name of what an environment does: a hash that its records and reference scores are valid for.

    Args:
        env_id: A registered id. Parameters other than its own stand in a record beside it.
    """
    stored = stored_of(env_id)
    if stored is not None and not drifted_parts(env_id):
        return str(stored["identity"])
    return digest(fingerprint(env_id))


def drifted_parts(env_id: str) -> list[str]:
    """What an environment does otherwise than is stored of it: names of the parts of its fingerprint.

    Empty if it does the same, or nothing is stored.
    """
    stored = stored_of(env_id)
    if stored is None or stored["source"] == find_entry(env_id).source:
        return []
    return differences(stored["fingerprint"], fingerprint(env_id))


def check_drift(env_id: str) -> None:
    """Raises Drift if an environment does otherwise than is stored of it."""
    found = drifted_parts(env_id)
    if found:
        raise Drift(
            f"{env_id} does not do what its stored scores are for (it differs in: {', '.join(found)}): "
            f"take it back, or store the new behaviour under a new version: textenvs compile {env_id}"
        )


def fingerprint(env_id: str) -> Fingerprint:
    """The fingerprint of an id as its sources are now; taken once, then read from the cache."""
    entry = find_entry(env_id)
    return _fingerprint(entry.id, entry.source)


@cache
def _fingerprint(env_id: str, source: str) -> Fingerprint:
    entry = find_entry(env_id)
    return remembered("fingerprint", entry, source, lambda: _take(entry))


def _take(entry: Entry) -> Fingerprint:
    if stored_of(entry.id) is not None:
        LOG.warning("the sources of %s have changed: what it does is compared with what is stored, once", entry.id)
    return take_fingerprint(task_of(entry.id))


def remembered(what: str, entry: Entry, source: str, compute: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """What was computed of an environment, from the cache on disk; computed and written where it is not there.

    Args:
        what: What it is.
        entry: The environment.
        source: Hash of its sources.
        compute: Computes it, as JSON can hold it.
    """
    folder = disk.folder()
    if folder is None or not source:
        return dict(compute())
    key = json.dumps([what, FORMAT, entry.task, dict(entry.parameters), source], sort_keys=True)
    path = folder / f"{what}-{blake2b(key.encode(), digest_size=16).hexdigest()}.json"
    with contextlib.suppress(OSError, ValueError):
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return known
    found = dict(compute())
    write_json(path, found)
    return found


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Writes a file of the cache, whole or not at all; one that cannot be written is left out."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(values), encoding="utf-8")
        partial.replace(path)
