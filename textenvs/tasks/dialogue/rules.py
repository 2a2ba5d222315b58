"""The rules of the booking dialogue: who may say what when, how likely, and what it earns.

The agent finds a restaurant, answers questions about it and books a table. What the user wants is hidden. Each value
that the agent learns is either *heard* (once, perhaps wrongly) or *sure* (confirmed, or said as a correction, which
the user speaks slowly); together with the prior over goals these are all that can be known, so the probabilities are
exact posteriors.

This file says which act is possible in which state and what it leads to. The answers of users stand in `seeking` and
`booking`, restaurants, goals, states and rewards in `domain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, get_args

from textenvs.core.acts import Act, Acts
from textenvs.core.mdp import Event, Outcome, Process, Written
from textenvs.tasks.dialogue import language, observations
from textenvs.tasks.dialogue.booking import BookingPhase, wishes
from textenvs.tasks.dialogue.domain import (
    BOOKING,
    DETAILS,
    SLOTS,
    TERMS,
    Another,
    Asking,
    Booking,
    Hearing,
    Over,
    Seeking,
    State,
    Value,
    another,
    found,
    load_goals,
    useless,
)
from textenvs.tasks.dialogue.seeking import SeekingPhase
from textenvs.tasks.dialogue.user import UserLanguage

ACTS = Acts(
    Act("request", "Ask what the user wants: the food, the area or the price range.", slot=SLOTS),
    Act("confirm", "Ask whether the value that was understood is right.", slot=SLOTS),
    Act("offer", "Offer the restaurant that was agreed, or the first one with every value that was understood."),
    Act("none", "Say that there is no such restaurant, or no other one like it."),
    Act("alternative", "Offer another restaurant with the same food, area and price range."),
    Act("tell", "Tell a detail of the restaurant.", detail=DETAILS),
    Act("request_booking", "Ask for how many people, on which day and at what time the table is to be booked."),
    Act("confirm_booking", "Ask whether the details of the booking that were understood are right."),
    Act("book", "Book the table with the details that were understood."),
    Act("goodbye", "Say goodbye; this ends the talk."),
    words=language.PHRASES.words,
)
ALWAYS = {"request_food", "request_area", "request_price", "none", "request_booking", "goodbye"}
"""What can be said until the talk is over."""
OF_A_VENUE = {"offer", "tell_phone", "tell_address", "tell_postcode"}
"""What can be said once a venue is liked."""


class DialogueProcess(Process[State]):
    """The dynamics of one split."""

    terms, acts, observation = TERMS, ACTS, observations.OBSERVATION
    state_types = (*get_args(State), Value)

    def __init__(self, split: str, error_rate: float) -> None:
        hearing = Hearing(error_rate)
        self.seeking = SeekingPhase(load_goals(split), hearing)
        self.booking = BookingPhase(hearing)
        self._language = UserLanguage(split)

    def initial(self) -> Sequence[Outcome]:
        """The user opens the talk."""
        return self.seeking.opening()

    def legal(self, state: State) -> Sequence[bool]:
        """What can be said at all: nothing can be confirmed, told or booked of which nothing is known."""
        possible = _possible(state)
        return [name in possible for name in ACTS.names]

    def transitions(self, state: State, action: int) -> Sequence[Outcome]:
        """What the user may answer."""
        act, arguments = ACTS.split(action)
        return list(self._answers(state, act, **arguments))

    def _answers(self, state: State, act: str, slot: str = "", detail: str = "") -> Iterable[Outcome]:
        """What an act leads to where it furthers the talk; everywhere else it is useless."""
        match act, state:
            case "request", Seeking():
                return self.seeking.request(state, SLOTS.index(slot))
            case "confirm", Seeking():
                return self.seeking.confirm(state, SLOTS.index(slot))
            case "offer", Seeking():
                return self.seeking.offer(state)
            case "none", Seeking():
                return self.seeking.none(state)
            case "alternative", Another(venue) if (other := another(venue)) is not None:
                return wishes(other, 0, "accept")
            case "none", Another(venue) if another(venue) is None:
                return wishes(venue, 0, "accept")
            case "tell", Asking(venue, asked) if detail == DETAILS[asked]:
                return wishes(venue, asked + 1, "thank")
            case "request_booking", Booking(values=None):
                return self.booking.request(state)
            case "confirm_booking", Booking() if state.sure < len(BOOKING):
                return self.booking.confirm(state)
            case "book", Booking():
                return self.booking.book(state)
            case "goodbye", _:
                return self.booking.goodbye(state)
        return useless(state)

    def observe(self, state: State) -> dict[str, Any]:
        """See `observations`; the beliefs are features only."""
        return observations.observe(state)

    def features(self, state: State) -> Sequence[float]:
        """What is known, with the beliefs."""
        values = self.observe(state)
        if isinstance(state, Seeking):
            values |= observations.beliefs(state, self.seeking.posterior(state))
        return self.observation.features(values)

    def sentence(self, state: State, action: int) -> str:
        """What the assistant says: the sentence of the act, with what it stands for in this state."""
        act, arguments = ACTS.split(action)
        return language.sentence(state, act, **arguments) or ACTS.sentences[action]

    def note(self, state: State) -> str:
        """See `language`."""
        return language.note(state)

    def say(self, event: Event, draw: int) -> str:
        """See `user`."""
        return self._language.say(event, draw)

    def written(self, state: State, action: int, outcome: Outcome) -> Written:
        """What the agent says."""
        return Written(self.sentence(state, action))


def _possible(state: State) -> set[str]:
    """The actions that are possible: only values, venues and details that are known can be spoken of."""
    match state:
        case Over():
            return {"goodbye"}
        case Seeking(slots):
            known = {f"confirm_{slot}" for slot, value in zip(SLOTS, slots, strict=True) if value is not None}
            return ALWAYS | known | ({"offer"} if found(state) else set())
        case Another(venue) | Asking(venue):
            return ALWAYS | OF_A_VENUE | ({"alternative"} if another(venue) is not None else set())
        case Booking(values=(_, _, _)):
            return ALWAYS | {"confirm_booking", "book"}
    return ALWAYS
