"""Why an episode went as it did: what each decision was worth, by the exact solution, and what was luck."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gymnasium.error import Error

from textenvs.core.env import TextEnv
from textenvs.core.mdp import State
from textenvs.errors import shown
from textenvs.evaluation import EpisodeRecord
from textenvs.reference import Solved, solve
from textenvs.registration import find_entry
from textenvs.text.matching import READERS

KEPT = 512
"""Scenarios that are kept solved."""
EQUAL = 1e-9
"""Actions whose values differ by less are equally good."""


@dataclass(frozen=True)
class Decision:
    """One act of an episode, and what else could have been done.

    Attributes:
        observation: The text before it, as an agent with `obs_type="text"` sees it.
        choices: The sentence of each action; "" where it is impossible.
        action: What the agent answered.
        choice: Number of the choice that it meant; None where the act was impossible or not understood, or is a text.
        values: For each action the expected return from here on, if all that follows is optimal; NaN where it is
            impossible, or where the solver does not know the state.
        value: The same of what was done.
        optimal: The action of the solver's policy; None where the solver does not know the state.
        reward: What it earned.
        reward_terms: The amount of each reward term.
    """

    observation: str
    choices: tuple[str, ...]
    action: int | str
    choice: int | None
    values: tuple[float, ...]
    value: float
    optimal: int | None
    reward: float
    reward_terms: Mapping[str, float]

    @property
    def best(self) -> int | None:
        """An optimal action: the one that was taken if it is one, else the policy's; None where that is not known."""
        if self.choice is not None and self.regret == 0.0:
            return self.choice
        return self.optimal

    @property
    def regret(self) -> float:
        """What it gave away: the value of an optimal action less that of what was done; NaN where it is not known."""
        best = max((value for value in self.values if not math.isnan(value)), default=math.nan)
        lost = best - self.value
        return 0.0 if abs(lost) < EQUAL else lost


@dataclass(frozen=True)
class Explanation:
    """An episode, decision by decision. Its return is `expected + luck` less the regret of all decisions.

    Attributes:
        decisions: One for each act.
        ending: The last observation.
        episodic_return: Sum of the rewards.
        expected: What the optimal policy earns on average from the first observation on.
    """

    decisions: tuple[Decision, ...]
    ending: str
    episodic_return: float
    expected: float

    @property
    def regret(self) -> float:
        """What its decisions gave away together; NaN where that is not known."""
        return math.fsum(decision.regret for decision in self.decisions)

    @property
    def luck(self) -> float:
        """What chance has given beyond the expected, or taken."""
        return self.episodic_return - self.expected + self.regret


class Explainer:
    """Plays recorded episodes again, beside the solution of their scenarios.

    Where the optimum is a bound, its values are those of a reader who knows the hidden answer.

    Args:
        env_id: A registered id.
        split: "train" or "test".
        action_type: With which the episodes were played.
        **env_kwargs: Further arguments with which they were: `reward`, and parameters of the task.
    """

    def __init__(self, env_id: str, split: str = "test", action_type: str = "choice", **env_kwargs: Any) -> None:
        entry = find_entry(env_id)
        self._solve = lru_cache(KEPT)(lambda scenario: solve(env_id, split, scenario, **env_kwargs))
        self._env = TextEnv(entry.task, action_type=action_type, **{**entry.parameters, **env_kwargs, "split": split})
        self._writes = action_type == "text" and self._env.task.writes_text

    @property
    def reward_weights(self) -> Mapping[str, float]:
        """The weight of each reward term."""
        return self._env.reward_weights

    def explain(self, record: EpisodeRecord) -> Explanation:
        """What happened in an episode, and what else could have.

        Args:
            record: The episode, of `textenvs.evaluate` or from a file of records.

        Raises:
            ValueError: If it does not come out as it was recorded, or if the task has no solution under this reward.
        """
        env, form = self._env, str if self._env.action_type != "choice" else int
        observation, info = env.reset(seed=record.seed)
        solved = self._solve(env.scenario)
        start = solved.numbers.get(env.state)
        expected = math.nan if start is None else float(solved.solution.values[0, start])
        decisions: list[Decision] = []
        terminated = False
        for turn, action in enumerate(record.actions):
            if terminated or type(action) is not form:
                raise _other(record, "it ends before its acts do" if terminated else f"{shown(action)} is no act")
            before, choices, state = observation, tuple(info["choices"]), solved.numbers.get(env.state)
            mask = info["action_mask"]
            try:
                observation, reward, terminated, _, info = env.step(action)
            except Error as error:
                raise _other(record, str(error)) from None
            choice = self._meant(action, choices, mask)
            values, value, optimal = (math.nan,) * len(choices), math.nan, None
            if state is not None:
                values = tuple(solved.action_values(turn, state).tolist())
                optimal = int(solved.solution.policy[turn, state])
                if choice is not None:
                    value = values[choice]
                elif self._writes:
                    value = float(reward) + _ahead(solved, turn + 1, env.state, terminated)
                else:
                    value = solved.invalid_value(turn, state)
            terms = info["reward_terms"]
            decisions.append(Decision(before, choices, action, choice, values, value, optimal, float(reward), terms))
        total = math.fsum(decision.reward for decision in decisions)
        played = (env.scenario, terminated, len(decisions))
        if played != (record.scenario, True, record.length) or abs(total - record.episodic_return) > EQUAL:
            raise _other(record, f"it comes out with a return of {total:g} after {len(decisions)} acts")
        return Explanation(tuple(decisions), observation, total, expected)

    def _meant(self, action: Any, choices: Sequence[str], mask: Any) -> int | None:
        """The choice that an action means; None where it means none, or is a text."""
        if isinstance(action, int):
            return action if mask[action] else None
        if self._writes:
            return None
        return READERS[self._env.action_type](action, choices, self._env.task.cues)


def _other(record: EpisodeRecord, why: str) -> ValueError:
    return ValueError(f"episode {record.episode} is not as it was recorded: {why}; 'textenvs verify' says more")


def _ahead(solved: Solved, turn: int, state: State, terminated: bool) -> float:
    """What is to be had after a text, of which nothing is left to chance."""
    if terminated:
        return 0.0
    number = solved.numbers.get(state)
    return math.nan if number is None else float(solved.solution.values[turn, number])
