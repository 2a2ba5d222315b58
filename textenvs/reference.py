"""What a score means: the value of the optimum and of chance, and the best that is had without thinking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textenvs.core.cache import remembered
from textenvs.core.closure import hash_files, import_closure
from textenvs.core.composition import Reward, compose, counted
from textenvs.core.loading import check_scenario, check_split, load_tables
from textenvs.core.mdp import Payoff, State, Task
from textenvs.core.payoffs import price
from textenvs.core.solve import Solution, solve_tables
from textenvs.core.tables import Tables
from textenvs.drift import check_drift, key_of
from textenvs.errors import unknown
from textenvs.registration import find_entry, stored_of, task_of

SOLVER = ("textenvs.reference", "textenvs.core.solve", "textenvs.core.payoffs", "textenvs.core.composition")
"""Modules that decide what scores come of a task, beside the task itself."""


@dataclass(frozen=True)
class ReferenceScores:
    """Expected returns that give a score its meaning.

    Attributes:
        random: Of the policy that takes every legal action with the same probability: 0 on the normalised scale.
        optimal: Of the best policy, or a bound on it: 100 on the normalised scale.
        kind: "exact" (an agent that sees the text can reach it) or "bound" (no agent can exceed it).
        floor: Mean return of the best degenerate baseline; None where it was not measured.
        floor_agent: Which baseline that is.
    """

    random: float
    optimal: float
    kind: str = "exact"
    floor: float | None = None
    floor_agent: str | None = None

    def normalise(self, episodic_return: float) -> float:
        """A return on the scale on which 0 is random and 100 optimal.

        Raises:
            ValueError: If both are worth the same, as under a reward that is always 0.
        """
        if self.optimal == self.random:
            raise ValueError("optimal and random play are worth the same under this reward: there is no scale")
        return 100.0 * (episodic_return - self.random) / (self.optimal - self.random)


@dataclass(frozen=True, eq=False)
class Solved:
    """A scenario with its exact solution.

    Attributes:
        task: The task.
        tables: The scenario, compiled.
        solution: Values and policy by turn and state; the state of row *i* is `tables.states[i]`.
        reward_weights: The weight of each reward term for which it was solved.
    """

    task: Task
    tables: Tables
    solution: Solution
    reward_weights: Mapping[str, float]

    @cached_property
    def numbers(self) -> Mapping[State, int]:
        """The number of each state in the tables."""
        return {state: number for number, state in enumerate(self.tables.states)}

    def action_values(self, turn: int, state: int) -> NDArray[np.float64]:
        """What each action is worth: the expected return from here on, if all that follows is optimal.

        Args:
            turn: Number of turns taken, in [0, horizon).
            state: Number of the state.

        Returns:
            (actions,) values, NaN where an action is impossible.
        """
        tables = self.tables
        values = np.full(tables.n_actions, np.nan)
        for action in np.flatnonzero(tables.mask[state]):
            row = state * tables.n_actions + int(action)
            place = slice(tables.start[row], tables.start[row] + tables.count[row])
            worth = [
                self._worth(turn, tables.payoffs[payoff], after)
                for payoff, after in zip(tables.payoff[place], tables.next[place], strict=True)
            ]
            values[action] = tables.probability[place] @ worth
        return values

    def invalid_value(self, turn: int, state: int) -> float:
        """The same of an act that is impossible, or not understood."""
        return self._worth(turn, self.task.invalid, state)

    def _worth(self, turn: int, payoff: Payoff, after: int) -> float:
        """What an outcome earns, and what is to be had after it."""
        weights = tuple(self.reward_weights.values())
        left = self.task.horizon - turn - 1
        reward, reward_left = price(payoff, weights)
        if payoff.terminated:
            ahead = 0.0
        elif left == 0:
            ahead, _ = price(self.tables.payoffs[self.tables.timeout[after]], weights)
        else:
            ahead = float(self.solution.values[turn + 1, after])
        return reward + left * reward_left + ahead

    def __repr__(self) -> str:
        """Short: the tables are large."""
        return f"Solved({type(self.task).__name__}, {self.tables.n_states} states, optimal {self.solution.optimal:.3f})"


def reference_scores(env_id: str, split: str = "train", reward: Reward = None, **parameters: Any) -> ReferenceScores:
    """The reference scores of an id.

    Those of the ids of this package are stored. Where nothing is stored, or parameters or reward are not those of the
    id, they are computed, which takes a few seconds for the dialogue, and a minute or so where there are many
    scenarios; those of an id as it is are then kept in the cache.

    Args:
        env_id: A registered id.
        split: "train" or "test".
        reward: Weights that replace the task's own, or their name, as for `gymnasium.make`.
        **parameters: Parameters that replace those of the id.

    Raises:
        Drift: If the sources of the id were changed so that it behaves otherwise than its stored scores are for.
    """
    entry = find_entry(env_id)
    check_split(split)
    if {**entry.parameters, **parameters} != dict(entry.parameters) or reward:
        return compute_scores(task_of(entry.id, **parameters), split, reward)
    stored = stored_of(entry.id)
    if stored is not None:
        check_drift(entry.id)
        found = stored[split]
    else:
        key = [key_of(entry, entry.source), solver_hash()] if entry.source else None
        names = [each.name for each in fields(ReferenceScores)]
        found = remembered(f"scores-{split}", key, names, lambda: asdict(compute_scores(task_of(entry.id), split)))
    return ReferenceScores(**{each.name: found[each.name] for each in fields(ReferenceScores)})


@cache
def solver_hash() -> str:
    """A hash of the modules that solve tasks and compute their scores."""
    return hash_files(import_closure(SOLVER, SOLVER))


def compute_scores(task: Task, split: str, reward: Reward = None) -> ReferenceScores:
    """Solves every scenario of a split, one after the other; scenarios are equally likely."""
    task, weights = compose(task, counted(task, reward))
    n = task.n_scenarios(split)
    random = optimal = 0.0
    for k in range(n):
        solution = solve_tables(task, load_tables(task, split, k), weights)
        random += solution.random / n
        optimal += solution.optimal / n
    return ReferenceScores(random, optimal, task.optimum)


def solve(env_id: str, split: str = "train", scenario: int = 0, reward: Reward = None, **parameters: Any) -> Solved:
    """Tables, values and policy of one scenario.

    Args:
        env_id: A registered id.
        split: "train" or "test".
        scenario: Number of the scenario in the split.
        reward: Weights that replace the task's own, or their name, as for `gymnasium.make`.
        **parameters: Parameters that replace those of the id.
    """
    task = task_of(env_id, **parameters)
    task, weights = compose(task, counted(task, reward))
    check_split(split)
    check_scenario(scenario, split, task.n_scenarios(split))
    tables = load_tables(task, split, scenario)
    return Solved(task, tables, solve_tables(task, tables, weights), weights)


def instructions(env_id: str, action_type: str = "choice", reward: Reward = None, **parameters: Any) -> str:
    """What a person or a language model must know to play: rules, aim, form of a reply.

    Args:
        env_id: A registered id.
        action_type: "choice" or "reply" (it is a number), or "text" (it is a sentence, or the whole text).
        reward: Not told: the aim is the task's own.
        **parameters: Parameters that replace those of the id.
    """
    task = task_of(env_id, **parameters)
    number = "Reply with the number of the sentence that you want to say, and nothing else."
    reply = {
        "choice": number,
        "reply": number,
        "text": "Reply with the sentence that you want to say, in your own words, and nothing else.",
    }
    if action_type not in reply:
        raise unknown("action_type", action_type, reply)
    if action_type == "text" and task.text_instructions is not None:
        return task.text_instructions
    return f"{task.instructions}\n\n{reply[action_type]}"
