"""Rewards that help to learn and leave the best policy what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, SupportsFloat

import gymnasium as gym
from gymnasium.error import ResetNeeded
from gymnasium.utils import RecordConstructorArgs


class PotentialShaping(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Adds `discount * potential(next) - potential(now)` to each reward (Ng, Harada and Russell 1999).

    The potential of a terminal state is 0, so that the shaping of an episode that terminates sums to minus the
    potential of its first observation when the discount is 1: every policy loses the same, and the best stays the best.
    Where an episode is truncated the potential of its last observation stays, as its value does. `info["shaping"]`
    holds what was added; `info["reward_terms"]` are the task's own.

    Args:
        env: The environment.
        potential: A number for each observation; higher where more is to be had from.
        discount: That of the learner, in [0, 1].
    """

    def __init__(self, env: gym.Env[Any, Any], potential: Callable[[Any], float], discount: float = 1.0) -> None:
        if not 0.0 <= discount <= 1.0:
            raise ValueError(f"discount must be between 0 and 1, got {discount!r}")
        RecordConstructorArgs.__init__(self, potential=potential, discount=discount)
        super().__init__(env)
        self._potential = potential
        self._discount = discount
        self._now: float | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode; nothing is added."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._now = float(self._potential(observation))
        return observation, {**info, "shaping": 0.0}

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Takes a step; raises ResetNeeded before the first reset."""
        if self._now is None:
            raise ResetNeeded("no episode has begun: call reset() before step()")
        observation, reward, terminated, truncated, info = self.env.step(action)
        ahead = 0.0 if terminated else float(self._potential(observation))
        shaping = self._discount * ahead - self._now
        self._now = ahead
        return observation, float(reward) + shaping, terminated, truncated, {**info, "shaping": shaping}
