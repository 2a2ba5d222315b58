"""What a batch earns: payoffs as arrays, and rewards, terms and metrics from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from textenvs.core.mdp import Payoff, Task
from textenvs.core.payoffs import price


class Earned(NamedTuple):
    """What a step has earned.

    Attributes:
        payoff: (N,) numbers of the payoffs.
        left: (N,) turns left.
        late: Rows whose last turn has passed.
        timeout: Numbers of their further payoffs.
    """

    payoff: NDArray[np.int32] | NDArray[np.int64]
    left: NDArray[np.int64]
    late: NDArray[np.int64]
    timeout: NDArray[np.int32] | None


class Ledger:
    """The payoffs of an arena under the weights of the reward terms, as arrays over their numbers.

    Args:
        task: The task.
        payoffs: The arena's, which grow; `update` follows it.
        weights: The weight of each reward term.

    Attributes:
        pay: (payoffs,) float64, reward.
        pay_left: (payoffs,) float64, reward for each turn left.
        ends: (payoffs,) bool, whether the episode ends.
    """

    def __init__(self, task: Task, payoffs: Sequence[Payoff], weights: tuple[float, ...]) -> None:
        self._payoffs = payoffs
        self._weights = weights
        self._names = tuple(task.terms)
        self._metric_names = task.metrics
        self._n = 0
        self.update()

    def update(self) -> None:
        """Brings the arrays over payoffs up to date: reward, reward for each turn left, end."""
        payoffs = self._payoffs
        if len(payoffs) == self._n:
            return
        self._n = len(payoffs)
        priced = np.array([price(payoff, self._weights) for payoff in payoffs])
        self.pay, self.pay_left = priced[:, 0].copy(), priced[:, 1].copy()
        self.ends = np.array([payoff.terminated for payoff in payoffs])
        zero = (0.0,) * len(self._names)
        self._terms = np.array([payoff.terms for payoff in payoffs]).T.copy()
        self._terms_left = np.array([payoff.per_turn_left or zero for payoff in payoffs]).T.copy()
        self._counts_left = np.flatnonzero(self._terms_left.any(axis=1)).tolist()
        none = (0.0,) * len(self._metric_names)
        self._metrics = np.array([payoff.metrics or none for payoff in payoffs]).T.copy()

    def amounts(self, earned: Earned, shown: NDArray[np.bool_], only: NDArray[np.int64] | None) -> dict[str, Any]:
        """The amount of each reward term, (N,) float64 each, with its mask."""
        found = self._terms.take(earned.payoff, axis=1)
        for j in self._counts_left:
            found[j] += self._terms_left[j].take(earned.payoff) * earned.left
        if earned.timeout is not None and len(earned.late):
            found[:, earned.late] += self._terms[:, earned.timeout]
        if only is not None:
            found *= shown
        terms: dict[str, Any] = {}
        for name, amount, mask in zip(self._names, found, shown, strict=True):
            terms[name], terms[f"_{name}"] = amount, mask
        return terms

    def measure(self, earned: Earned, ended: NDArray[np.bool_]) -> dict[str, Any]:
        """The metrics of the rows that have ended, (N,) float64 each, with its mask."""
        payoff = earned.payoff
        if earned.timeout is not None:
            payoff = payoff.copy()
            payoff[earned.late] = earned.timeout
        metrics: dict[str, Any] = {}
        for name, values in zip(self._metric_names, self._metrics, strict=True):
            metrics[name], metrics[f"_{name}"] = np.where(ended, values.take(payoff), 0.0), ended.copy()
        return metrics
