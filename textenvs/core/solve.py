"""The exact solution of a compiled process: backward induction over the horizon.

All functions take one scenario's `Tables`. A policy is an array (horizon, states, actions) of probabilities, or
(horizon, states) of actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textenvs.core.mdp import Task
from textenvs.core.payoffs import price
from textenvs.core.tables import Tables


@dataclass(frozen=True, eq=False)
class Solution:
    """The optimum of one scenario.

    Attributes:
        values: (horizon + 1, states) float64, the optimal expected return from each turn on.
        policy: (horizon, states) int64, an optimal action for each turn; the first of equals.
        optimal: Expected return of the optimal policy from the first states.
        random: Expected return of the uniform policy over legal actions.
    """

    values: NDArray[np.float64]
    policy: NDArray[np.int64]
    optimal: float
    random: float


class Backup:
    """One-step look-ahead on tables under fixed reward weights.

    Args:
        task: The task, for its horizon and terms.
        tables: The compiled scenario.
        reward: Weights that replace the task's own, by term.
        allowed: (states, actions) bool, actions a policy may take; all legal ones by default.
    """

    def __init__(
        self,
        task: Task,
        tables: Tables,
        reward: Mapping[str, float] | None = None,
        allowed: NDArray[np.bool_] | None = None,
    ) -> None:
        weights = tuple({**task.terms, **(reward or {})}.values())
        priced = np.array([price(payoff, weights) for payoff in tables.payoffs])
        going = np.array([not payoff.terminated for payoff in tables.payoffs], dtype=np.float64)
        self.horizon = task.horizon
        self.tables = tables
        self._n_rows = tables.n_states * tables.n_actions
        rows = tables.count[: self._n_rows]
        self._filled = np.flatnonzero(rows)
        self._starts = tables.start[self._filled]
        self._end = int(tables.start[-1])
        self._continue = tables.probability * going[tables.payoff]
        self._reward = self._sum(tables.probability * priced[tables.payoff, 0])
        self._reward_left = self._sum(tables.probability * priced[tables.payoff, 1])
        self._timeout = priced[tables.timeout, 0]
        legal = tables.mask.astype(bool)
        self.allowed = legal if allowed is None else legal & allowed

    def _sum(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums over the outcomes of each row, as (states, actions)."""
        total = np.zeros(self._n_rows)
        total[self._filled] = np.add.reduceat(values[: self._end], self._starts)
        return total.reshape(self.tables.n_states, self.tables.n_actions)

    def action_values(self, turn: int, after: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expected return of each action at a turn, (states, actions), given the values after it; illegal ones too."""
        left = self.horizon - turn - 1
        ahead = self._timeout if left == 0 else after
        return self._reward + left * self._reward_left + self._sum(self._continue * ahead[self.tables.next])

    def start_value(self, values: NDArray[np.float64]) -> float:
        """Expectation over the first states."""
        first = slice(int(self.tables.start[-1]), None)
        return float(self.tables.probability[first] @ values[self.tables.next[first]])


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
    backup = Backup(task, tables, reward, allowed)
    if allowed is not None:
        stuck = ~backup.allowed.any(axis=1)
        backup.allowed[stuck] = tables.mask[stuck].astype(bool)
    values = np.zeros((task.horizon + 1, tables.n_states))
    policy = np.zeros((task.horizon, tables.n_states), dtype=np.int64)
    for turn in reversed(range(task.horizon)):
        q = np.where(backup.allowed, backup.action_values(turn, values[turn + 1]), -np.inf)
        policy[turn] = q.argmax(axis=1)
        values[turn] = q.max(axis=1)
    mask = tables.mask.astype(np.float64)
    uniform = mask / mask.sum(axis=1, keepdims=True)
    random = _evaluate(backup, np.broadcast_to(uniform, (task.horizon, *uniform.shape)))
    return Solution(values, policy, backup.start_value(values[0]), random)


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
    return _evaluate(Backup(task, tables, reward), policy.astype(np.float64, copy=False))


def _evaluate(backup: Backup, policy: NDArray[np.float64]) -> float:
    value = np.zeros(backup.tables.n_states)
    for turn in reversed(range(backup.horizon)):
        value = (policy[turn] * backup.action_values(turn, value)).sum(axis=1)
    return backup.start_value(value)
