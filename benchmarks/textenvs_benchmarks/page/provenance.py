"""What made a run, and what it is verified by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from textenvs_benchmarks.folder import ResultsFolder, Run
from textenvs_benchmarks.tasks import entry_of


def provenance_of(folder: ResultsFolder, run: Run, episodes: int) -> dict[str, Any]:
    """Where the numbers of a run come from.

    Args:
        folder: The run.
        run: What it is.
        episodes: How many it has recorded.
    """
    hashes = folder.hashes()
    credits = {name: entry_of(name, run.suite).credits for name in run.suite.environments}
    return {
        "command": run.command,
        "commitment": run.commitment,
        "versions": run.versions,
        "manifest": hashlib.sha256(folder.manifest.read_bytes()).hexdigest(),
        "tier": folder.tier(),
        "ended": bool(hashes),
        "files": len(hashes),
        "episodes": episodes,
        "machine": folder.read_machine(),
        "hashes": _grouped({**run.sources, **run.agents}),
        "credits": _grouped({name: text for name, text in credits.items() if text}),
    }


def _grouped(values: Mapping[str, str]) -> dict[str, list[str]]:
    """The names that have each value."""
    found: dict[str, list[str]] = {}
    for name, value in values.items():
        found.setdefault(value, []).append(name)
    return found
