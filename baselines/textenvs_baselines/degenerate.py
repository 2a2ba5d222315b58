"""Agents that do not think: no task may let one of them win. The best of them is the floor of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import textenvs

NAMES = ("first_legal", "last_legal", "last_legal_but_ending", "never_ends", "parrot")
"""The degenerate agents beside the constant ones."""


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


class Degenerate:
    """Chooses by the mask alone.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters and `split` and `reward`.
        rule: "first_legal", "last_legal", "last_legal_but_ending" (the last legal action that does not end the
            episode), or "never_ends" (a random legal action that does not end it).
    """

    obs_type = "discrete"
    action_type = "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any], rule: str = "first_legal") -> None:
        self.rule = rule
        task = textenvs.task_of(env_id)
        self._ending = [name in task.ending for name in task.action_names]
        self._rng = np.random.default_rng(0)

    def reset(self, seed: int) -> None:
        """Begins an episode."""
        self._rng = np.random.default_rng(seed)

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        """A legal action."""
        legal = np.flatnonzero(info["action_mask"]).tolist()
        if self.rule in ("last_legal_but_ending", "never_ends"):
            legal = [action for action in legal if not self._ending[action]] or legal
        if self.rule == "never_ends":
            return int(legal[self._rng.integers(len(legal))])
        return int(legal[0] if self.rule == "first_legal" else legal[-1])


class Parrot:
    """Says what was last said to it.

    Args:
        env_id: The id it will play.
        env_kwargs: Not needed.
    """

    obs_type = "text"
    action_type = "text"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        self._prefix = f"{textenvs.task_of(env_id).partner}: "

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: str, info: Mapping[str, Any]) -> str:
        """The partner's last sentence."""
        said = [line.removeprefix(self._prefix) for line in observation.split("\n") if line.startswith(self._prefix)]
        return said[-1] if said else observation


def degenerate_agents(env_id: str) -> dict[str, Any]:
    """All degenerate agents of an id, by name."""
    task = textenvs.task_of(env_id)
    agents: dict[str, Any] = {
        f"always {name}": Constant(env_id, {}, action) for action, name in enumerate(task.action_names)
    }
    agents.update({rule: Degenerate(env_id, {}, rule) for rule in NAMES[:-1]})
    agents["parrot"] = Parrot(env_id, {})
    return agents


def floor_agent(env_id: str, env_kwargs: Mapping[str, Any]) -> Any:
    """The best degenerate agent of an id, as the reference scores name it.

    Args:
        env_id: A registered id.
        env_kwargs: The task's parameters and `split` and `reward`.
    """
    name = textenvs.reference_scores(env_id, split=env_kwargs.get("split", "train")).floor_agent
    return degenerate_agents(env_id)[name or "always " + textenvs.task_of(env_id).ending[0]]
