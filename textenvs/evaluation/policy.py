"""The policies of tasks as agents."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from textenvs.core.policy import Policy
from textenvs.errors import unknown
from textenvs.registration import entries, find_entry, task_of


def load_policy(entry_point: str) -> type[Policy]:
    """The class of a policy, from "module:Class".

    Raises:
        ValueError: If there is no such module or class, or it is no `Policy`.
    """
    try:
        policy = pkgutil.resolve_name(entry_point)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"task.toml names the policy {entry_point}, which is not there: {error}") from None
    if not (isinstance(policy, type) and issubclass(policy, Policy)):
        raise ValueError(f"task.toml names the policy {entry_point}, which is no `Policy` of textenvs.core.policy")
    return policy


def make_policy(entry_point: str) -> Policy:
    """A policy from "module:Class", in its first variant."""
    policy = load_policy(entry_point)
    return policy(policy.variants[0])


class PolicyAgent:
    """Plays a policy that names actions.

    Args:
        policy: The policy.
        action_names: Names of the actions, in their order.
    """

    action_type = "choice"

    def __init__(self, policy: Policy, action_names: Sequence[str]) -> None:
        self.obs_type = policy.obs_type
        self._policy = policy
        self._names = tuple(action_names)
        self._numbers = {name: number for number, name in enumerate(action_names)}

    def reset(self, seed: int) -> None:
        """Begins an episode."""
        self._policy.reset()

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        """The number of the action that the policy names."""
        possible = [self._names[number] for number in np.flatnonzero(info["action_mask"])]
        name = self._policy.act(observation, possible)
        if name not in self._numbers:
            raise unknown(f"action of {type(self._policy).__name__}:", name, self._names)
        return self._numbers[name]


class ReferenceFactory:
    """Makes the agent of a policy that tasks name in their manifests as a reference.

    Args:
        name: Its name in the manifests.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def plays(self, env_id: str) -> bool:
        """Whether the task of an id names it."""
        return self.name in find_entry(env_id).references

    def policies(self) -> list[str]:
        """The entry points of the policies of this name, of all tasks."""
        return sorted({entry.references[self.name].policy for entry in entries() if self.name in entry.references})

    def __call__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> PolicyAgent:
        """The agent.

        Raises:
            ValueError: If the task of the id names no such policy.
        """
        if not self.plays(env_id):
            known = ", ".join(find_entry(env_id).references) or "none"
            raise ValueError(f"{env_id} has no policy {self.name!r}: this agent is not for it (it has {known})")
        policy = make_policy(find_entry(env_id).references[self.name].policy)
        return PolicyAgent(policy, task_of(env_id).action_names)
