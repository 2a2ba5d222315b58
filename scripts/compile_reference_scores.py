"""Compiles textenvs/data/reference_scores.json: solves every id and rolls out the degenerate agents.

Usage: `python scripts/compile_reference_scores.py [ID ...]` after any change of a task; without ids, those whose
stored scores are of other sources are compiled. An id takes about a minute.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import textenvs
from textenvs.core.cache import scores_hash
from textenvs.core.loading import load_tables
from textenvs.core.mdp import SPLITS
from textenvs.reference import compute_scores
from textenvs_baselines.degenerate import degenerate_agents

TARGET = Path(__file__).parents[1] / "textenvs" / "data" / "reference_scores.json"
EPISODES = 2000


def scores_of(env_id: str, split: str) -> dict[str, Any]:
    """What is stored of one id and split."""
    began = time.perf_counter()
    task = textenvs.task_of(env_id)
    scores = compute_scores(task, split)
    print(f"{env_id} {split}: solved in {time.perf_counter() - began:.1f} s", flush=True)
    n = task.n_scenarios(split)
    tables = [load_tables(task, split, k) for k in range(n)]
    degenerate = {}
    for name, agent in degenerate_agents(env_id, {"split": split}).items():
        records = textenvs.evaluate(agent, env_id, split=split, episodes=EPISODES, seed=0)
        degenerate[name] = float(np.mean([record.episodic_return for record in records]))
    best = max(degenerate, key=degenerate.__getitem__)
    print(f"  floor {best}: {scores.normalise(degenerate[best]):.1f}", flush=True)
    return {
        "random": scores.random,
        "optimal": scores.optimal,
        "kind": scores.kind,
        "floor": degenerate[best],
        "floor_agent": best,
        "degenerate": degenerate,
        "scenarios": n,
        "states": max(each.n_states for each in tables),
        "outcomes": max(each.n_outcomes for each in tables),
        "bytes": max(each.nbytes for each in tables),
    }


def main(ids: list[str]) -> None:
    """Compiles the ids given, or those that are stale, and keeps the others that are registered."""
    stored = json.loads(TARGET.read_text())
    compiled = {}
    for entry in textenvs.ENTRIES:
        source = scores_hash(entry.task)
        if entry.id not in ids and (ids or stored.get(entry.id, {}).get("source") == source):
            compiled |= {entry.id: stored[entry.id]} if entry.id in stored else {}
            continue
        compiled[entry.id] = {split: scores_of(entry.id, split) for split in SPLITS}
        compiled[entry.id]["source"] = source
    TARGET.write_text(json.dumps(compiled, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
