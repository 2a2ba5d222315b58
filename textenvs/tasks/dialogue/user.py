"""What the user says: how an event is put into words, in one of many ways."""

from __future__ import annotations

from functools import reduce
from itertools import product
from string import Formatter
from typing import Any, NamedTuple

from textenvs.tasks.dialogue.domain import ANY, BOOKING, BOOKING_VALUES, SLOTS, TIME, VALUES
from textenvs.tasks.dialogue.language import PHRASES, food_name, price_name, with_article

DISH, KIND = PHRASES.text("form.dish", "food"), PHRASES.text("form.kind", "food")
AREA = PHRASES.text("form.area", "area")
ONE_PERSON, JUST_ME = PHRASES["form.people_one"], PHRASES["form.us_one"]
PEOPLE, US = PHRASES.text("form.people", "number"), PHRASES.text("form.us", "number")
OR, AND = PHRASES.text("form.or", "first", "last"), PHRASES.text("form.and", "first", "last")
TOPICS, ANYTHING, NUMBERS, CLOCK = map(PHRASES.entries, ("topics", "anything", "numbers", "clock"))

Pair = tuple[int, int]
"""A slot and the index of one of its values."""


class Plan(NamedTuple):
    """How an event can be worded: one of the frames, its holes {0}, {1}, ... filled with one of each list."""

    frames: tuple[str, ...]
    fills: tuple[tuple[str, ...], ...] = ()


class Template(NamedTuple):
    """A sentence with %s for each of its holes, and the wordings that may fill them, in their order."""

    text: str
    fills: tuple[tuple[str, ...], ...]


class UserLanguage:
    """Puts what the user does into words, in one of many ways.

    Args:
        split: "train" or "test", which knows more wordings.
    """

    def __init__(self, split: str) -> None:
        self._split = split
        self._templates: dict[tuple[Any, ...], tuple[Template, ...]] = {}

    def say(self, event: tuple[Any, ...], draw: int) -> str:
        """The words for an event.

        Args:
            event: An act and what it tells, such as ("inform", (0, 3)).
            draw: Random bits that choose the wording.

        Returns:
            One line of text.
        """
        templates = self._templates.get(event)
        if templates is None:
            templates = self._templates[event] = _templates(self._plan(event))
        text, fills = templates[draw % len(templates)]
        if not fills:
            return text
        draw //= len(templates)
        chosen = []
        for wordings in fills:
            chosen.append(wordings[draw % len(wordings)])
            draw //= len(wordings)
        return text % tuple(chosen)

    def _plan(self, event: tuple[Any, ...]) -> Plan:
        """All wordings of an event."""
        match event:
            case ("open" | "insist" as act, *pairs):
                return self._search(act, pairs)
            case ("refuse" | "deny" as act, *right, wrong):
                return self._object(act, right, wrong)
            case ("relax", changed, *others):
                return self._relax(changed, others)
            case ("inform", pair):
                return Plan(tuple(f"{words}." for words in self._about("inform", pair)))
            case ("no", pair):
                return Plan(self._about("no", pair))
            case ("accept" | "thank" as act, wish):
                return Plan(("{0} {1}",), (self._said(act), self._said(wish)))
            case ("details", people, day, time):
                forms = _booking_forms(0, people) | _booking_forms(1, day) | _booking_forms(TIME, time)
                return Plan(self._worded("details", forms))
            case ("correct", j, w):
                return Plan(self._worded(f"correct {BOOKING[j]}", _booking_forms(j, w)))
            case ("full", time):
                return Plan(self._worded("full", _booking_forms(TIME, time)))
            case (act,):
                return Plan(self._said(act))
        raise ValueError(f"no such event: {event}")

    def _search(self, act: str, pairs: list[Pair]) -> Plan:
        """A sentence that describes a restaurant, and one for what does not matter."""
        forms: dict[str, str] = {}
        key, topics = "want", []
        for k, v in pairs:
            if VALUES[k][v] == ANY:
                topics.append(TOPICS[k])
            else:
                key += f" {SLOTS[k]}"
                forms |= _value_forms(k, v)
        frames = self._worded(act, {"want": "{0}"})
        fills = (self._worded(key, forms),)
        if not topics:
            return Plan(frames, fills)
        before, last = ", ".join(topics[:-1]), topics[-1]
        listed = OR.format(first=before, last=last) if before else last
        frames = tuple(f"{frame} {{1}}" for frame in frames)
        return Plan(frames, (*fills, self._worded("indifferent", {"topics": listed})))

    def _object(self, act: str, right: list[Pair], wrong: Pair) -> Plan:
        """What is right, and the first thing that is not."""
        holes = [f"{{{i}}}" for i in range(len(right) + 1)]
        forms = {"wrong": holes[-1]}
        if right:
            forms["right"] = reduce(lambda first, last: AND.format(first=first, last=last), holes[:-1])
        frames = self._worded("half right" if right else "objection", forms)
        return Plan(frames, (*(self._about("right", pair) for pair in right), self._about(act, wrong)))

    def _relax(self, changed: Pair, others: list[Pair]) -> Plan:
        """A new value instead of an old one, and values that were not told before."""
        more = [self._worded("also", {"inform": f"{{{i}}}"}) for i in range(1, len(others) + 1)]
        frames = tuple(" ".join(sentences) for sentences in product(("{0}",), *more))
        return Plan(frames, (self._about("relax", changed), *(self._about("inform", pair) for pair in others)))

    def _about(self, act: str, pair: Pair) -> tuple[str, ...]:
        """The wordings of an act that tells a value."""
        k, v = pair
        key = f"{act} any" if VALUES[k][v] == ANY else f"{act} {SLOTS[k]}"
        return self._worded(f"{key} {SLOTS[k]}" if key == "inform any" else key, _value_forms(k, v))

    def _worded(self, key: str, forms: dict[str, str]) -> tuple[str, ...]:
        """A list of wordings with its braces filled."""
        return tuple(wording.format(**forms) for wording in self._said(key))

    def _said(self, key: str) -> tuple[str, ...]:
        return PHRASES.wordings(key, self._split)


def _value_forms(k: int, v: int) -> dict[str, str]:
    """What stands in the braces for a value of slot *k*."""
    value = VALUES[k][v]
    if value == ANY:
        return {"topic": TOPICS[k], "anything": ANYTHING[k]}
    if SLOTS[k] == "food":
        food = food_name(value)
        dish = food if food == "seafood" else DISH.format(food=food)
        kind = food if food == "gastropub" else KIND.format(food=food)
        return {"food": food, "dish": dish, "kind": kind, "a_kind": with_article(kind)}
    if SLOTS[k] == "area":
        return {"area": AREA.format(area=value)}
    price = price_name(value)
    return {"price": price, "a_price": with_article(price), "tier": value}


def _booking_forms(j: int, w: int) -> dict[str, str]:
    """What stands in the braces for a value of a booking."""
    value = BOOKING_VALUES[j][w]
    if BOOKING[j] == "day":
        return {"day": value}
    if BOOKING[j] == "time":
        return {"time": value, "clock": CLOCK[w]}
    number = NUMBERS[w]
    if value == "1":
        return {"n": value, "number": number, "people": ONE_PERSON, "us": JUST_ME}
    return {"n": value, "number": number, "people": PEOPLE.format(number=number), "us": US.format(number=number)}


def _templates(plan: Plan) -> tuple[Template, ...]:
    """The frames of a plan, each of which begins with a capital."""
    templates = []
    for frame in plan.frames:
        text, fills = "", []
        for literal, hole, _, _ in Formatter().parse(frame):
            text += literal.replace("%", "%%")
            if hole is not None:
                text += "%s"
                fills.append(plan.fills[int(hole)])
        if frame.startswith("{"):
            fills[0] = tuple(map(_capital, fills[0]))
        templates.append(Template(_capital(text if fills else frame), tuple(fills)))
    return tuple(templates)


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
