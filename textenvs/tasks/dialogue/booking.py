"""After a venue is agreed: questions about it, a table, and goodbye."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from textenvs.core.mdp import Outcome
from textenvs.tasks.dialogue.domain import (
    BOOKING,
    BOOKING_SIZES,
    DETAILS,
    FAILURE,
    SUCCESS,
    TIME,
    TURN,
    Asking,
    Booking,
    Closing,
    Dynamics,
    Event,
    Hearing,
    Over,
    State,
    wrong,
)

ASK = 0.5
"""Chance that the user wants to know a detail; each of the three, one after the other."""
BOOK = 0.6
"""Chance that the user wants a table."""
FULL = 0.2
"""Chance that the restaurant has no table at that time."""
NOTICE = 0.5
"""Chance that the user notices a wrong booking."""


def wishes(venue: int, first: int, act: str) -> Dynamics:
    """What the user wants next: the details that are still open, then a table, then nothing more."""
    left = 1.0
    for detail in range(first, len(DETAILS)):
        yield Outcome(left * ASK, Asking(venue, detail), (act, DETAILS[detail]), TURN)
        left *= 1 - ASK
    yield Outcome(left * BOOK, Booking(), (act, "table"), TURN)
    yield Outcome(left * (1 - BOOK), Closing(0), (act, "nothing"), TURN)


class BookingPhase:
    """The talk after a venue is agreed.

    Args:
        hearing: How the user is understood.
    """

    def __init__(self, hearing: Hearing) -> None:
        self.hearing = hearing

    def request(self, state: Booking) -> Dynamics:
        """The user tells people, day and time, each as likely as any; each may be misheard, or all of it lost."""
        people, day, time = BOOKING_SIZES
        heard = list(product(range(people), range(day), range(time)))
        yield from self.hearing.answer(state, [(1 / len(heard), Booking(v), ("details", *v)) for v in heard])

    def confirm(self, state: Booking) -> Dynamics:
        """The user says yes, or the first detail that is wrong."""
        assert state.values is not None
        right = (1 - self.hearing.error_rate) ** (len(BOOKING) - state.sure)
        yield from self.hearing.answer(
            state, [(right, Booking(state.values, len(BOOKING)), ("yes",)), *self._mistakes(state)]
        )

    def book(self, state: Booking) -> Dynamics:
        """The table is had, or the time is full. A wrong booking may go unnoticed, unless its time is full."""
        assert state.values is not None
        people, day, time = state.values
        unsure = len(BOOKING) - state.sure
        right = (1 - self.hearing.error_rate) ** unsure
        yield Outcome((1 - FULL) * (right + (1 - right) * (1 - NOTICE)), Closing(unsure), ("thank", "nothing"), TURN)
        for other in range(BOOKING_SIZES[TIME]):
            if other != time:
                p = FULL * right / (BOOKING_SIZES[TIME] - 1)
                yield Outcome(p, Booking((people, day, other), len(BOOKING)), ("full", other), TURN)
        if right < 1.0:
            noticed = FULL + (1 - FULL) * NOTICE
            yield from wrong([(noticed * p, corrected, event) for p, corrected, event in self._mistakes(state)])

    def _mistakes(self, state: Booking) -> Iterator[tuple[float, Booking, Event]]:
        """The first detail that was misheard, with its right value: probability, what is known then, what is said."""
        assert state.values is not None
        for j in range(state.sure, len(BOOKING)):
            p = (1 - self.hearing.error_rate) ** (j - state.sure) * self.hearing.error_rate / (BOOKING_SIZES[j] - 1)
            for value in range(BOOKING_SIZES[j]):
                if value != state.values[j] and p > 0.0:
                    values = list(state.values)
                    values[j] = value
                    yield p, Booking((values[0], values[1], values[2]), j + 1), ("correct", j, value)

    def goodbye(self, state: State) -> Sequence[Outcome]:
        """The end. It is a success if the user has all they wanted, and the booking is right."""
        if not isinstance(state, Closing):
            return [Outcome(1.0, Over(), ("bye",), FAILURE)]
        right = (1 - self.hearing.error_rate) ** state.unsure
        success = right / (right + (1 - right) * (1 - NOTICE))
        if success == 1.0:
            return [Outcome(1.0, Over(), ("bye",), SUCCESS)]
        return [
            Outcome(success, Over(), ("bye",), SUCCESS),
            Outcome(1 - success, Over(), ("bye",), FAILURE),
        ]
