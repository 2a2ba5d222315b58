"""The rules of the booking dialogue: who may say what when, how likely, and what it earns.

The agent finds a restaurant, answers questions about it and books a table. What the user wants is hidden. Each value
that the agent learns is either *heard* (once, perhaps wrongly) or *sure* (confirmed, or said as a correction, which
the user speaks slowly); together with the prior over goals these are all that can be known, so the probabilities are
exact posteriors.
"""

from __future__ import annotations

from collections.abc import Sequence

from textenvs.core.mdp import Event, Outcome, Process, Written
from textenvs.tasks.dialogue import words
from textenvs.tasks.dialogue.goals import BOOKING, SLOTS, another, load_goals
from textenvs.tasks.dialogue.observations import OBSERVATION, beliefs, observe
from textenvs.tasks.dialogue.reactions import Hearing, useless
from textenvs.tasks.dialogue.search import Search
from textenvs.tasks.dialogue.service import Service, wishes
from textenvs.tasks.dialogue.states import (
    ACTIONS,
    DETAILS,
    TERMS,
    Another,
    Asking,
    Booking,
    Closing,
    Over,
    Seeking,
    State,
    Value,
    found,
)
from textenvs.tasks.dialogue.user import UserLanguage


class DialogueProcess(Process[State]):
    """The dynamics of one split."""

    terms = TERMS
    state_types = (Seeking, Another, Asking, Booking, Closing, Over, Value)

    def __init__(self, split: str, error_rate: float) -> None:
        hearing = Hearing(error_rate)
        self.search = Search(load_goals(split), hearing)
        self.service = Service(hearing)
        self._language = UserLanguage(split)

    def initial(self) -> Sequence[Outcome]:
        """The user opens the talk."""
        return self.search.opening()

    def transitions(self, state: State, action: int) -> Sequence[Outcome]:
        """What the user may answer."""
        kind, _, what = ACTIONS[action].partition("_")
        if kind == "goodbye":
            return self.service.goodbye(state)
        if isinstance(state, Seeking):
            if kind == "request" and what in SLOTS:
                return list(self.search.request(state, SLOTS.index(what)))
            if kind == "confirm" and what in SLOTS:
                return list(self.search.confirm(state, SLOTS.index(what)))
            if kind == "offer":
                return list(self.search.offer(state))
            if kind == "none":
                return list(self.search.none(state))
        if isinstance(state, Another):
            following = another(state.venue)
            if kind == "alternative" and following is not None:
                return list(wishes(following, 0, "accept"))
            if kind == "none" and following is None:
                return list(wishes(state.venue, 0, "accept"))
        if isinstance(state, Asking) and ACTIONS[action] == f"tell_{DETAILS[state.detail]}":
            return list(wishes(state.venue, state.detail + 1, "thank"))
        if isinstance(state, Booking):
            if kind == "request" and what == "booking" and state.values is None:
                return list(self.service.tell_booking(state))
            if kind == "confirm" and state.sure < len(BOOKING):
                return list(self.service.confirm(state))
            if kind == "book":
                return list(self.service.book(state))
        return list(useless(state))

    def legal(self, state: State) -> Sequence[bool]:
        """What can be said at all: nothing can be confirmed, told or booked of which nothing is known."""
        possible = _possible(state)
        return [action in possible for action in ACTIONS]

    def discrete(self, state: State) -> int:
        """What is known, as a number."""
        return OBSERVATION.discrete(observe(state))

    def features(self, state: State) -> Sequence[float]:
        """What is known, with the beliefs."""
        values = observe(state)
        if isinstance(state, Seeking):
            values |= beliefs(state, self.search.posterior(state))
        return OBSERVATION.features(values)

    def sentence(self, state: State, action: int) -> str:
        """See `words`."""
        return words.sentence(state, ACTIONS[action])

    def note(self, state: State) -> str:
        """See `words`."""
        return words.note(state)

    def say(self, event: Event, draw: int) -> str:
        """See `user`."""
        return self._language.say(event, draw)

    def written(self, state: State, action: int, outcome: Outcome) -> Written:
        """What the agent says."""
        return Written(words.sentence(state, ACTIONS[action]))


ALWAYS = frozenset({*(f"request_{slot}" for slot in SLOTS), "none", "request_booking", "goodbye"})
"""What can be said until the talk is over."""
OF_A_VENUE = frozenset({"offer", *(f"tell_{detail}" for detail in DETAILS)})
"""What can be said once a venue is liked."""


def _possible(state: State) -> frozenset[str]:
    """What can be said: only values, venues and details that are known can be spoken of."""
    if isinstance(state, Over):
        return frozenset({"goodbye"})
    further: set[str] = set()
    if isinstance(state, Seeking):
        further |= {f"confirm_{slot}" for slot, known in zip(SLOTS, state.slots, strict=True) if known is not None}
        if found(state):
            further.add("offer")
    elif isinstance(state, (Another, Asking)):
        further |= OF_A_VENUE
        if another(state.venue) is not None:
            further.add("alternative")
    elif isinstance(state, Booking) and state.values is not None:
        further |= {"confirm_booking", "book"}
    return ALWAYS | further
