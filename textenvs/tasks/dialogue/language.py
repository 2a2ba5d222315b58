"""What the assistant says: the sentences of its acts, and the note of what was understood so far."""

from __future__ import annotations

from functools import cache

from textenvs.tasks.dialogue.domain import (
    ANY,
    ANYS,
    BOOKING_VALUES,
    DETAILS,
    SLOTS,
    VALUES,
    VENUES,
    Another,
    Asking,
    Booking,
    Closing,
    Seeking,
    State,
    Value,
    another,
    found,
)
from textenvs.text.phrases import load_phrases

PHRASES = load_phrases(__package__)
INSTRUCTIONS = PHRASES.text("instructions", "horizon")

CONFIRM = {slot: PHRASES.sentence(f"confirm_{slot}", "value") for slot in SLOTS}
OFFER = PHRASES.sentence("offer", "venue")
NONE = PHRASES.sentence("none", "restaurant")
NO_OTHER = PHRASES["act.none_other"]
ALTERNATIVE = PHRASES.sentence("alternative", "venue")
TELL = {detail: PHRASES.sentence(f"tell_{detail}", "name", detail) for detail in DETAILS}
NOT_LISTED = PHRASES.text("act.tell_phone_unlisted", "name")
CONFIRM_BOOKING = PHRASES.sentence("confirm_booking", "table")
BOOK = PHRASES.sentence("book", "table")

COMMON_NOUNS = ("gastropub", "international", "seafood")
"""Foods that are not written with a capital."""
ANY_VALUES = tuple(PHRASES[f"value.any_{slot}"] for slot in SLOTS)
FOOD = PHRASES.text("value.food", "food")
AREA = PHRASES.text("value.area", "area")
VENUE = PHRASES.text("value.venue", "name", "kind", "area")
KIND = PHRASES.text("value.kind", "price", "food")
RESTAURANT = PHRASES["value.restaurant"]
TABLE_FOR_ONE = PHRASES.text("value.table_one", "people", "day", "time")
TABLE = PHRASES.text("value.table", "people", "day", "time")

WANTS = tuple(PHRASES.text(f"note.{key}", "known", "count") for key in ("seeking", "relaxed"))
"""The note while seeking, by whether the first wish was given up."""
LIKES = tuple(PHRASES.text(f"note.{key}", "name") for key in ("no_other", "another"))
"""The note when another venue is asked for, by whether there is one."""
AGREED = PHRASES.text("note.asking", "name", "detail")
TABLE_WANTED = PHRASES.text("note.booking", "known")
TABLE_UNKNOWN = PHRASES["note.booking_unknown"]
NO_MORE = PHRASES["note.closing"]
NO_MORE_UNSURE = PHRASES.text("note.closing_unsure", "count")
ENDED = PHRASES["note.over"]
UNKNOWN = PHRASES.text("note.unknown", "what")
KNOWN = tuple(PHRASES.text(f"note.{key}", "what", "value") for key in ("heard", "sure"))
"""A value in a note, by whether it is sure."""
SLOT_NAMES, BOOKING_NAMES, DETAIL_NAMES = map(PHRASES.entries, ("slots", "booking", "details"))


def food_name(food: str) -> str:
    """A kind of food as it is written: "Modern European", "seafood"."""
    return food if food in COMMON_NOUNS else food.title()


def price_name(price: str) -> str:
    """A price range as an adjective: "cheap", "moderately priced"."""
    return "moderately priced" if price == "moderate" else price


def with_article(noun: str) -> str:
    """A noun with "a" or "an": "an Indian restaurant", "a European restaurant"."""
    return f"{'an' if noun[0] in 'AEIOaeio' and not noun.startswith('Eu') else 'a'} {noun}"


def phrase(slot: int, value: int) -> str:
    """A value in a sentence: "Chinese food", "in the north", "cheap", "at any price"."""
    name = VALUES[slot][value]
    if name == ANY:
        return ANY_VALUES[slot]
    if SLOTS[slot] == "food":
        return FOOD.format(food=food_name(name))
    return AREA.format(area=name) if SLOTS[slot] == "area" else price_name(name)


def description(slots: tuple[Value | None, ...]) -> str:
    """The restaurants that a user seeks, as far as known: "cheap Chinese restaurant in the north"."""
    names = [
        None if s is None or s.value == n else VALUES[k][s.value]
        for k, (s, n) in enumerate(zip(slots, ANYS, strict=True))
    ]
    food, area, price = names
    words = [price_name(price)] if price else []
    words += [food_name(food)] if food else []
    words.append(RESTAURANT)
    words += [AREA.format(area=area)] if area else []
    return " ".join(words)


@cache
def table(values: tuple[int, int, int]) -> str:
    """A booking in words: "a table for 4 people on Friday at 19:00"."""
    people, day, time = (BOOKING_VALUES[j][value] for j, value in enumerate(values))
    return (TABLE_FOR_ONE if people == "1" else TABLE).format(people=people, day=day, time=time)


FIXED = frozenset({"request", "request_booking", "goodbye"})
"""Acts that say the same in every state."""


def sentence(state: State, act: str, slot: str = "", detail: str = "") -> str | None:
    """What a legal act says, where that depends on the state; None where it does not."""
    if act in FIXED:
        return None
    match act, state:
        case "confirm", Seeking(slots):
            k = SLOTS.index(slot)
            known = slots[k]
            return None if known is None else _confirmation(k, known.value)
        case "offer", Seeking():
            return _offer(found(state)[0])
        case "none", Seeking(slots):
            return NONE.format(restaurant=description(slots))
        case "none", _:
            return NO_OTHER
        case "offer", Another(venue) | Asking(venue):
            return _offer(venue)
        case "alternative", Another(venue) | Asking(venue):
            return _alternative(venue)
        case "tell", Another(venue) | Asking(venue):
            return _told(venue, detail)
        case "confirm_booking", Booking((_, _, _) as values):
            return CONFIRM_BOOKING.format(table=table(values))
        case "book", Booking((_, _, _) as values):
            return BOOK.format(table=table(values))
    return None


@cache
def _confirmation(slot: int, value: int) -> str:
    return CONFIRM[SLOTS[slot]].format(value=phrase(slot, value))


@cache
def _offer(venue: int) -> str:
    return OFFER.format(venue=_venue(venue))


@cache
def _alternative(venue: int) -> str | None:
    other = another(venue)
    return None if other is None else ALTERNATIVE.format(venue=_venue(other))


@cache
def _told(venue: int, detail: str) -> str:
    row = VENUES[venue]
    value = getattr(row, detail)
    return (NOT_LISTED if value is None else TELL[detail]).format(name=row.name, **{detail: value})


@cache
def _venue(venue: int) -> str:
    row = VENUES[venue]
    kind = with_article(KIND.format(price=price_name(row.price), food=food_name(row.food)))
    return VENUE.format(name=row.name, kind=kind, area=row.area)


def note(state: State) -> str:
    """What was understood so far. It says all that the state says."""
    if isinstance(state, Seeking):
        known = ", ".join(map(_known, range(len(SLOTS)), state.slots))
        return WANTS[state.relaxed].format(known=known, count=len(found(state)))
    if isinstance(state, Another):
        return LIKES[another(state.venue) is not None].format(name=VENUES[state.venue].name)
    if isinstance(state, Asking):
        return AGREED.format(name=VENUES[state.venue].name, detail=DETAIL_NAMES[state.detail])
    if isinstance(state, Booking):
        return TABLE_WANTED.format(known=_booking(state.values, state.sure)) if state.values else TABLE_UNKNOWN
    if isinstance(state, Closing):
        return NO_MORE_UNSURE.format(count=state.unsure) if state.unsure else NO_MORE
    return ENDED


@cache
def _known(slot: int, known: Value | None) -> str:
    if known is None:
        return UNKNOWN.format(what=SLOT_NAMES[slot])
    return KNOWN[known.sure].format(what=SLOT_NAMES[slot], value=VALUES[slot][known.value])


def _booking(values: tuple[int, int, int], sure: int) -> str:
    return ", ".join(_detail(j, value, j < sure) for j, value in enumerate(values))


@cache
def _detail(j: int, value: int, sure: bool) -> str:
    return KNOWN[sure].format(what=BOOKING_NAMES[j], value=BOOKING_VALUES[j][value])
