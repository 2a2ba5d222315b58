"""What the assistant says: the sentence of each act, and the note of what was understood so far."""

from __future__ import annotations

from functools import cache

from textenvs.tasks.dialogue.goals import ANY, ANYS, BOOKING_VALUES, SLOTS, VALUES, VENUES, another
from textenvs.tasks.dialogue.names import food_name, price_name, with_article
from textenvs.tasks.dialogue.states import (
    ACTIONS,
    Another,
    Asking,
    Booking,
    Closing,
    Seeking,
    State,
    Value,
    found,
)
from textenvs.text.phrases import load_phrases

PHRASES = load_phrases(__package__)
INSTRUCTIONS = PHRASES.text("instructions", "horizon")
CUES = PHRASES.cues(ACTIONS)

REQUESTS = {act: PHRASES.sentence(act) for act in ("request_food", "request_area", "request_price")}
CONFIRM = tuple(f"confirm_{slot}" for slot in SLOTS)
CONFIRMATIONS = tuple(PHRASES.sentence(act, "value") for act in CONFIRM)
OFFER = PHRASES.sentence("offer", "venue")
NONE = PHRASES.sentence("none", "restaurant")
ALTERNATIVE = PHRASES.sentence("alternative", "venue")
TELL_PHONE = PHRASES.sentence("tell_phone", "name", "phone")
TELL_NO_PHONE = PHRASES.text("act.tell_phone_unlisted", "name")
TELL_ADDRESS = PHRASES.sentence("tell_address", "name", "address")
TELL_POSTCODE = PHRASES.sentence("tell_postcode", "name", "postcode")
CONFIRM_BOOKING = PHRASES.sentence("confirm_booking", "table")
BOOK = PHRASES.sentence("book", "table")
ALWAYS = {
    **REQUESTS,
    "none": PHRASES["act.none_other"],
    "request_booking": PHRASES.sentence("request_booking"),
    "goodbye": PHRASES.sentence("goodbye"),
}
"""What can be said until the talk is over."""

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


def sentence(state: State, act: str) -> str:
    """The sentence of a legal act."""
    kind, _, what = act.partition("_")
    if isinstance(state, Seeking):
        if kind == "confirm":
            slot = SLOTS.index(what)
            known = state.slots[slot]
            assert known is not None
            return _confirmation(slot, known.value)
        if act == "offer":
            return OFFER.format(venue=_venue(found(state)[0]))
        if act == "none":
            return NONE.format(restaurant=description(state.slots))
    if isinstance(state, (Another, Asking)) and kind in ("offer", "alternative", "tell"):
        return _of_venue(state.venue)[act]
    if isinstance(state, Booking) and state.values is not None and act in ("confirm_booking", "book"):
        return (BOOK if act == "book" else CONFIRM_BOOKING).format(table=table(state.values))
    return ALWAYS[act]


@cache
def _confirmation(slot: int, value: int) -> str:
    return CONFIRMATIONS[slot].format(value=phrase(slot, value))


@cache
def _of_venue(venue: int) -> dict[str, str]:
    """What can be said of a venue, by act."""
    chosen, other = VENUES[venue], another(venue)
    said = {
        "offer": OFFER.format(venue=_venue(venue)),
        "tell_phone": (TELL_PHONE if chosen.phone else TELL_NO_PHONE).format(name=chosen.name, phone=chosen.phone),
        "tell_address": TELL_ADDRESS.format(name=chosen.name, address=chosen.address),
        "tell_postcode": TELL_POSTCODE.format(name=chosen.name, postcode=chosen.postcode),
    }
    if other is not None:
        said["alternative"] = ALTERNATIVE.format(venue=_venue(other))
    return said


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
