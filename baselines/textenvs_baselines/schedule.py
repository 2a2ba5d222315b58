"""How a tabular learner learns and explores: its settings, the schedule of epsilon, and the greedy choice."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass

import numpy as np

from textenvs.core import chance
from textenvs.errors import shown


@dataclass(frozen=True)
class Config:
    """Settings of a tabular learner.

    Attributes:
        discount: Discount of the next value, in [0, 1].
        step_size: The step size of an entry's first update, in (0, 1].
        step_size_power: The step size of the *n*-th update is `step_size * n ** -step_size_power`; 0 keeps it constant.
        step_size_floor: Smallest step size, in [0, 1].
        epsilon_start: Chance of a random action at the first step, in [0, 1]. It falls linearly.
        epsilon_end: Chance of a random action at the end of exploration, in [0, 1].
        exploration: Share of the steps after which it has fallen, in [0, 1].
        initial: Value of every entry at the start.
    """

    discount: float = 1.0
    step_size_power: float = 0.8
    step_size_floor: float = 0.03
    epsilon_start: float = 1.0
    epsilon_end: float = 0.0
    exploration: float = 0.9
    initial: float = 0.0
    step_size: float = 1.0

    def __post_init__(self) -> None:
        """Checks the ranges."""
        for name, value in asdict(self).items():
            if type(value) not in (int, float) or not abs(value) <= sys.float_info.max:
                raise ValueError(f"{name} must be a number, got {shown(value)}")
            if name not in ("initial", "step_size_power") and not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} must be between 0 and 1, got {shown(value)}")
        if self.step_size == 0:
            raise ValueError("step_size must be above 0: with 0 nothing is learned")

    def size_of_update(self, count: int) -> float:
        """The step size of an entry's update number `count`, from 1."""
        return float(max(self.step_size_floor, self.step_size * count**-self.step_size_power))


class Explorer:
    """Epsilon-greedy choice from a counter stream: the choice at a global step does not depend on how it came there.

    Args:
        settings: Schedule of epsilon.
        total_steps: Length of the schedule.
        seed: Key of the stream.
        values: The table, which goes on changing.
    """

    def __init__(self, settings: Config, total_steps: int, seed: int, values: list[list[float]]) -> None:
        self.start = float(settings.epsilon_start)
        self.slope = (settings.epsilon_end - settings.epsilon_start) / max(1.0, settings.exploration * total_steps)
        self.end = float(settings.epsilon_end)
        self.key = int(np.random.SeedSequence([seed, chance.EXPLORE]).generate_state(1, np.uint64)[0])
        self._values = values

    def choose(self, step: int, observation: int, legal: list[int]) -> int:
        """A legal action: random with probability epsilon, else the best."""
        epsilon = max(self.start + self.slope * step, self.end)
        if epsilon > 0.0:
            u = chance.uniform(self.key, step, 0, chance.EXPLORE)
            if u < epsilon:
                return legal[int(u / epsilon * len(legal))]
        return greedy(self._values[observation], legal)


def greedy(values: list[float], legal: list[int]) -> int:
    """The legal action of the largest value; the first of equals."""
    return max(legal, key=values.__getitem__)
