"""SARSA (Rummery and Niranjan 1994): towards the value of the action that is taken next."""

from __future__ import annotations

from dataclasses import dataclass

from textenvs_baselines.schedule import Config
from textenvs_baselines.tabular import TabularAgent


@dataclass(frozen=True)
class SarsaConfig(Config):
    """Settings of SARSA, which explores less and forgets faster: its targets change with its own exploration."""

    step_size_power: float = 0.4
    epsilon_start: float = 0.2


class SarsaAgent(TabularAgent):
    """SARSA with a table: like Q-learning, but it learns what its own acts are worth, exploration included.

    On-policy: an entry moves towards the reward and the value of the action that is taken next.
    """

    name = "sarsa"
    on_policy = True
    config_class = SarsaConfig
