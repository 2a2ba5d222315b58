"""What outcomes earn: payoffs by number, and their worth under the weights of the reward terms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import overload

from textenvs.core.mdp import Payoff


class Payoffs(Sequence[Payoff]):
    """Distinct payoffs, each with a number, its place in the list.

    Args:
        first: Those that it begins with, one at least; they keep their places. All others have as many terms, apart
            from one that earns nothing.
    """

    def __init__(self, first: Iterable[Payoff]) -> None:
        self._payoffs = list(first)
        self._numbers = {payoff: number for number, payoff in enumerate(self._payoffs)}
        self._known = {id(payoff): number for number, payoff in enumerate(self._payoffs)}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._payoffs)

    @overload
    def __getitem__(self, number: int) -> Payoff: ...

    @overload
    def __getitem__(self, number: slice) -> list[Payoff]: ...

    def __getitem__(self, number: int | slice) -> Payoff | list[Payoff]:
        """The payoff of a number, or those of a range."""
        return self._payoffs[number]

    def number(self, payoff: Payoff) -> int:
        """The number of a payoff, which is added if it is new.

        To hash a payoff takes long: the very objects in the list are known by their identity.
        """
        number = self._known.get(id(payoff))
        if number is None:
            if not payoff.terms:
                payoff = payoff._replace(terms=(0.0,) * len(self._payoffs[0].terms))
            number = self._numbers.get(payoff)
            if number is None:
                _check_length(payoff, self._payoffs[0])
                number = self._numbers[payoff] = self._known[id(payoff)] = len(self._payoffs)
                self._payoffs.append(payoff)
        return number

    def __reduce__(self) -> tuple[type[Payoffs], tuple[list[Payoff]]]:
        """A copy has other objects, and so other identities."""
        return Payoffs, (self._payoffs,)


def _check_length(payoff: Payoff, other: Payoff) -> None:
    if len(payoff.terms) != len(other.terms):
        raise ValueError(
            f"an outcome earns {len(payoff.terms)} amounts, and the task has {len(other.terms)} terms: make it by the "
            "`earn` of the task's own `Terms`"
        )


def check_end(payoff: Payoff, state: object) -> Payoff:
    """What a last turn earns, if it ends the episode.

    Raises:
        ValueError: If it does not.
    """
    if not payoff.terminated:
        raise ValueError(f"timeout of the state {state!r} must end the episode: write `TERMS.earn(..., ends=True)`")
    return payoff


def amounts(payoff: Payoff, turns_left: int) -> tuple[float, ...]:
    """The amount of each reward term."""
    left = payoff.per_turn_left
    if not left:
        return payoff.terms
    return tuple(now + each * turns_left for now, each in zip(payoff.terms, left, strict=True))


def price(payoff: Payoff, weights: tuple[float, ...]) -> tuple[float, float]:
    """The reward of a payoff and its reward for each turn left, under the weights of the terms."""
    left = payoff.per_turn_left or (0.0,) * len(weights)
    return (
        math.fsum(w * t for w, t in zip(weights, payoff.terms, strict=True)),
        math.fsum(w * t for w, t in zip(weights, left, strict=True)),
    )
