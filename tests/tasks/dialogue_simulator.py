"""A forward simulation of the booking dialogue, written from its rules alone, to check the implementation against.

The goal is drawn first and stays hidden; the user plays by it, and noise is put on what is heard. There is no belief
and no table. It shares no code with `textenvs.tasks.dialogue`; only the lots of the split are drawn as they are there.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect
from functools import cache
from itertools import accumulate, product
from pathlib import Path
from typing import NamedTuple

import numpy as np

HORIZON = 25
HANG_UP = 0.3
SLOTS = ("food", "area", "price")
ANY = "any"
ANY_PROBABILITY = (0.1, 0.3, 0.3)
OPENING = (0.7, 0.4, 0.4)
QUESTIONS = ("phone", "address", "postcode")
DETAILS = (
    tuple(str(n) for n in range(1, 9)),
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("12:00", "12:30", "13:00", "18:00", "18:30", "19:00", "19:30", "20:00"),
)

# Requests, confirmations and answers are followed by those of the other two slots or questions.
REQUEST, CONFIRM, OFFER, NONE, ALTERNATIVE, TELL, REQUEST_BOOKING, CONFIRM_BOOKING, BOOK, GOODBYE = (
    0, 3, 6, 7, 8, 9, 12, 13, 14, 15,
)  # fmt: skip

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
    path = Path(__file__).parents[2] / "textenvs" / "data" / "restaurants.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    kinds = [tuple(row[slot] for slot in SLOTS) for row in rows]
    found = []
    for i, (row, kind) in enumerate(zip(rows, kinds, strict=True)):
        others = [j % len(rows) for j in range(i + 1, i + len(rows)) if kinds[j % len(rows)] == kind]
        found.append(Venue(row["name"], kind, others[0] if others else None))
    return found


@cache
def values(slot: int) -> list[str]:
    """The values of a slot, "any" among them."""
    return [*sorted({venue.kind[slot] for venue in venues()}), ANY]


@cache
def fitting(wish: tuple[str | None, ...]) -> list[int]:
    """The restaurants with every value of a wish; None and "any" ask for nothing."""
    return [
        i
        for i, venue in enumerate(venues())
        if all(value in (None, ANY, has) for value, has in zip(wish, venue.kind, strict=True))
    ]


def split_of(goal: Goal) -> str:
    """The split of a goal, by lot."""

    def lot(n: int, *words: str) -> int:
        return int.from_bytes(hashlib.blake2b("/".join(words).encode(), digest_size=8).digest(), "big") % n

    pair_held_out = ANY not in goal[:2] and lot(5, *goal[:2]) == 0
    return "test" if pair_held_out or lot(4, *goal) == 0 else "train"


@cache
def load(split: str) -> Split:
    """The goals of a split."""
    met: dict[Goal, float] = {}
    unmet: dict[Goal, float] = {}
    for goal in product(*(values(k) for k in range(3))):
        if split_of(goal) == split:
            weight = 1.0
            for k, value in enumerate(goal):
                any_of_slot = ANY_PROBABILITY[k]
                weight *= any_of_slot if value == ANY else (1 - any_of_slot) / (len(values(k)) - 1)
            (met if fitting(goal) else unmet)[goal] = weight
    relaxed = {}
    for goal in unmet:
        options = [[v for v in values(k) if (*goal[:k], v, *goal[k + 1 :]) in met] for k in range(3)]
        if any(options):
            relaxed[goal] = options
    scale_met = 0.75 / sum(met.values())
    scale_unmet = 0.25 / sum(unmet[goal] for goal in relaxed)
    weights = [w * scale_met for w in met.values()] + [unmet[goal] * scale_unmet for goal in relaxed]
    return Split([*met, *relaxed], list(accumulate(weights)), relaxed)


class Simulator:
    """A user with a goal, and what an assistant that may mishear him has understood.

    Args:
        split: "train" or "test".
        error_rate: The rate of understanding errors.
        rng: The source of chance.
    """

    def __init__(self, split: str, error_rate: float, rng: np.random.Generator) -> None:
        self.data = load(split)
        self.error_rate = error_rate
        self.rng = rng
        self.reset()

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _pick(self, options: list[str]) -> str:
        return options[int(self.rng.random() * len(options))]

    def reset(self) -> None:
        """Draw all that the user wants, and let him open the talk."""
        self.turn = 0
        self.success = False
        self.phase = "seeking"  # another, asking, booking, closing, ended
        # The truth.
        cumulated = self.data.cumulated
        self.goal = self.data.goals[min(bisect(cumulated, self.rng.random()), len(cumulated) - 1)]
        self.relaxed = False
        self.questions = [k for k in range(3) if self._chance(0.5)]
        self.wants_table = self._chance(0.6)
        self.wants_another = self._chance(0.15)
        self.details = [self._pick(list(options)) for options in DETAILS]
        # What was understood.
        self.known: list[str | None] = [None, None, None]
        self.sure = [False, False, False]
        self.venue: int | None = None
        self.told: list[str] = []
        self.sure_details = 0
        for k in range(3):
            if self._chance(OPENING[k]):
                self._tell(k)

    def _hear(self, value: str, options: list[str]) -> str:
        """What is heard when a value is told for the first time."""
        if self._chance(self.error_rate):
            return self._pick([other for other in options if other != value])
        return value

    def _tell(self, k: int) -> None:
        self.known[k] = self._hear(self.goal[k], values(k))
        self.sure[k] = False

    def _tell_slowly(self, slots: list[int] | range) -> None:
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
            return False
        return True

    def legal(self) -> list[bool]:
        """Which acts can be said."""
        mask = [self.phase != "ended"] * 16
        masked: list[int] = []
        if self.phase == "seeking":
            masked = [CONFIRM + k for k in range(3) if self.known[k] is None]
            masked += [ALTERNATIVE, TELL, TELL + 1, TELL + 2, CONFIRM_BOOKING, BOOK]
            if not fitting(tuple(self.known)):
                masked.append(OFFER)
        elif self.phase in ("another", "asking"):
            masked = [CONFIRM, CONFIRM + 1, CONFIRM + 2, CONFIRM_BOOKING, BOOK]
            if self._agreed().next is None:
                masked.append(ALTERNATIVE)
        elif self.phase in ("booking", "closing"):
            masked = [*range(CONFIRM, CONFIRM + 3), OFFER, ALTERNATIVE, *range(TELL, TELL + 3)]
            if self.phase == "closing" or not self.told:
                masked += [CONFIRM_BOOKING, BOOK]
        for action in masked:
            mask[action] = False
        return mask

    def step(self, action: int) -> tuple[float, bool]:
        """Say something; the reward, and whether the talk has ended."""
        self.turn += 1
        reward = -1.0
        if not self.legal()[action]:
            reward -= 1.0
        elif action == GOODBYE:
            self._end(self.phase == "closing" and (not self.wants_table or self.told == self.details))
        else:
            {
                "seeking": self._seek,
                "another": self._answer_about_another,
                "asking": self._answer_question,
                "booking": self._book,
                "closing": self._close,
            }[self.phase](action)
        if self.phase != "ended" and self.turn == HORIZON:
            self._end()
        if self.phase == "ended":
            reward += 20.0 if self.success else self.turn - HORIZON
        return reward, self.phase == "ended"

    def _seek(self, action: int) -> None:
        if action < CONFIRM and self.known[action - REQUEST] is None:
            if not self._chance(self.error_rate):  # else the answer is lost
                self._tell(action - REQUEST)
        elif CONFIRM <= action < OFFER and not self.sure[action - CONFIRM]:
            if not self._chance(self.error_rate):
                self._tell_slowly([action - CONFIRM])
        elif action == OFFER:
            self._hear_offer()
        elif action == NONE:
            self._hear_claim()
        else:
            self._annoy()

    def _hear_offer(self) -> None:
        venue = fitting(tuple(self.known))[0]
        has = venues()[venue].kind
        unmet = [k for k in range(3) if self.goal[k] not in (ANY, has[k])]
        if not unmet:
            self.venue = venue
            self.phase = "another" if self.wants_another else "asking"
            if self.phase == "asking":
                self._next_wish()
        elif self._annoy():
            self._tell_slowly(range(unmet[0] + 1))

    def _hear_claim(self) -> None:
        named = [k for k in range(3) if self.known[k] not in (None, ANY)]
        misheard = [k for k in named if self.known[k] != self.goal[k]]
        if misheard:
            if self._annoy():
                self._tell_slowly(range(misheard[0] + 1))
        elif fitting(tuple(self.known)):
            if self._annoy():
                self._tell_slowly(named)
        else:
            options = self.data.relaxed[self.goal]
            slot = int(self._pick([str(k) for k in named if options[k]]))
            self.goal = (*self.goal[:slot], self._pick(options[slot]), *self.goal[slot + 1 :])
            self.relaxed = True
            self._tell_slowly(range(3))  # what was named was said to be right by giving it up or keeping it
            self._tell(slot)

    def _answer_about_another(self, action: int) -> None:
        other = self._agreed().next
        if action == ALTERNATIVE or (action == NONE and other is None):
            if action == ALTERNATIVE:
                self.venue = other
            self._next_wish()
        else:
            self._annoy()

    def _answer_question(self, action: int) -> None:
        if action == TELL + self.questions[0]:
            self.questions.pop(0)
            self._next_wish()
        else:
            self._annoy()

    def _next_wish(self) -> None:
        self.phase = "asking" if self.questions else "booking" if self.wants_table else "closing"

    def _book(self, action: int) -> None:
        wrong = [k for k in range(3) if self.told and self.told[k] != self.details[k]]
        if action == REQUEST_BOOKING and not self.told:
            if not self._chance(self.error_rate):  # else the answer is lost
                self.told = [self._hear(v, list(o)) for v, o in zip(self.details, DETAILS, strict=True)]
        elif action == CONFIRM_BOOKING and self.sure_details < 3:
            if not self._chance(self.error_rate):
                self._correct(wrong)
        elif action == BOOK:
            full = self._chance(0.2)
            if wrong and (full or self._chance(0.5)):
                if self._annoy():
                    self._correct(wrong)
            elif full:
                times = list(DETAILS[2])
                self.details[2] = self._pick([time for time in times if time != self.details[2]])
                self.told[2] = self.details[2]
                self.sure_details = 3
            else:
                self.phase = "closing"
        else:
            self._annoy()

    def _correct(self, wrong: list[int]) -> None:
        """Say slowly the first wrong detail; without any, yes."""
        if wrong:
            self.told[wrong[0]] = self.details[wrong[0]]
        self.sure_details = max(self.sure_details, wrong[0] + 1 if wrong else 3)

    def _close(self, action: int) -> None:
        self._annoy()

    def _agreed(self) -> Venue:
        assert self.venue is not None
        return venues()[self.venue]

    def understood(self) -> str:
        """What an honest assistant knows."""
        if self.phase == "seeking":
            since = "since the first wish could not be met " if self.relaxed and not all(self.sure) else ""
            parts = [
                f"{slot}: " + ("not known" if value is None else f"{value} ({'sure' if sure else 'heard'})")
                for slot, value, sure in zip(SLOTS, self.known, self.sure, strict=True)
            ]
            return f"The user wants {since}{', '.join(parts)}. Restaurants that fit: {len(fitting(tuple(self.known)))}"
        if self.phase == "another":
            there = "There is none" if self._agreed().next is None else "There is one"
            return f"The user likes {self._agreed().name} but asks for another one like it. {there}"
        if self.phase == "asking":
            return f"{self._agreed().name} is agreed. The user asks for the {QUESTIONS[self.questions[0]]}"
        if self.phase == "booking":
            start = "A restaurant is agreed. The user wants a table. "
            if not self.told:
                return start + "People, day and time: not known"
            return start + ", ".join(
                f"{name}: {value} ({'sure' if k < self.sure_details else 'heard'})"
                for k, (name, value) in enumerate(zip(("People", "day", "time"), self.told, strict=True))
            )
        if self.phase == "closing":
            left = 3 - self.sure_details if self.wants_table else 0
            return "The user has no more wishes." + (
                f" Details of the booking that were not confirmed: {left}" if left else ""
            )
        return "The talk is over"
