"""Agents that do not think: no task may let one of them win. The best of them is the floor of a table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import textenvs
from textenvs_baselines.optimal import KEPT, StateReader


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
        names = textenvs.task_of(env_id).action_names
        if action not in names:
            raise ValueError(f"{env_id} has no action {action!r}: this agent is not for it")
        self._action = names.index(action)

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        """The action, or the last legal one."""
        mask = info["action_mask"]
        return self._action if mask[self._action] else int(np.flatnonzero(mask)[-1])


class _Proofreader(Prefers):
    """A proofreader that decides every place alike, and then finishes."""

    action: str

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        super().__init__(env_id, env_kwargs, self.action)

    @classmethod
    def plays(cls, env_id: str) -> bool:
        """Whether the id is one of proofreading."""
        return cls.action in textenvs.task_of(env_id).action_names


class KeepAll(_Proofreader):
    """Changes nothing."""

    action = "keep"


class AcceptAll(_Proofreader):
    """Takes every first suggestion."""

    action = "take_first"


class Script:
    """Acts by a list, whatever it sees; leaves out what is not possible, and at the end takes the last legal action.

    Args:
        env_id: The id it will play; it must have the actions of the list.
        env_kwargs: Not needed.
    """

    obs_type = "discrete"
    action_type = "choice"
    script: tuple[str, ...]

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        if not self.plays(env_id):
            raise ValueError(f"{env_id} lacks some of the actions {', '.join(self.script)}: this agent is not for it")
        names = textenvs.task_of(env_id).action_names
        self._actions = [names.index(name) for name in self.script]
        self._rest = iter(self._actions)

    @classmethod
    def plays(cls, env_id: str) -> bool:
        """Whether the id has the actions of the list."""
        return set(cls.script) <= set(textenvs.task_of(env_id).action_names)

    def reset(self, seed: int) -> None:
        """Begins an episode."""
        self._rest = iter(self._actions)

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        """The next action that is possible."""
        mask = info["action_mask"]
        return next((action for action in self._rest if mask[action]), int(np.flatnonzero(mask)[-1]))


class Abstain(Script):
    """Never answers."""

    script = ("abstain",)


class SearchOpenAbstain(Script):
    """Opens the first page that the second query finds, and abstains."""

    script = ("search_second", "open_first", "abstain")


class SearchOpenAnswer(Script):
    """Opens the first page that the second query finds, and takes the best supported name."""

    script = ("search_second", "open_first", "answer_first")


class SearchFollowAnswer(Script):
    """Follows the best link of the first page that the first query finds, and takes the best supported name there."""

    script = ("search_first", "open_first", "follow_first", "answer_linked_first", "answer_first")


class SearchFollowAbstain(Script):
    """Follows the best link of the first page that the second query finds, and abstains."""

    script = ("search_second", "open_first", "follow_first", "abstain")


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
        self._prefix = f"{textenvs.task_of(env_id).partner}: "

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: str, info: Mapping[str, Any]) -> str:
        """The partner's last sentence."""
        said = [line.removeprefix(self._prefix) for line in observation.split("\n") if line.startswith(self._prefix)]
        return said[-1] if said else observation


def degenerate_agents(env_id: str, env_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """All degenerate agents of an id, by name.

    Where the answer is hidden from every agent, to be told which endings are certain failures is to be told the answer:
    those that never give up are left out there.

    Args:
        env_id: A registered id.
        env_kwargs: The task's parameters and `split` and `reward`.
    """
    task = textenvs.task_of(env_id)
    agents: dict[str, Any] = {
        **{f"always {name}": Constant(env_id, env_kwargs, action) for action, name in enumerate(task.action_names)},
        **{f"prefers {name}": Prefers(env_id, env_kwargs, name) for name in task.action_names},
        "first_legal": ByMask(env_id, env_kwargs),
        "last_legal": ByMask(env_id, env_kwargs, last=True),
        "parrot": Parrot(env_id, env_kwargs),
    }
    for name, script in (("search_open_abstain", SearchOpenAbstain), ("search_follow_abstain", SearchFollowAbstain)):
        if script.plays(env_id):
            agents[name] = script(env_id, env_kwargs)
    if task.optimum == "exact":
        agents["never_gives_up"] = NeverGivesUp(env_id, env_kwargs)
        agents["last_but_never_gives_up"] = NeverGivesUp(env_id, env_kwargs, last=True)
    return agents


def floor_agent(env_id: str, env_kwargs: Mapping[str, Any]) -> Any:
    """The best degenerate agent of an id, as the reference scores name it.

    Args:
        env_id: A registered id.
        env_kwargs: Nothing but the `split`: it was measured for the id's own parameters.
    """
    if set(env_kwargs) - {"split"}:
        raise ValueError(f"the floor of {env_id} was measured for its own parameters and reward, not for {env_kwargs}")
    scores = textenvs.reference_scores(env_id, split=env_kwargs.get("split", "train"))
    if scores.floor_agent is None:
        raise ValueError(f"no floor of {env_id} is known for these sources: run scripts/compile_reference_scores.py")
    return degenerate_agents(env_id, env_kwargs)[scores.floor_agent]
