"""What the dialogue is about: the restaurants, the goals of users, the states, the rewards, and how users react."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from textenvs.core.mdp import Outcome, Terms
from textenvs.data import load_json

HORIZON = 25
TERMS = Terms({"turn": 1.0, "success": 1.0, "failure": 1.0, "invalid": 1.0}, metrics=("success",))
TURN = TERMS.earn(turn=-1.0)
INVALID = TERMS.earn(turn=-1.0, invalid=-1.0)
FAILURE = TERMS.earn(turn=-1.0, per_turn_left={"failure": -1.0}, ends=True)
SUCCESS = TERMS.earn(turn=-1.0, success=20.0, ends=True, metrics={"success": 1.0})
HANG_UP = 0.3
"""Chance that the user hangs up after a wrong or useless act."""

SLOTS = ("food", "area", "price")
ANY = "any"
"""The value of a slot the user does not care about; the last of each slot's values."""
ANY_PROBABILITY = (0.1, 0.3, 0.3)
UNMET = 0.25
"""Share of goals that no restaurant meets."""
HELD_OUT_PAIRS = 5
"""One of so many food-area pairs is combined in test goals only."""
HELD_OUT_GOALS = 4
"""One of so many of the remaining goals is a test goal."""

DETAILS = ("phone", "address", "postcode")
"""What the user may ask about a restaurant."""
BOOKING = ("people", "day", "time")
BOOKING_VALUES = (
    ("1", "2", "3", "4", "5", "6", "7", "8"),
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("12:00", "12:30", "13:00", "18:00", "18:30", "19:00", "19:30", "20:00"),
)
BOOKING_SIZES = tuple(len(values) for values in BOOKING_VALUES)
TIME = BOOKING.index("time")

Goal = tuple[int, int, int]


class Venue(NamedTuple):
    """A restaurant of the database."""

    name: str
    food: str
    area: str
    price: str
    address: str
    postcode: str
    phone: str | None


VENUES = tuple(Venue(**row) for row in load_json("restaurants.json", __package__))
VALUES = tuple((*sorted({getattr(venue, slot) for venue in VENUES}), ANY) for slot in SLOTS)
SIZES = (len(VALUES[0]), len(VALUES[1]), len(VALUES[2]))
ANYS = (SIZES[0] - 1, SIZES[1] - 1, SIZES[2] - 1)
ATTRIBUTES = tuple(tuple(VALUES[k].index(getattr(venue, slot)) for k, slot in enumerate(SLOTS)) for venue in VENUES)


@cache
def matches(goal: tuple[int, ...]) -> tuple[int, ...]:
    """The venues that have every value of a goal, in the order of the database; `ANY` fits all."""
    found = list(range(len(VENUES)))
    for k, value in enumerate(goal):
        if value != ANYS[k]:
            found = [venue for venue in found if ATTRIBUTES[venue][k] == value]
    return tuple(found)


@cache
def another(venue: int) -> int | None:
    """The next venue after this one, round the database, with the same food, area and price; None if there is none."""
    alike = matches(ATTRIBUTES[venue])
    following = alike[(alike.index(venue) + 1) % len(alike)]
    return None if following == venue else following


def _lot(text: str, n: int) -> int:
    """A number in [0, n) that depends on the text alone."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % n


def split_of(goal: Goal) -> str:
    """The split that a goal belongs to, as a first goal or as a relaxed one."""
    food, area, price = (VALUES[k][v] for k, v in enumerate(goal))
    if ANY not in (food, area) and _lot(f"{food}/{area}", HELD_OUT_PAIRS) == 0:
        return "test"
    return "test" if _lot(f"{food}/{area}/{price}", HELD_OUT_GOALS) == 0 else "train"


class Goals(NamedTuple):
    """The goals of a split.

    Attributes:
        prior: (foods, areas, prices) probabilities of the first goal.
        met: (foods, areas, prices) bool, goals of the split that some venue fits.
    """

    prior: NDArray[np.float64]
    met: NDArray[np.bool_]

    def relaxed(self, goal: Goal) -> list[tuple[int, list[int]]]:
        """The slots that may be relaxed, each with its possible new values; both are chosen uniformly."""
        ways = []
        for k in range(len(SLOTS)):
            if goal[k] == ANYS[k]:
                continue
            line = tuple(slice(None) if j == k else goal[j] for j in range(len(SLOTS)))
            values = np.flatnonzero(self.met[line]).tolist()
            if values:
                ways.append((k, values))
        return ways


@cache
def load_goals(split: str) -> Goals:
    """The goals of a split.

    A goal's weight is the product of its slots': "any" has `ANY_PROBABILITY`, the other values share the rest equally.
    Goals that some venue fits are scaled to 1 - `UNMET` together, the others to `UNMET`; those that could not be
    relaxed within the split are left out.
    """
    lines = [np.full(n, (1 - p) / (n - 1)) for n, p in zip(SIZES, ANY_PROBABILITY, strict=True)]
    for line, p in zip(lines, ANY_PROBABILITY, strict=True):
        line[-1] = p
    weight = np.einsum("f,a,p->fap", *lines)
    met = np.zeros(SIZES, dtype=bool)
    for goal in np.ndindex(*SIZES):
        here = split_of(goal) == split
        met[goal] = here and bool(matches(goal))
        weight[goal] *= here
    goals = Goals(weight, met)
    for goal in np.ndindex(*SIZES):
        if weight[goal] and not met[goal] and not goals.relaxed(goal):
            weight[goal] = 0.0
    prior = np.where(met, weight * (1 - UNMET) / weight[met].sum(), weight * UNMET / weight[~met].sum())
    return Goals(prior, met)


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
