"""Agents that do not think: no task may let one of them win. The best of them is the floor of a table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textenvs.core.cache import remembered
from textenvs.core.closure import hash_files, import_closure
from textenvs.core.loading import load_tables
from textenvs.core.solve import evaluate_policy
from textenvs.drift import check_drift, key_of
from textenvs.evaluation import PolicyAgent, evaluate, make_policy
from textenvs.reference import solver_hash
from textenvs.registration import find_entry, stored_of, task_of
from textenvs.state_reader import KEPT, StateReader

SCORING = ("textenvs.floor", "textenvs.state_reader", "textenvs.evaluation.policy", "textenvs.core.policy")
"""Modules that decide what the degenerate agents do."""
EPISODES = 500
"""Episodes of each agent, where the floor of an id is measured of which nothing is stored."""


class Constant:
    """Always the same action.

    Args:
        env_id: The id it will play; not needed.
        env_kwargs: Not needed.
        action: Number of the action.
    """

    obs_type = "discrete"
    action_type = "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], action: int = 0) -> None:
        self.action = action

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        """The action."""
        return self.action


class ByMask:
    """Chooses by the mask alone.

    Args:
        env_id: The id it will play; not needed.
        env_kwargs: Not needed.
        last: Whether it takes the last legal action, or the first.
    """

    obs_type = "discrete"
    action_type = "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], last: bool = False) -> None:
        self._place = -1 if last else 0

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        """A legal action."""
        return int(np.flatnonzero(info["action_mask"])[self._place])


class Prefers:
    """Takes one action wherever it is possible, else the last legal one.

    Args:
        env_id: The id it will play.
        env_kwargs: Not needed.
        action: Name of the action.
    """

    obs_type = "discrete"
    action_type = "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], action: str) -> None:
        names = task_of(env_id).action_names
        if action not in names:
            raise ValueError(f"{env_id} has no action {action!r}: this agent is not for it")
        self._action = names.index(action)

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        """The action, or the last legal one."""
        mask = info["action_mask"]
        return self._action if mask[self._action] else int(np.flatnonzero(mask)[-1])


class NeverGivesUp:
    """Does not think, but never ends an episode in certain failure; it is told when that would be so.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters and `split` and `reward`.
        last: Whether it takes the last of the actions that remain, or any.
    """

    obs_type = "text"
    action_type = "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], last: bool = False) -> None:
        self._reader = StateReader(env_id, env_kwargs)
        self._last = last
        self._rng = np.random.default_rng(0)

    def reset(self, seed: int) -> None:
        """Begins an episode."""
        self._rng = np.random.default_rng(seed)

    def act(self, observation: str, info: Mapping[str, Any]) -> int:
        """One of the actions that remain."""
        _, state = self._reader.read(observation)
        actions = np.flatnonzero(hopeful(self._reader.scenario.solved)[state])
        return int(actions[-1] if self._last else actions[self._rng.integers(len(actions))])


@lru_cache(KEPT)
def hopeful(solved: Any) -> NDArray[np.bool_]:
    """(states, actions) bool: legal actions that do not end the episode in certain failure; all, where none is left."""
    tables = solved.tables
    success = solved.task.metrics.index("success")
    failing = np.array([payoff.terminated and not payoff.metrics[success] for payoff in tables.payoffs])
    allowed: NDArray[np.bool_] = tables.mask.astype(bool)
    for state, action in np.argwhere(allowed).tolist():
        row = state * tables.n_actions + action
        outcomes = slice(tables.start[row], tables.start[row] + tables.count[row])
        if tables.count[row] and failing[tables.payoff[outcomes]].all():
            allowed[state, action] = False
    stuck = ~allowed.any(axis=1)
    allowed[stuck] = tables.mask[stuck].astype(bool)
    return allowed


class Parrot:
    """Says what was last said to it.

    Args:
        env_id: The id it will play.
        env_kwargs: Not needed.
    """

    obs_type = "text"
    action_type = "text"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        self._prefix = f"{task_of(env_id).partner}: "

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: str, info: Mapping[str, Any]) -> str:
        """The partner's last sentence."""
        said = [line.removeprefix(self._prefix) for line in observation.split("\n") if line.startswith(self._prefix)]
        return said[-1] if said else observation


def degenerate_agents(env_id: str, env_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """All degenerate agents of an id, by name; those that the task itself calls blind are among them.

    Where the answer is hidden from every agent, to be told which endings are certain failures is to be told the answer:
    those that never give up are left out there.

    Args:
        env_id: A registered id.
        env_kwargs: The task's parameters and `split` and `reward`.
    """
    task = task_of(env_id)
    agents: dict[str, Any] = {
        **{f"always {name}": Constant(env_id, env_kwargs, action) for action, name in enumerate(task.action_names)},
        **{f"prefers {name}": Prefers(env_id, env_kwargs, name) for name in task.action_names},
        "first_legal": ByMask(env_id, env_kwargs),
        "last_legal": ByMask(env_id, env_kwargs, last=True),
        "parrot": Parrot(env_id, env_kwargs),
    }
    for name, reference in find_entry(env_id).references.items():
        if reference.blind:
            agents[name] = PolicyAgent(make_policy(reference.policy), task.action_names)
    if task.optimum == "exact":
        agents["never_gives_up"] = NeverGivesUp(env_id, env_kwargs)
        agents["last_but_never_gives_up"] = NeverGivesUp(env_id, env_kwargs, last=True)
    return agents


def exact_return(env_id: str, split: str, name: str) -> float | None:
    """The exact mean return of a degenerate agent that looks at the mask alone; None of the others.

    Args:
        env_id: A registered id.
        split: "train" or "test".
        name: Name of the agent.
    """
    task = task_of(env_id)
    kind, _, action = name.partition(" ")
    total, n = 0.0, task.n_scenarios(split)
    for k in range(n):
        tables = load_tables(task, split, k)
        first, last = tables.mask.argmax(axis=1), tables.n_actions - 1 - tables.mask[:, ::-1].argmax(axis=1)
        if action in task.action_names:
            number = task.action_names.index(action)
            possible = tables.mask[:, number] > 0
            if kind == "always" and not possible[tables.count[:-1].reshape(tables.mask.shape).any(axis=1)].all():
                return None  # it takes impossible acts too
            choice = np.where(possible, number, last)
        elif name in ("first_legal", "last_legal"):
            choice = first if name == "first_legal" else last
        else:
            return None
        policy = np.broadcast_to(choice, (task.horizon, tables.n_states))
        total += evaluate_policy(task, tables, policy) / n
    return total


def scoring_hash(env_id: str) -> str:
    """A hash of what decides the stored scores of an id beside its behaviour: the solver, and the degenerate agents."""
    blind = {name: each.policy for name, each in find_entry(env_id).references.items() if each.blind}
    modules = [*SCORING, *(policy.partition(":")[0] for policy in blind.values())]
    told = [solver_hash(), *(f"{name} {policy}" for name, policy in sorted(blind.items()))]
    return hash_files(import_closure(modules, modules), told)


def mean_returns(env_id: str, split: str, episodes: int = EPISODES) -> dict[str, float]:
    """The mean return of each degenerate agent of an id, by its name.

    Args:
        env_id: A registered id.
        split: "train" or "test".
        episodes: How many each of them plays; the same for all.
    """
    found = {}
    for name, agent in degenerate_agents(env_id, {"split": split}).items():
        records = evaluate(agent, env_id, split=split, episodes=episodes, seed=0)
        found[name] = float(np.mean([record.episodic_return for record in records]))
    return found


def known_returns(env_id: str, split: str) -> dict[str, float]:
    """The same as it is stored; where nothing is, it is measured once, over fewer episodes, and kept in the cache.

    Raises:
        Drift: If the id does not do what its stored scores are for.
    """
    entry, stored = find_entry(env_id), stored_of(env_id)
    if stored is None:
        key = [key_of(entry, entry.source), scoring_hash(entry.id)] if entry.source else None
        return remembered(f"floor-{split}", key, ["first_legal"], lambda: mean_returns(entry.id, split))
    check_drift(entry.id)
    returns: dict[str, float] = stored[split]["degenerate"]
    return returns
