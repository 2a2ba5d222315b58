"""Which environment it is: by what it does, not by how its source is spelled.

The fingerprint of every id of this package is stored beside its reference scores, with the hash of the sources that it
was taken from. While the sources are the same, nothing is computed. Where they are others, the fingerprint is taken
once, kept in the cache, and compared: if it is equal, scores and records stand.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from textenvs.core.cache import remembered
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
    """The parts of the fingerprint that differ from the stored one; none if nothing is stored."""
    stored = stored_of(env_id)
    if stored is None or stored["source"] == find_entry(env_id).source:
        return []
    if stored["format"] != FORMAT:
        return ["format of the fingerprint"]
    return differences(stored["fingerprint"], fingerprint(env_id))


def check_drift(env_id: str) -> None:
    """Raises Drift if an environment behaves otherwise than its stored scores are for."""
    found = drifted_parts(env_id)
    if found:
        raise Drift(
            f"{env_id} behaves otherwise than its stored scores are for (it differs in: {', '.join(found)}): undo the "
            "change, or give the environment a new version in the task.toml of its task; if it was never published: "
            f"textenvs compile {env_id} --new-behaviour"
        )


def fingerprint(env_id: str) -> Fingerprint:
    """The fingerprint of an id as its sources are now; taken once, then read from the cache."""
    entry = find_entry(env_id)
    return _fingerprint(entry.id, entry.source)


def key_of(entry: Entry, source: str) -> Any:
    """What decides all that is computed of an environment as it is; None where that is not known."""
    return [FORMAT, entry.task, dict(entry.parameters), source] if source else None


@cache
def _fingerprint(env_id: str, source: str) -> Fingerprint:
    entry = find_entry(env_id)
    return remembered("fingerprint", key_of(entry, source), ["rules"], lambda: _take(entry))


def _take(entry: Entry) -> Fingerprint:
    if stored_of(entry.id) is not None:
        LOG.warning("the sources of %s have changed: what it does is compared with what is stored, once", entry.id)
    return take_fingerprint(task_of(entry.id))
