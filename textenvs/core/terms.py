"""Reward terms by name, and what an outcome earns in each of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from textenvs.errors import unknown


class Payoff(NamedTuple):
    """What an outcome earns; tasks make it with `Terms.earn`.

    The amount of term *j* is `terms[j] + per_turn_left[j] * turns_left`, where `turns_left` counts the turns
    that remain after this one. An empty `per_turn_left` means zeros.

    Attributes:
        terms: Amounts, one for each of the task's reward terms, in the task's order. Empty where nothing is earned.
        per_turn_left: Amounts for each turn that is left when the outcome happens.
        terminated: Whether the episode ends.
        metrics: Values of the task's metrics, in the task's order; empty unless the episode ends.
    """

    terms: tuple[float, ...]
    per_turn_left: tuple[float, ...] = ()
    terminated: bool = False
    metrics: tuple[float, ...] = ()


NOTHING = Payoff(())
"""Nothing is earned, and the episode goes on."""
TAKEN = ("self", "ends", "metrics", "per_turn_left")
"""Arguments of `Terms.earn` that no term can be called."""


class Terms(Mapping[str, float]):
    """The reward terms of a task with their default weights, and the names of its metrics. It cannot be changed.

    ```python
    TERMS = Terms({"turn": 1.0, "success": 1.0, "failure": 1.0, "invalid": 1.0}, metrics=("success",))
    TERMS.earn(turn=-1.0, success=20.0, ends=True, metrics={"success": 1.0})
    ```

    Args:
        weights: The default weight of each term.
        metrics: Names of the metrics that an episode has at its end.

    Attributes:
        metrics: The same.

    Raises:
        ValueError: If there is no term, or a term has the name of an argument of `earn`.
    """

    def __init__(self, weights: Mapping[str, float], metrics: Sequence[str] = ("success",)) -> None:
        if not weights:
            raise ValueError('a task has at least one reward term: give its weight, such as {"turn": 1.0}')
        for name in TAKEN:
            if name in weights:
                raise ValueError(f"no reward term can be called {name!r}, an argument of `earn`: rename it")
        if isinstance(metrics, str):
            raise ValueError(f"metrics are a tuple of names, got {metrics!r}: write ({metrics!r},)")
        self._weights = {name: float(weight) for name, weight in weights.items()}
        self.metrics = tuple(metrics)

    def __getitem__(self, name: str) -> float:
        """The default weight of a term."""
        return self._weights[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the terms."""
        return iter(self._weights)

    def __len__(self) -> int:
        """How many terms there are."""
        return len(self._weights)

    def __hash__(self) -> int:
        return hash(frozenset(self._weights.items()))

    def __repr__(self) -> str:
        return f"Terms({self._weights}, metrics={self.metrics})"

    def earn(
        self,
        *,
        ends: bool = False,
        metrics: Mapping[str, float] | None = None,
        per_turn_left: Mapping[str, float] | None = None,
        **amounts: float,
    ) -> Payoff:
        """What an outcome earns; what is not named is 0.

        Args:
            ends: Whether the episode ends.
            metrics: Values of the metrics, only where the episode ends.
            per_turn_left: Amounts for each turn that is left, by term.
            **amounts: Amounts by term.

        Raises:
            ValueError: For a term or a metric that the task does not have, or metrics of an episode that goes on.
        """
        if metrics and not ends:
            raise ValueError(f"metrics {dict(metrics)} of an episode that goes on: give them with ends=True")
        left = _ordered("reward term", per_turn_left, tuple(self._weights)) if per_turn_left else ()
        return Payoff(
            _ordered("reward term", amounts, tuple(self._weights)),
            left if any(left) else (),
            ends,
            _ordered("metric", metrics or {}, self.metrics) if ends else (),
        )

    def plus(self, names: Sequence[str]) -> Terms:
        """These terms and further ones of weight 0."""
        return Terms({**self._weights, **dict.fromkeys(names, 0.0)}, self.metrics)


def _ordered(what: str, values: Mapping[str, float], names: tuple[str, ...]) -> tuple[float, ...]:
    """The value of each name, in their order; 0.0 where none is given."""
    if not values.keys() <= set(names):
        lacking = next(name for name in values if name not in names)
        if lacking in ("success", "invalid"):  # which every task has
            raise ValueError(f"the {what}s are {', '.join(names)}: add {lacking!r} to `Terms`, which every task has")
        raise unknown(what, lacking, names, always_list=True)
    if not all(map(math.isfinite, values.values())):
        raise ValueError(f"amounts of {what}s must be finite numbers, got {dict(values)}")
    return tuple(float(values.get(name, 0.0)) for name in names)
