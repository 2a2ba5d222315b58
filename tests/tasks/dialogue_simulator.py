"""A forward simulation of the booking dialogue, written from its rules alone, to check the implementation against.

The goal is drawn first and stays hidden; the user plays by it, and noise is put on what is heard. It shares no code
with `textenvs.tasks.dialogue`; only the lots of the split are drawn as they are there.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate, product
from math import prod
from typing import NamedTuple

import numpy as np

HORIZON, HANG_UP = 25, 0.3
SLOTS = ("food", "area", "price")
ANY = "any"
ANY_PROBABILITY = (0.1, 0.3, 0.3)
OPENING = (0.7, 0.4, 0.4)
QUESTIONS = ("phone", "address", "postcode")
DETAILS = (
    tuple(str(n) for n in range(1, 9)),
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("12:00", "12:30", "13:00", "18:00", "18:30", "19:00", "19:30", "20:00"),
)

# Requests, confirmations and answers are followed by those of the other two slots or questions.
REQUEST, CONFIRM, OFFER, NONE, ALTERNATIVE, TELL = 0, 3, 6, 7, 8, 9
REQUEST_BOOKING, CONFIRM_BOOKING, BOOK, GOODBYE = 12, 13, 14, 15

Goal = tuple[str, ...]


class Venue(NamedTuple):
    """A restaurant: its name, its food, area and price, and the number of the next one of that kind."""

    name: str
    kind: Goal
    next: int | None


class Split(NamedTuple):
    """The first goals of a split, their cumulated weights, and the goals that each one may be relaxed to, by slot."""

    goals: list[Goal]
    cumulated: list[float]
    relaxed: dict[Goal, list[list[str]]]


@cache
def venues() -> list[Venue]:
    """The database."""
    rows = json.loads(files("textenvs.tasks.dialogue").joinpath("restaurants.json").read_text(encoding="utf-8"))
    kinds = [tuple(row[slot] for slot in SLOTS) for row in rows]
    order = [*range(len(rows)), *range(len(rows))]
    following = [[j for j in order[i + 1 : i + len(rows)] if kinds[j] == kind] for i, kind in enumerate(kinds)]
    return [Venue(row["name"], kinds[i], following[i][0] if following[i] else None) for i, row in enumerate(rows)]


@cache
def values(slot: int) -> list[str]:
    """The values of a slot, "any" among them."""
    return [*sorted({venue.kind[slot] for venue in venues()}), ANY]


@cache
def fitting(wish: tuple[str | None, ...]) -> list[int]:
    """The restaurants with every value of a wish; None and "any" ask for nothing."""
    return [i for i, venue in enumerate(venues()) if all(wish[k] in (None, ANY, venue.kind[k]) for k in range(3))]


def split_of(goal: Goal) -> str:
    """The split of a goal, by lot."""
    digests = [hashlib.blake2b("/".join(part).encode(), digest_size=8).digest() for part in (goal[:2], goal)]
    pair, all_three = (int.from_bytes(digest, "big") for digest in digests)
    return "test" if (ANY not in goal[:2] and pair % 5 == 0) or all_three % 4 == 0 else "train"


@cache
def load(split: str) -> Split:
    """The goals of a split."""
    met: dict[Goal, float] = {}
    unmet: dict[Goal, float] = {}
    for goal in product(*(values(k) for k in range(3))):
        if split_of(goal) == split:
            spread = zip(ANY_PROBABILITY, goal, map(values, range(3)), strict=True)
            weight = prod(p if value == ANY else (1 - p) / (len(options) - 1) for p, value, options in spread)
            (met if fitting(goal) else unmet)[goal] = weight
    relaxed = {g: [[v for v in values(k) if (*g[:k], v, *g[k + 1 :]) in met] for k in range(3)] for g in unmet}
    relaxed = {goal: options for goal, options in relaxed.items() if any(options)}
    scale_met = 0.75 / sum(met.values())
    scale_unmet = 0.25 / sum(unmet[goal] for goal in relaxed)
    weights = [w * scale_met for w in met.values()] + [unmet[goal] * scale_unmet for goal in relaxed]
    return Split([*met, *relaxed], list(accumulate(weights)), relaxed)


class Simulator:
    """A user with a goal, and what an assistant that may mishear him has understood."""

    def __init__(self, split: str, error_rate: float, rng: np.random.Generator) -> None:
        self.data, self.error_rate, self.rng = load(split), error_rate, rng
        self.reset()

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _pick(self, options: Sequence[str]) -> str:
        return options[int(self.rng.random() * len(options))]

    def reset(self) -> None:
        """Draw all that the user wants, and let him open the talk."""
        self.turn, self.success = 0, False
        self.phase = "seeking"  # another, asking, booking, closing, ended
        # The truth.
        self.goal = self.data.goals[bisect(self.data.cumulated, self.rng.random(), hi=len(self.data.goals) - 1)]
        self.relaxed = False
        self.questions = [k for k in range(3) if self._chance(0.5)]
        self.wants_table = self._chance(0.6)
        self.wants_another = self._chance(0.15)
        self.details = [self._pick(options) for options in DETAILS]
        # What was understood.
        self.known: list[str | None] = [None, None, None]
        self.sure = [False, False, False]
        self.venue: int | None = None
        self.told: list[str] = []
        self.sure_details = 0
        for k in range(3):
            if self._chance(OPENING[k]):
                self._tell(k)

    def _hear(self, value: str, options: Sequence[str]) -> str:
        """What is heard when a value is told for the first time."""
        return self._pick([o for o in options if o != value]) if self._chance(self.error_rate) else value

    def _tell(self, k: int) -> None:
        self.known[k] = self._hear(self.goal[k], values(k))
        self.sure[k] = False

    def _tell_slowly(self, slots: Iterable[int]) -> None:
        for k in slots:
            self.known[k] = self.goal[k]
            self.sure[k] = True

    def _end(self, success: bool = False) -> None:
        self.phase = "ended"
        self.success = success

    def _annoy(self) -> bool:
        """Whether the user stays after a wrong or useless act."""
        if self._chance(HANG_UP):
            self._end()
        return self.phase != "ended"

    def legal(self) -> list[bool]:
        """Which acts can be said."""
        seeking, venue_open = self.phase == "seeking", self.phase in ("another", "asking")
        mask = [self.phase != "ended"] * 16
        mask[CONFIRM : CONFIRM + 3] = [seeking and value is not None for value in self.known]
        mask[OFFER] = venue_open or (seeking and bool(fitting(tuple(self.known))))
        mask[ALTERNATIVE] = venue_open and self._agreed().next is not None
        mask[TELL : TELL + 3] = [venue_open] * 3
        mask[CONFIRM_BOOKING] = mask[BOOK] = self.phase == "booking" and bool(self.told)
        return mask

    def step(self, action: int) -> tuple[float, bool]:
        """Say something; the reward, and whether the talk has ended."""
        self.turn += 1
        reward = -1.0
        if not self.legal()[action]:
            reward -= 1.0
        elif action == GOODBYE:
            self._end(self.phase == "closing" and (not self.wants_table or self.told == self.details))
        elif self.phase == "seeking":
            self._seek(action, lost=self._chance(self.error_rate))
        elif self.phase == "booking":
            self._book(action, lost=self._chance(self.error_rate))
        else:
            self._answer(action)
        if self.turn == HORIZON:
            self._end(self.success)
        if self.phase == "ended":
            reward += 20.0 if self.success else self.turn - HORIZON
        return reward, self.phase == "ended"

    def _seek(self, action: int, lost: bool) -> None:
        if action < CONFIRM and self.known[action - REQUEST] is None:
            if not lost:
                self._tell(action - REQUEST)
        elif CONFIRM <= action < OFFER and not self.sure[action - CONFIRM]:
            if not lost:
                self._tell_slowly([action - CONFIRM])
        elif action == OFFER:
            self._hear_offer()
        elif action == NONE:
            self._hear_claim()
        else:
            self._annoy()

    def _hear_offer(self) -> None:
        venue = fitting(tuple(self.known))[0]
        unmet = [k for k in range(3) if self.goal[k] not in (ANY, venues()[venue].kind[k])]
        if not unmet:
            self.venue = venue
            self._next_wish()
            self.phase = "another" if self.wants_another else self.phase
        elif self._annoy():
            self._tell_slowly(range(unmet[0] + 1))

    def _hear_claim(self) -> None:
        named = [k for k in range(3) if self.known[k] not in (None, ANY)]
        misheard = [k for k in named if self.known[k] != self.goal[k]]
        if misheard or fitting(tuple(self.known)):
            if self._annoy():
                self._tell_slowly([k for k in named if not misheard or k <= misheard[0]])
        else:
            options = self.data.relaxed[self.goal]
            slot = SLOTS.index(self._pick([SLOTS[k] for k in named if options[k]]))
            self.goal = (*self.goal[:slot], self._pick(options[slot]), *self.goal[slot + 1 :])
            self.relaxed = True
            self._tell_slowly(range(3))  # what he keeps of the claim is right, as he did not object
            self._tell(slot)

    def _answer(self, action: int) -> None:
        """Reply to a wish for another restaurant, or to a question; at the end there is nothing to reply to."""
        other = self._agreed().next
        if self.phase == "another" and action == (NONE if other is None else ALTERNATIVE):
            self.venue = self.venue if other is None else other
            self._next_wish()
        elif self.phase == "asking" and action == TELL + self.questions[0]:
            self.questions.pop(0)
            self._next_wish()
        else:
            self._annoy()

    def _next_wish(self) -> None:
        self.phase = "asking" if self.questions else "booking" if self.wants_table else "closing"

    def _book(self, action: int, lost: bool) -> None:
        wrong = [k for k in range(3) if self.told and self.told[k] != self.details[k]]
        if action == REQUEST_BOOKING and not self.told:
            if not lost:
                self.told = [self._hear(v, o) for v, o in zip(self.details, DETAILS, strict=True)]
        elif action == CONFIRM_BOOKING and self.sure_details < 3:
            if not lost:
                self._correct(wrong)
        elif action == BOOK:
            full = self._chance(0.2)
            if wrong and (full or self._chance(0.5)):
                if self._annoy():
                    self._correct(wrong)
            elif full:
                # The new time is understood rightly, as every correction; and the rest was right.
                self.details[2] = self._pick([time for time in DETAILS[2] if time != self.details[2]])
                self._correct([2])
            else:
                self.phase = "closing"
        else:
            self._annoy()

    def _correct(self, wrong: list[int]) -> None:
        """Say slowly the first wrong detail; without any, yes."""
        self.sure_details = wrong[0] + 1 if wrong else 3
        self.told[: self.sure_details] = self.details[: self.sure_details]

    def _agreed(self) -> Venue:
        assert self.venue is not None
        return venues()[self.venue]

    def understood(self) -> str:
        """What an honest assistant knows."""
        if self.phase == "seeking":
            since = "since the first wish could not be met " if self.relaxed and not all(self.sure) else ""
            known = _values(SLOTS, self.known, self.sure)
            return f"The user wants {since}{known}. Restaurants that fit: {len(fitting(tuple(self.known)))}"
        if self.phase == "another":
            there = "There is none" if self._agreed().next is None else "There is one"
            return f"The user likes {self._agreed().name} but asks for another one like it. {there}"
        if self.phase == "asking":
            return f"{self._agreed().name} is agreed. The user asks for the {QUESTIONS[self.questions[0]]}"
        if self.phase == "booking":
            known = _values(("People", "day", "time"), self.told, [k < self.sure_details for k in range(3)])
            return f"A restaurant is agreed. The user wants a table. {known or 'People, day and time: not known'}"
        if self.phase == "closing":
            left = 3 - self.sure_details if self.wants_table else 0
            booking = f" Details of the booking that were not confirmed: {left}" if left else ""
            return f"The user has no more wishes.{booking}"
        return "The talk is over"


def _values(names: Sequence[str], understood: Sequence[str | None], sure: Sequence[bool]) -> str:
    marked = [v and f"{v} ({'sure' if s else 'heard'})" for v, s in zip(understood, sure, strict=False)]
    return ", ".join(f"{name}: {value or 'not known'}" for name, value in zip(names, marked, strict=False))
