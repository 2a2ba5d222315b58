"""Q-learning (Watkins 1989): towards the best next value."""

from __future__ import annotations

from textenvs_baselines.tabular import TabularAgent


class QLearningAgent(TabularAgent):
    """Q-learning with a table: it remembers what each act was worth in each situation it can tell apart.

    Off-policy: an entry moves towards the reward and the largest value of the next observation's legal actions.
    """

    name = "q_learning"
    on_policy = False
