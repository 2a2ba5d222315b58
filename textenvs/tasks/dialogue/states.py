"""The state of a booking dialogue: what an agent can know, and the numbers of the game."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from textenvs.core.mdp import Terms
from textenvs.tasks.dialogue.goals import ANYS, BOOKING_VALUES, SLOTS, matches

HORIZON = 25
VOLUNTEER = (0.7, 0.4, 0.4)
"""Chance that the user's first sentence tells food, area, price."""
DETAILS = ("phone", "address", "postcode")
ASK = 0.5
"""Chance that the user wants to know a detail; each of the three, one after the other."""
BOOK = 0.6
"""Chance that the user wants a table."""
FULL = 0.2
"""Chance that the restaurant has no table at that time."""
ANOTHER = 0.15
"""Chance that a user who is offered a right venue asks for another one like it, once."""
NOTICE = 0.5
"""Chance that the user notices a wrong booking."""
BOOKING_SIZES = tuple(len(values) for values in BOOKING_VALUES)
HANG_UP = 0.3
"""Chance that the user hangs up after a wrong or useless act."""

ACTIONS = (
    *(f"request_{slot}" for slot in SLOTS),
    *(f"confirm_{slot}" for slot in SLOTS),
    "offer",
    "none",
    "alternative",
    *(f"tell_{detail}" for detail in DETAILS),
    "request_booking",
    "confirm_booking",
    "book",
    "goodbye",
)

TERMS = Terms({"turn": 1.0, "success": 1.0, "failure": 1.0, "invalid": 1.0}, metrics=("success",))
TURN = TERMS.earn(turn=-1.0)
INVALID = TERMS.earn(turn=-1.0, invalid=-1.0)
FAILURE = TERMS.earn(turn=-1.0, per_turn_left={"failure": -1.0}, ends=True)
SUCCESS = TERMS.earn(turn=-1.0, success=20.0, ends=True, metrics={"success": 1.0})


class Value(NamedTuple):
    """A value as understood; a slot of which nothing is known is None."""

    value: int
    sure: bool


@dataclass(frozen=True, slots=True)
class Seeking:
    """No venue is agreed. `relaxed`: the first goal was given up for another, of which one slot is only heard."""

    slots: tuple[Value | None, ...]
    relaxed: bool = False


@dataclass(frozen=True, slots=True)
class Another:
    """The user likes the venue, and wants another one like it."""

    venue: int


@dataclass(frozen=True, slots=True)
class Asking:
    """The venue is agreed; the user waits for a detail of it."""

    venue: int
    detail: int


@dataclass(frozen=True, slots=True)
class Booking:
    """The user wants a table; people, day and time are known or not, the first `sure` of them for sure."""

    values: tuple[int, int, int] | None = None
    sure: int = 0


@dataclass(frozen=True, slots=True)
class Closing:
    """The user has no more wishes. `unsure`: how many details of the booking were never confirmed."""

    unsure: int


@dataclass(frozen=True, slots=True)
class Over:
    """The talk has ended."""


State = Seeking | Another | Asking | Booking | Closing | Over


def found(state: Seeking) -> tuple[int, ...]:
    """The venues with every value that was understood, in the order of the database."""
    return matches(tuple(n if s is None else s.value for s, n in zip(state.slots, ANYS, strict=True)))
