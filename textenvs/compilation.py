"""What is stored of an id beside its task: reference scores, sizes, and the fingerprint that they are valid for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from textenvs.core.loading import load_tables
from textenvs.core.mdp import SPLITS, Task
from textenvs.drift import check_drift, drifted_parts, fingerprint
from textenvs.fingerprint import FORMAT, digest
from textenvs.floor import mean_returns, scoring_hash
from textenvs.reference import compute_scores
from textenvs.registration import find_entry, forget_stored, stored_of, task_of

EPISODES = 2000
"""Episodes of each degenerate agent, by which the floor is measured."""
DECIDING = ("format", "source", "scoring")
"""What is stored of that which decides the rest."""
Tell = Callable[[str], None]


def is_stale(env_id: str) -> bool:
    """Whether nothing is stored of an id, or it was stored with other sources of the task, solver or blind agents."""
    return _has_changed(stored_of(env_id), _decided_by(env_id))


def _has_changed(stored: dict[str, Any] | None, decided: dict[str, Any]) -> bool:
    return stored is None or decided != {name: stored[name] for name in DECIDING}


def _decided_by(env_id: str) -> dict[str, Any]:
    return dict(zip(DECIDING, (FORMAT, find_entry(env_id).source, scoring_hash(env_id)), strict=True))


def store(env_id: str, tell: Tell = print, new_behaviour: bool = False) -> str:
    """Brings up to date what is stored of an id.

    Its scores are computed only if its behaviour, the solver or the degenerate agents have changed.

    Args:
        env_id: A registered id, of a task that has a folder.
        tell: Is told what is done.
        new_behaviour: Whether it may behave otherwise than is stored of it.

    Returns:
        "new", "unchanged" (all sources are those stored), "equal" (other sources, the same behaviour), "scored" (the
        same behaviour, and scores computed anew) or "changed".

    Raises:
        ValueError: If the task is a module without a folder: there is no place beside it.
        Drift: If it behaves otherwise, and may not.
    """
    entry, stored = find_entry(env_id), stored_of(env_id)
    if entry.scores_file is None:
        raise ValueError(f"{entry.task} is no package: make it one, with a task.toml, for a place to store its scores")
    decided = _decided_by(env_id)
    if not _has_changed(stored, decided):
        return "unchanged"
    if stored is None or stored["format"] != FORMAT:
        changed, known = [], None
    else:
        changed, known = drifted_parts(env_id), stored
    if changed and not new_behaviour:
        check_drift(env_id)
    if known is None or changed:
        found, task = fingerprint(env_id), task_of(env_id)
        content: dict[str, Any] = {"identity": digest(found), **decided, **sizes_of(task), "fingerprint": found}
        state = "changed" if changed else "new"
    else:
        content = {**known, **decided}
        state = "equal" if known["scoring"] == decided["scoring"] else "scored"
    if state != "equal":
        content |= {split: scores_of(env_id, split, tell) for split in SPLITS}
    entry.scores_file.parent.mkdir(exist_ok=True)
    partial = entry.scores_file.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    partial.replace(entry.scores_file)
    forget_stored()
    return state


def sizes_of(task: Task) -> dict[str, Any]:
    """How many actions and turns there are; characters of a text at most, numbers of features and observations."""
    observations = {
        "text": task.max_length,
        "features": len(task.feature_names) + 1,
        "discrete": task.n_observations,
    }
    return {"actions": task.n_actions, "horizon": task.horizon, "observations": observations}


def scores_of(env_id: str, split: str, tell: Tell) -> dict[str, Any]:
    """What is stored of one split: reference scores, those of the degenerate agents, and sizes of the tables."""
    task = task_of(env_id)
    scores = compute_scores(task, split)
    n = task.n_scenarios(split)
    tables = [load_tables(task, split, k) for k in range(n)]
    degenerate = mean_returns(env_id, split, EPISODES)
    best = max(degenerate, key=degenerate.__getitem__)
    tell(f"{env_id} on {split}: solved; the floor is {best!r} with a score of {scores.normalise(degenerate[best]):.1f}")
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
