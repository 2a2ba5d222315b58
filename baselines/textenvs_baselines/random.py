"""The random agent: every possible action is as likely as any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


class RandomAgent:
    """Takes any possible act with the same probability; it learns nothing.

    Draws uniformly from the legal actions: 0 on the normalised scale.

    Args:
        env_id: The id it will play; not needed.
        env_kwargs: Not needed.
    """

    obs_type = "discrete"
    action_type = "choice"

    def __init__(self, env_id: str, env_kwargs: Mapping[str, Any]) -> None:
        self._rng = np.random.default_rng(0)

    def reset(self, seed: int) -> None:
        """Begins an episode."""
        self._rng = np.random.default_rng(seed)

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        """A legal action."""
        legal = np.flatnonzero(info["action_mask"])
        return int(legal[self._rng.integers(len(legal))])
