"""What users may want: the restaurants, the goals of each split, and how a goal that cannot be met is relaxed."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from textenvs.data import load_json

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

BOOKING = ("people", "day", "time")
BOOKING_VALUES = (
    ("1", "2", "3", "4", "5", "6", "7", "8"),
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("12:00", "12:30", "13:00", "18:00", "18:30", "19:00", "19:30", "20:00"),
)
TIME = 2

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


VENUES = tuple(Venue(**row) for row in load_json("restaurants.json"))
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
