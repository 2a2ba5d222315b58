"""The exact solution of a compiled process: backward induction over the horizon.

All functions take one scenario's `Tables`. A policy is an array (horizon, states, actions) of probabilities, or
(horizon, states) of actions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textenvs.core.mdp import Task
from textenvs.core.payoffs import price
from textenvs.core.tables import Tables

TIES = 1e-9
"""Actions are equally good if their values differ by at most this share of the value of their state, and `ROUNDING` of
the largest value of the turn; and as short if the expected numbers of turns that are left differ by at most this share
of the horizon."""
ROUNDING = 1e-12
"""Share of the largest value of a turn by which values differ that were only rounded otherwise."""


@dataclass(frozen=True, eq=False)
class Solution:
    """The optimum of one scenario.

    Attributes:
        values: (horizon + 1, states) float64, the optimal expected return from each turn on.
        policy: (horizon, states) int64, an optimal action for each turn: of equally good ones that after which the
            policy expects the fewest turns, and of these the first.
        optimal: Expected return of the optimal policy from the first states.
        random: Expected return of the uniform policy over legal actions.
    """

    values: NDArray[np.float64]
    policy: NDArray[np.int64]
    optimal: float
    random: float


@dataclass(frozen=True, eq=False)
class Rewards:
    """A reward of states and actions.

    A step in state *s* with action *a* and *left* turns left after it earns `now[s, a] + left * each_left[s, a]`, and
    `timeout` of the next state on top if it was the last turn and the episode has not ended by itself.

    Attributes:
        now: (states, actions) float64.
        each_left: (states, actions) float64.
        timeout: (states,) float64.
    """

    now: NDArray[np.float64]
    each_left: NDArray[np.float64]
    timeout: NDArray[np.float64]

    @classmethod
    def of(cls, now: NDArray[np.float64]) -> Rewards:
        """A reward that does not ask how many turns are left."""
        return cls(now, np.zeros_like(now), np.zeros(len(now)))

    def plus(self, other: NDArray[np.float64]) -> Rewards:
        """With something added to each state and action."""
        return Rewards(self.now + other, self.each_left, self.timeout)

    def times(self, factor: float) -> Rewards:
        """All of it so many times."""
        return Rewards(factor * self.now, factor * self.each_left, factor * self.timeout)


class Backup:
    """One-step look-ahead on tables.

    Args:
        tables: The compiled scenario.
        horizon: Number of turns.
    """

    def __init__(self, tables: Tables, horizon: int) -> None:
        going = np.array([not payoff.terminated for payoff in tables.payoffs], dtype=np.float64)
        self.tables, self.horizon = tables, horizon
        self._n_rows = tables.n_states * tables.n_actions
        self._filled = np.flatnonzero(tables.count[: self._n_rows])
        self._starts = tables.start[self._filled]
        self._end = int(tables.start[-1])
        self._next = tables.next[: self._end]
        self._continue = tables.probability[: self._end] * going[tables.payoff[: self._end]]

    def mean(self, of_outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean over the outcomes of each act, (states, actions); 0 where an action is impossible.

        Args:
            of_outcomes: (outcomes,), those of the start, which stand at the end, need not be there.
        """
        return self._sum(self.tables.probability[: self._end] * of_outcomes[: self._end])

    def _sum(self, of_outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.zeros(self._n_rows)
        total[self._filled] = np.add.reduceat(of_outcomes, self._starts)
        return total.reshape(self.tables.n_states, self.tables.n_actions)

    def rewards(self, weights: Sequence[float]) -> Rewards:
        """The reward under weights of the task's terms."""
        priced = np.array([price(payoff, tuple(weights)) for payoff in self.tables.payoffs])
        now, left = (self.mean(column[self.tables.payoff]) for column in priced.T)
        return Rewards(now, left, priced[self.tables.timeout, 0])

    def action_values(self, rewards: Rewards, turn: int, after: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expected return of each action at a turn, (states, actions), given the (states,) values after it."""
        left = self.horizon - turn - 1
        ahead = rewards.timeout if left == 0 else after
        return rewards.now + left * rewards.each_left + self._sum(self._continue * ahead[self._next])

    def shortest(self, best: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The policy that takes one of the best actions and, among these policies, expects the fewest turns.

        Args:
            best: (horizon, states, actions), what may be taken, as `equally_good` gives it.

        Returns:
            (horizon, states) actions; the first of those that are equally short.
        """
        tables, n_actions = self.tables, self.tables.n_actions
        acts = (tables.count[: self._n_rows] > 0).reshape(best.shape[1:])
        acting = acts.any(axis=1)
        if np.count_nonzero(best & acts) == self.horizon * np.count_nonzero(acting):  # there are no ties
            only: NDArray[np.int64] = best.argmax(axis=2)
            return only
        policy = np.zeros(best.shape[:2], np.int64)
        policy[:, ~acting] = best[:, ~acting].argmax(axis=2)
        unknown = np.where(acting, np.inf, 0.0)
        turns_left = np.zeros(tables.n_states)
        numbers = np.arange(self._end)
        for turn in reversed(range(self.horizon)):
            rows = np.flatnonzero(best[turn] & acts)
            count = tables.count[rows]
            ends = count.cumsum()
            starts = ends - count
            outcomes = np.repeat(tables.start[rows] - starts, count) + numbers[: ends[-1]]
            after = self._continue[outcomes] * turns_left[self._next[outcomes]]
            length = 1.0 + np.add.reduceat(after, starts)
            state = rows // n_actions
            turns_left = unknown.copy()
            np.minimum.at(turns_left, state, length)
            short = length <= turns_left[state] + TIES * self.horizon
            policy[turn, state[short][::-1]] = rows[short][::-1] % n_actions  # of equals the first is written last
        return policy

    def start_value(self, values: NDArray[np.float64]) -> float:
        """Expectation of (states,) values over the first states."""
        first = slice(self._end, None)
        return float(self.tables.probability[first] @ values[self.tables.next[first]])


def equally_good(values: NDArray[np.float64], best: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which actions are as good as the best of their state.

    Args:
        values: (states, actions) the value of each action, -inf where it may not be taken.
        best: (states,) the largest value of each state.

    Returns:
        (states, actions), of each state at least one.
    """
    sizes = np.where(best > -np.inf, np.abs(best), 0.0)
    good: NDArray[np.bool_] = values >= (best - TIES * sizes - ROUNDING * sizes.max(initial=0.0))[:, None]
    return good


def solve_tables(
    task: Task,
    tables: Tables,
    reward: Mapping[str, float] | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> Solution:
    """Solves one scenario exactly.

    Args:
        task: The task.
        tables: The compiled scenario.
        reward: Weights that replace the task's own, by term.
        allowed: (states, actions) bool, to find the best policy among those that take only these actions. A state in
            which none is allowed may use every legal one.
    """
    backup = Backup(tables, task.horizon)
    rewards = backup.rewards(_weights(task, reward))
    legal = tables.mask.astype(bool)
    if allowed is not None:
        some = legal & allowed
        legal = np.where(some.any(axis=1, keepdims=True), some, legal)
    values = np.zeros((task.horizon + 1, tables.n_states))
    best = np.zeros((task.horizon, *legal.shape), np.bool_)
    for turn in reversed(range(task.horizon)):
        q = np.where(legal, backup.action_values(rewards, turn, values[turn + 1]), -np.inf)
        values[turn] = q.max(axis=1)
        best[turn] = equally_good(q, values[turn])
    mask = tables.mask.astype(np.float64)
    uniform = mask / mask.sum(axis=1, keepdims=True)
    random = _evaluate(backup, rewards, np.broadcast_to(uniform, (task.horizon, *uniform.shape)))
    return Solution(values, backup.shortest(best), backup.start_value(values[0]), random)


def evaluate_policy(
    task: Task,
    tables: Tables,
    policy: NDArray[np.float64] | NDArray[np.int64],
    reward: Mapping[str, float] | None = None,
) -> float:
    """The exact expected return of a policy.

    Args:
        task: The task.
        tables: The compiled scenario.
        policy: (horizon, states, actions) probabilities over legal actions, or (horizon, states) legal actions.
        reward: Weights that replace the task's own, by term.
    """
    if policy.ndim == 2:
        policy = np.eye(tables.n_actions)[policy.astype(np.int64)]
    backup = Backup(tables, task.horizon)
    return _evaluate(backup, backup.rewards(_weights(task, reward)), policy.astype(np.float64, copy=False))


def _weights(task: Task, reward: Mapping[str, float] | None) -> tuple[float, ...]:
    """The weight of each of the task's terms, in their order."""
    return tuple({**task.terms, **(reward or {})}.values())


def _evaluate(backup: Backup, rewards: Rewards, policy: NDArray[np.float64]) -> float:
    value = np.zeros(backup.tables.n_states)
    for turn in reversed(range(backup.horizon)):
        value = (policy[turn] * backup.action_values(rewards, turn, value)).sum(axis=1)
    return backup.start_value(value)
