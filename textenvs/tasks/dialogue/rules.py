"""The rules of the booking dialogue: who may say what when, how likely, and what it earns.

The agent finds a restaurant, answers questions about it and books a table. What the user wants is hidden. Each value
that the agent learns is either *heard* (once, perhaps wrongly) or *sure* (confirmed, or said as a correction, which
the user speaks slowly); together with the prior over goals these are all that can be known, so the probabilities
below are exact posteriors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textenvs.core.mdp import Outcome, Payoff
from textenvs.tasks.dialogue import observations, words
from textenvs.tasks.dialogue.goals import (
    ANYS,
    ATTRIBUTES,
    BOOKING,
    SIZES,
    SLOTS,
    TIME,
    Goals,
    another,
    load_goals,
    matches,
)
from textenvs.tasks.dialogue.states import (
    ACTIONS,
    ANOTHER,
    ASK,
    BOOK,
    BOOKING_SIZES,
    DETAILS,
    FAILURE,
    FULL,
    HANG_UP,
    NOTICE,
    SUCCESS,
    TURN,
    VOLUNTEER,
    Another,
    Asking,
    Booking,
    Closing,
    Over,
    Seeking,
    State,
    Value,
)
from textenvs.tasks.dialogue.user import UserLanguage

Dynamics = Iterator[Outcome]


class DialogueProcess:
    """The dynamics of one split."""

    state_types = (Seeking, Another, Asking, Booking, Closing, Over, Value)

    def __init__(self, split: str, error_rate: float) -> None:
        self.error_rate = error_rate
        self.goals: Goals = load_goals(split)
        self.user = UserLanguage(split)

    # -- the process --------------------------------------------------------------------------------------------

    def initial(self) -> Sequence[Outcome]:
        """The user opens the talk, with or without each of the constraints."""
        outcomes = []
        for told in product((False, True), repeat=len(SLOTS)):
            chance = float(np.prod([v if t else 1 - v for v, t in zip(VOLUNTEER, told, strict=True)]))
            heard = self.goals.prior
            for k in range(len(SLOTS)):
                heard = self._misheard(heard, k, SIZES[k]) if told[k] else heard.sum(axis=k, keepdims=True)
            for values in np.argwhere(heard > 0.0).tolist():
                slots = tuple(Value(v, False) if t else None for v, t in zip(values, told, strict=True))
                event = ("open", *((k, v.value) for k, v in enumerate(slots) if v))
                outcomes.append(Outcome(chance * float(heard[tuple(values)]), Seeking(slots), event, TURN))
        return outcomes

    def transitions(self, state: State, action: int) -> Sequence[Outcome]:
        """What the user may answer."""
        kind, _, what = ACTIONS[action].partition("_")
        if kind == "goodbye":
            return self._goodbye(state)
        if isinstance(state, Seeking):
            if kind == "request" and what in SLOTS:
                return list(self._request(state, SLOTS.index(what)))
            if kind == "confirm" and what in SLOTS:
                return list(self._confirm(state, SLOTS.index(what)))
            if kind == "offer":
                return list(self._offer(state))
            if kind == "none":
                return list(self._none(state))
        if isinstance(state, Another):
            following = another(state.venue)
            if kind == "alternative" and following is not None:
                return list(_wishes(following, 0, "accept"))
            if kind == "none" and following is None:
                return list(_wishes(state.venue, 0, "accept"))
        if isinstance(state, Asking) and ACTIONS[action] == f"tell_{DETAILS[state.detail]}":
            return list(_wishes(state.venue, state.detail + 1, "thank"))
        if isinstance(state, Booking):
            if kind == "request" and what == "booking" and state.values is None:
                return list(self._hear_booking(state))
            if kind == "confirm" and state.sure < len(BOOKING):
                return list(self._confirm_booking(state))
            if kind == "book":
                return list(self._book(state))
        return list(self._useless(state))

    def legal(self, state: State) -> Sequence[bool]:
        """What can be said at all: nothing can be confirmed, told or booked of which nothing is known."""
        return [bool(sentence) for sentence in words.choices(state)]

    def discrete(self, state: State) -> int:
        """See `observations`."""
        return observations.discrete(state, len(self.found(state)) if isinstance(state, Seeking) else 0)

    def features(self, state: State) -> Sequence[float]:
        """See `observations`."""
        if not isinstance(state, Seeking):
            return observations.features(state, 0, (), 0.0)
        belief, found = self.posterior(state), self.found(state)
        margins = (belief.sum(axis=(1, 2)), belief.sum(axis=(0, 2)), belief.sum(axis=(0, 1)))
        beliefs = tuple(min(float(m[s.value]), 1.0) if s else 0.0 for m, s in zip(margins, state.slots, strict=True))
        fitting = 0.0
        if found:
            places = ([value, n] for value, n in zip(ATTRIBUTES[found[0]], ANYS, strict=True))
            fitting = float(belief[np.ix_(*places)].sum())
        return observations.features(state, len(found), beliefs, min(fitting, 1.0))

    def choices(self, state: State) -> Sequence[str]:
        """See `words`."""
        return words.choices(state)

    def note(self, state: State) -> str:
        """See `words`."""
        return words.note(state)

    def say(self, event: tuple[Any, ...], draw: int) -> str:
        """See `user`."""
        return self.user.say(event, draw)

    def timeout(self, state: Any) -> Payoff:
        """A talk that takes too long fails; its turns are paid already."""
        return Payoff((0.0,) * 4, terminated=True, metrics=(0.0,))

    # -- what can be known --------------------------------------------------------------------------------------

    @lru_cache(maxsize=65536)  # noqa: B019
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
        noise = 0.0 if known.sure else self.error_rate
        line = np.full(SIZES[k], noise / (SIZES[k] - 1))
        line[known.value] = 1.0 - noise
        return line

    def _misheard(self, belief: NDArray[np.float64], axis: int, n: int) -> NDArray[np.float64]:
        """The distribution of what is heard of a slot with *n* values: another one, uniformly, at the error rate."""
        swap = self.error_rate / (n - 1)
        heard: NDArray[np.float64] = (
            belief * (1.0 - self.error_rate - swap) + belief.sum(axis=axis, keepdims=True) * swap
        )
        return heard

    # -- finding a venue ----------------------------------------------------------------------------------------

    def _request(self, state: Seeking, k: int) -> Dynamics:
        """The user answers, unless he has told it already; an answer may be lost or misheard."""
        if state.slots[k] is not None:
            yield from self._useless(state)
            return
        others = tuple(j for j in range(len(SLOTS)) if j != k)
        heard = self._misheard(self.posterior(state).sum(axis=others), 0, SIZES[k])
        yield from self._answer(
            state,
            [(float(p), _learn(state, {k: Value(v, False)}), ("inform", (k, v))) for v, p in enumerate(heard)],
        )

    def _confirm(self, state: Seeking, k: int) -> Dynamics:
        """The user says yes, or no and the right value."""
        known = state.slots[k]
        if known is None or known.sure:
            yield from self._useless(state)
            return
        others = tuple(j for j in range(len(SLOTS)) if j != k)
        truth = self.posterior(state).sum(axis=others)
        yield from self._answer(
            state,
            [
                (float(p), _learn(state, {k: Value(v, True)}), ("yes",) if v == known.value else ("no", (k, v)))
                for v, p in enumerate(truth)
            ],
        )

    def _offer(self, state: Seeking) -> Dynamics:
        """The user accepts a venue that fits, or names the first thing that is wrong with it."""
        venue = self.found(state)[0]
        belief = self.posterior(state)
        good = [np.array([value, n]) for value, n in zip(ATTRIBUTES[venue], ANYS, strict=True)]
        objections = list(_objections(belief, good))
        yield from self._wrong(state, "refuse", objections)
        fitting = 1.0 - sum(p for p, _ in objections)
        if fitting > 1e-12:
            yield Outcome(fitting * ANOTHER, Another(venue), ("another",), TURN)
            yield from _scaled(fitting * (1 - ANOTHER), _wishes(venue, 0, "accept"))

    def _none(self, state: Seeking) -> Dynamics:
        """The claim that no venue has what was understood. It names the values, so that the user can object."""
        claim = [
            None if known is None or known.value == n else known.value
            for known, n in zip(state.slots, ANYS, strict=True)
        ]
        belief = self.posterior(state)
        objections = list(_objections(belief, [None if value is None else np.array([value]) for value in claim]))
        yield from self._wrong(state, "deny", objections)
        right = 1.0 - sum(p for p, _ in objections)
        if right <= 1e-12:
            return
        if self.found(state):
            told = {k: Value(v, True) for k, v in enumerate(claim) if v is not None}
            event = ("insist", *((k, v.value) for k, v in told.items()))
            yield Outcome(right * HANG_UP, Over(), ("hang_up",), FAILURE)
            yield Outcome(right * (1 - HANG_UP), _learn(state, told), event, TURN)
        else:
            yield from self._relax(belief, claim)

    def _relax(self, belief: NDArray[np.float64], claim: Sequence[int | None]) -> Dynamics:
        """There is none indeed: the user gives up one slot's value for another that can be had.

        He tells the new value, which may be misheard, and repeats what was not in the claim.
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
                for v, p in enumerate(self._misheard(new, 0, SIZES[k]).tolist()):
                    slots = tuple(Value(v, False) if j == k else Value(goal[j], True) for j in range(len(SLOTS)))
                    if p > 0.0:
                        event = ("relax", (k, v), *((j, goal[j]) for j in untold))
                        yield Outcome(p, Seeking(slots, relaxed=True), event, TURN)

    def found(self, state: Seeking) -> tuple[int, ...]:
        """The venues with every value that was understood."""
        return matches(tuple(n if s is None else s.value for s, n in zip(state.slots, ANYS, strict=True)))

    # -- after a venue is agreed --------------------------------------------------------------------------------

    def _hear_booking(self, state: Booking) -> Dynamics:
        """The user tells people, day and time, each as likely as any; each may be misheard, or all of it lost."""
        people, day, time = BOOKING_SIZES
        heard = list(product(range(people), range(day), range(time)))
        yield from self._answer(state, [(1 / len(heard), Booking(v), ("details", *v)) for v in heard])

    def _confirm_booking(self, state: Booking) -> Dynamics:
        """The user says yes, or the first detail that is wrong."""
        assert state.values is not None
        wrong = list(self._mistakes(state))
        right = (1 - self.error_rate) ** (len(BOOKING) - state.sure)
        yield from self._answer(state, [(right, Booking(state.values, len(BOOKING)), ("yes",)), *wrong])

    def _book(self, state: Booking) -> Dynamics:
        """The table is had, or the time is full. A wrong booking may go unnoticed, unless its time is full."""
        assert state.values is not None
        people, day, time = state.values
        unsure = len(BOOKING) - state.sure
        right = (1 - self.error_rate) ** unsure
        yield Outcome((1 - FULL) * (right + (1 - right) * (1 - NOTICE)), Closing(unsure), ("thank", "nothing"), TURN)
        for other in range(BOOKING_SIZES[TIME]):
            if other != time:
                p = FULL * right / (BOOKING_SIZES[TIME] - 1)
                yield Outcome(p, Booking((people, day, other), len(BOOKING)), ("full", other), TURN)
        if right < 1.0:
            noticed = FULL + (1 - FULL) * NOTICE
            yield Outcome(HANG_UP * noticed * (1 - right), Over(), ("hang_up",), FAILURE)
            for p, corrected, event in self._mistakes(state):
                yield Outcome((1 - HANG_UP) * noticed * p, corrected, event, TURN)

    def _mistakes(self, state: Booking) -> Iterator[tuple[float, Booking, tuple[Any, ...]]]:
        """The first detail that was misheard, with its right value: probability, what is known then, what is said."""
        assert state.values is not None
        for j in range(state.sure, len(BOOKING)):
            p = (1 - self.error_rate) ** (j - state.sure) * self.error_rate / (BOOKING_SIZES[j] - 1)
            for value in range(BOOKING_SIZES[j]):
                if value != state.values[j] and p > 0.0:
                    values = list(state.values)
                    values[j] = value
                    yield p, Booking((values[0], values[1], values[2]), j + 1), ("correct", j, value)

    def _goodbye(self, state: Any) -> Sequence[Outcome]:
        """The end. It is a success if the user has all he wanted, and the booking is right."""
        if not isinstance(state, Closing):
            return [Outcome(1.0, Over(), ("bye",), FAILURE)]
        right = (1 - self.error_rate) ** state.unsure
        success = right / (right + (1 - right) * (1 - NOTICE))
        if success == 1.0:
            return [Outcome(1.0, Over(), ("bye",), SUCCESS)]
        return [
            Outcome(success, Over(), ("bye",), SUCCESS),
            Outcome(1 - success, Over(), ("bye",), FAILURE),
        ]

    # -- how a user answers -------------------------------------------------------------------------------------

    def _answer(self, state: Any, answers: Iterable[tuple[float, Any, tuple[Any, ...]]]) -> Dynamics:
        """An answer to a question, which may be lost: then nothing is known that was not known before."""
        if self.error_rate:
            yield Outcome(self.error_rate, state, ("lost",), TURN)
        for p, following, event in answers:
            if p > 0.0:
                yield Outcome(p * (1 - self.error_rate), following, event, TURN)

    def _wrong(self, state: Seeking, act: str, objections: Sequence[tuple[float, dict[int, Value]]]) -> Dynamics:
        """A wrong act: the user hangs up, or says what was right up to the first thing that is wrong, corrected."""
        total = sum(p for p, _ in objections)
        if total:
            yield Outcome(HANG_UP * total, Over(), ("hang_up",), FAILURE)
        for p, told in objections:
            event = (act, *((k, v.value) for k, v in told.items()))
            yield Outcome((1 - HANG_UP) * p, _learn(state, told), event, TURN)

    def _useless(self, state: Any) -> Dynamics:
        """A useless act: the user hangs up, or complains."""
        yield Outcome(HANG_UP, Over(), ("hang_up",), FAILURE)
        yield Outcome(1 - HANG_UP, state, ("grumble",), TURN)


def _learn(state: Seeking, told: dict[int, Value]) -> Seeking:
    """The state with values learned; nothing is left of a relaxation once all of the new goal is sure."""
    slots = tuple(told.get(k, known) for k, known in enumerate(state.slots))
    return Seeking(slots, state.relaxed and not all(known is not None and known.sure for known in slots))


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
    for wrong, accepted in enumerate(good):
        if accepted is None:
            continue
        values = {k: ok for k, ok in enumerate(good[:wrong]) if ok is not None}
        values[wrong] = np.setdiff1d(np.arange(belief.shape[wrong]), accepted)
        part = belief.sum(axis=tuple(k for k in range(len(SLOTS)) if k not in values), keepdims=True)
        for k, kept in values.items():
            part = part.take(kept, axis=k)
        for place in np.argwhere(part > 0.0).tolist():
            yield float(part[tuple(place)]), {k: Value(int(kept[place[k]]), True) for k, kept in values.items()}


def _wishes(venue: int, first: int, act: str) -> Dynamics:
    """What the user wants next: the details that are still open, then a table, then nothing more."""
    left = 1.0
    for detail in range(first, len(DETAILS)):
        yield Outcome(left * ASK, Asking(venue, detail), (act, DETAILS[detail]), TURN)
        left *= 1 - ASK
    yield Outcome(left * BOOK, Booking(), (act, "table"), TURN)
    yield Outcome(left * (1 - BOOK), Closing(0), (act, "nothing"), TURN)


def _scaled(factor: float, outcomes: Iterable[Outcome]) -> Dynamics:
    for outcome in outcomes:
        yield outcome._replace(probability=factor * outcome.probability)
