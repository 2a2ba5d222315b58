"""What is stored of an id beside its task: reference scores, sizes, and the fingerprint that they are valid for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from textenvs.core.loading import load_tables
from textenvs.core.mdp import SPLITS, Task
from textenvs.fingerprint import differences, digest, take_fingerprint
from textenvs.floor import mean_returns
from textenvs.reference import compute_scores
from textenvs.registration import find_entry, forget_stored, stored_of, task_of

EPISODES = 2000
"""Episodes of each degenerate agent, by which the floor is measured."""
Tell = Callable[[str], None]


def is_stale(env_id: str) -> bool:
    """Whether nothing is stored of an id, or it was stored with other sources."""
    stored = stored_of(env_id)
    return stored is None or stored["source"] != find_entry(env_id).source


def store(env_id: str, tell: Tell = print) -> str:
    """Brings up to date what is stored of an id; its scores are computed only if it behaves otherwise than before.

    Args:
        env_id: A registered id, of a task that has a folder.
        tell: Is told what is done.

    Returns:
        "new", "unchanged" (the sources and so the behaviour are those stored), "equal" (other sources, the same
        behaviour) or "changed".

    Raises:
        ValueError: If the task is a module without a folder: there is no place beside it.
    """
    entry, stored = find_entry(env_id), stored_of(env_id)
    if entry.scores_file is None:
        raise ValueError(f"{entry.task} is no package: make it one, with a task.toml, for a place to store its scores")
    source = entry.source
    if source and stored is not None and stored["source"] == source:
        return "unchanged"
    task = task_of(env_id)
    found = take_fingerprint(task)
    changed = differences(stored["fingerprint"], found) if stored is not None else []
    if stored is not None and not changed:
        content, state = {**stored, "source": source}, "equal"
    else:
        if changed:
            tell(f"{env_id} behaves otherwise than before: {', '.join(changed)}")
        content = {"identity": digest(found), "source": source, **sizes_of(task), "fingerprint": found}
        content |= {split: scores_of(env_id, split, tell) for split in SPLITS}
        state = "changed" if stored is not None else "new"
    entry.scores_file.parent.mkdir(exist_ok=True)
    entry.scores_file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
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
