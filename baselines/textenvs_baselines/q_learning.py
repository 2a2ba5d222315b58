"""Q-learning (Watkins 1989): towards the best next value."""

from __future__ import annotations

from textenvs_baselines.tabular import TabularAgent


class QLearningAgent(TabularAgent):
    """Off-policy: an entry moves towards the reward and the largest value of the next observation's legal actions."""

    name = "q_learning"

    def following(self, values: list[float], legal: list[int], action: int) -> float:
        """The largest value among the legal actions."""
        return max([values[a] for a in legal])
