"""The optimal agent: the solver's policy, played from text observations alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textenvs.state_reader import StateReader


class OptimalAgent:
    """Plays the computed optimum, or looks up the answer that is hidden from all others.

    It tells the state from the text. Where the optimum is a bound, the solver knows the hidden answer.

    Args:
        env_id: The id it will play.
        env_kwargs: The task's parameters and `split` and `reward`.
    """

    obs_type = "text"
    action_type = "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        self._reader = StateReader(env_id, env_kwargs)

    def reset(self, seed: int) -> None:
        """Begins an episode."""

    def act(self, observation: str, info: Mapping[str, Any]) -> int:
        """The optimal action at this turn in this state."""
        turn, state = self._reader.read(observation)
        return int(self._reader.scenario.solved.solution.policy[turn, state])
