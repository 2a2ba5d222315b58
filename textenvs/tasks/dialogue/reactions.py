"""How the user reacts: to a question, to a wrong act, to a useless one; and what is heard of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textenvs.core.mdp import Outcome
from textenvs.tasks.dialogue.states import FAILURE, HANG_UP, TURN, Over, State

Dynamics = Iterator[Outcome]
Event = tuple[Any, ...]


class Hearing:
    """What the assistant hears of what is said.

    Args:
        error_rate: Chance that a value is replaced by another of its slot, and that an answer is lost.
    """

    def __init__(self, error_rate: float) -> None:
        self.error_rate = error_rate

    def misheard(self, belief: NDArray[np.float64], axis: int, n: int) -> NDArray[np.float64]:
        """The distribution of what is heard of a slot with *n* values: another one, uniformly, at the error rate."""
        swap = self.error_rate / (n - 1)
        heard: NDArray[np.float64] = (
            belief * (1.0 - self.error_rate - swap) + belief.sum(axis=axis, keepdims=True) * swap
        )
        return heard

    def answer(self, state: State, answers: Iterable[tuple[float, State, Event]]) -> Dynamics:
        """An answer to a question, which may be lost: then nothing is known that was not known before."""
        if self.error_rate:
            yield Outcome(self.error_rate, state, ("lost",), TURN)
        for p, following, event in answers:
            if p > 0.0:
                yield Outcome(p * (1 - self.error_rate), following, event, TURN)


def wrong(objections: Sequence[tuple[float, State, Event]]) -> Dynamics:
    """A wrong act: the user hangs up, or objects.

    Args:
        objections: Probability, what is known then, and what is said.
    """
    total = sum(p for p, _, _ in objections)
    if total:
        yield Outcome(HANG_UP * total, Over(), ("hang_up",), FAILURE)
    for p, following, event in objections:
        yield Outcome((1 - HANG_UP) * p, following, event, TURN)


def useless(state: State) -> Dynamics:
    """A useless act: the user hangs up, or complains."""
    return wrong([(1.0, state, ("grumble",))])
