"""Until a venue is agreed: what can be known of the user's goal, and how they answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from textenvs.core.mdp import Outcome
from textenvs.tasks.dialogue.booking import wishes
from textenvs.tasks.dialogue.domain import (
    ANYS,
    ATTRIBUTES,
    SIZES,
    SLOTS,
    TURN,
    Another,
    Dynamics,
    Event,
    Goals,
    Hearing,
    Seeking,
    Value,
    found,
    useless,
    wrong,
)

VOLUNTEER = (0.7, 0.4, 0.4)
"""Chance that the user's first sentence tells food, area, price."""
ANOTHER = 0.15
"""Chance that a user who is offered a right venue asks for another one like it, once."""


class SeekingPhase:
    """The talk until a venue is agreed.

    Args:
        goals: What users may want.
        hearing: How the user is understood.
    """

    def __init__(self, goals: Goals, hearing: Hearing) -> None:
        self.goals = goals
        self.hearing = hearing

    @lru_cache(maxsize=64)  # noqa: B019
    def posterior(self, state: Seeking) -> NDArray[np.float64]:
        """(foods, areas, prices) probabilities of the user's present goal, given all that was said."""
        belief = self.goals.met.astype(np.float64) if state.relaxed else self.goals.prior
        for k, known in enumerate(state.slots):
            if known is not None:
                shape = [-1 if j == k else 1 for j in range(len(SLOTS))]
                belief = belief * self._likelihood(k, known).reshape(shape)
        posterior: NDArray[np.float64] = belief / belief.sum()
        return posterior

    def _likelihood(self, k: int, known: Value) -> NDArray[np.float64]:
        """How likely each true value of slot *k* makes what is known of it."""
        noise = 0.0 if known.sure else self.hearing.error_rate
        line = np.full(SIZES[k], noise / (SIZES[k] - 1))
        line[known.value] = 1.0 - noise
        return line

    def opening(self) -> list[Outcome]:
        """The user opens the talk, with or without each of the constraints."""
        outcomes = []
        for told in product((False, True), repeat=len(SLOTS)):
            chance = float(np.prod([v if t else 1 - v for v, t in zip(VOLUNTEER, told, strict=True)]))
            heard = self.goals.prior
            for k in range(len(SLOTS)):
                heard = self.hearing.misheard(heard, k, SIZES[k]) if told[k] else heard.sum(axis=k, keepdims=True)
            for values in np.argwhere(heard > 0.0).tolist():
                slots = tuple(Value(v, False) if t else None for v, t in zip(values, told, strict=True))
                event = ("open", *((k, v.value) for k, v in enumerate(slots) if v))
                outcomes.append(Outcome(chance * float(heard[tuple(values)]), Seeking(slots), event))
        return outcomes

    def request(self, state: Seeking, k: int) -> Dynamics:
        """The user answers, unless it was told already; an answer may be lost or misheard."""
        if state.slots[k] is not None:
            yield from useless(state)
            return
        others = tuple(j for j in range(len(SLOTS)) if j != k)
        heard = self.hearing.misheard(self.posterior(state).sum(axis=others), 0, SIZES[k])
        yield from self.hearing.answer(
            state,
            [(float(p), learn(state, {k: Value(v, False)}), ("inform", (k, v))) for v, p in enumerate(heard)],
        )

    def confirm(self, state: Seeking, k: int) -> Dynamics:
        """The user says yes, or no and the right value."""
        known = state.slots[k]
        if known is None or known.sure:
            yield from useless(state)
            return
        others = tuple(j for j in range(len(SLOTS)) if j != k)
        truth = self.posterior(state).sum(axis=others)
        yield from self.hearing.answer(
            state,
            [
                (float(p), learn(state, {k: Value(v, True)}), ("yes",) if v == known.value else ("no", (k, v)))
                for v, p in enumerate(truth)
            ],
        )

    def offer(self, state: Seeking) -> Dynamics:
        """The user accepts a venue that fits, or names the first thing that is wrong with it."""
        venue = found(state)[0]
        belief = self.posterior(state)
        good = [np.array([value, n]) for value, n in zip(ATTRIBUTES[venue], ANYS, strict=True)]
        objections = list(_objections(belief, good))
        yield from _object(state, "refuse", objections)
        fitting = 1.0 - sum(p for p, _ in objections)
        if fitting > 1e-12:
            yield Outcome(fitting * ANOTHER, Another(venue), ("another",), TURN)
            yield from _scaled(fitting * (1 - ANOTHER), wishes(venue, 0, "accept"))

    def none(self, state: Seeking) -> Dynamics:
        """The claim that no venue has what was understood. It names the values, so that the user can object."""
        claim = [
            None if known is None or known.value == n else known.value
            for known, n in zip(state.slots, ANYS, strict=True)
        ]
        belief = self.posterior(state)
        objections = list(_objections(belief, [None if value is None else np.array([value]) for value in claim]))
        yield from _object(state, "deny", objections)
        right = 1.0 - sum(p for p, _ in objections)
        if right <= 1e-12:
            return
        if found(state):
            told = {k: Value(v, True) for k, v in enumerate(claim) if v is not None}
            yield from _object(state, "insist", [(right, told)])
        else:
            yield from self._relax(belief, claim)

    def _relax(self, belief: NDArray[np.float64], claim: Sequence[int | None]) -> Dynamics:
        """There is none indeed: the user gives up one slot's value for another that can be had.

        They tell the new value, which may be misheard, and what was not in the claim.
        """
        for k, value in enumerate(claim):
            if value is not None:
                belief = belief.take([value], axis=k)
        untold = [k for k, value in enumerate(claim) if value is None]
        for rest in np.argwhere(belief > 0.0).tolist():
            goal = [v if value is None else value for v, value in zip(rest, claim, strict=True)]
            ways = self.goals.relaxed((goal[0], goal[1], goal[2]))
            for k, values in ways:
                new = np.zeros(SIZES[k])
                new[values] = float(belief[tuple(rest)]) / len(ways) / len(values)
                for v, p in enumerate(self.hearing.misheard(new, 0, SIZES[k]).tolist()):
                    slots = tuple(Value(v, False) if j == k else Value(goal[j], True) for j in range(len(SLOTS)))
                    if p > 0.0:
                        event = ("relax", (k, v), *((j, goal[j]) for j in untold))
                        yield Outcome(p, Seeking(slots, relaxed=True), event, TURN)


def learn(state: Seeking, told: dict[int, Value]) -> Seeking:
    """The state with values learned; nothing is left of a relaxation once all of the new goal is sure."""
    slots = tuple(told.get(k, known) for k, known in enumerate(state.slots))
    return Seeking(slots, state.relaxed and not all(known is not None and known.sure for known in slots))


def _object(state: Seeking, act: str, objections: Sequence[tuple[float, dict[int, Value]]]) -> Dynamics:
    """The user says what was right up to the first thing that is wrong, and corrects it."""
    return wrong([(p, learn(state, told), (act, *_pairs(told))) for p, told in objections])


def _pairs(told: dict[int, Value]) -> Event:
    return tuple((k, known.value) for k, known in told.items())


def _objections(
    belief: NDArray[np.float64], good: Sequence[NDArray[np.int64] | None]
) -> Iterator[tuple[float, dict[int, Value]]]:
    """What a user may object to a venue or a claim.

    Args:
        belief: (foods, areas, prices) probabilities of the goal.
        good: For each slot the values that the user does not object to; None where the slot is not spoken of.

    Yields:
        Probability, and the slots that are told: those that are right, up to the first that is wrong, corrected.
    """
    for first, accepted in enumerate(good):
        if accepted is None:
            continue
        values = {k: ok for k, ok in enumerate(good[:first]) if ok is not None}
        values[first] = np.setdiff1d(np.arange(belief.shape[first]), accepted)
        part = belief.sum(axis=tuple(k for k in range(len(SLOTS)) if k not in values), keepdims=True)
        for k, kept in values.items():
            part = part.take(kept, axis=k)
        for place in np.argwhere(part > 0.0).tolist():
            yield float(part[tuple(place)]), {k: Value(int(kept[place[k]]), True) for k, kept in values.items()}


def _scaled(factor: float, outcomes: Iterable[Outcome]) -> Dynamics:
    for outcome in outcomes:
        yield outcome._replace(probability=factor * outcome.probability)
