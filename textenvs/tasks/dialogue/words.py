"""The words of the assistant: the sentence of each act, and the note of what was understood so far."""

from __future__ import annotations

from textenvs.tasks.dialogue.goals import ANY, ANYS, BOOKING, BOOKING_VALUES, SLOTS, VALUES, VENUES, another
from textenvs.tasks.dialogue.names import food_name, price_name, with_article
from textenvs.tasks.dialogue.states import (
    DETAILS,
    Another,
    Asking,
    Booking,
    Closing,
    Seeking,
    State,
    Value,
    found,
)

REQUESTS = (
    "What kind of food would you like?",
    "Which part of town should it be in?",
    "What price range do you have in mind?",
)
CONFIRMATIONS = (
    "You would like {}, is that right?",
    "It should be {}, is that right?",
    "You want something {}, is that right?",
)
PLAIN = {
    **dict(zip((f"request_{slot}" for slot in SLOTS), REQUESTS, strict=True)),
    "none": "I am sorry, there is no other restaurant like that.",
    "request_booking": "For how many people shall I book, on which day and at what time?",
    "goodbye": "Thank you for calling, goodbye!",
}
"""Sentences that are the same in every state, unless it says more."""
ANY_PHRASES = ("any kind of food", "in any part of town", "at any price")
CONFIRMING = ("is that right", "is that correct", "did you say", "you said", "you asked", "you want", "so you", "you fancy",
              "just to check", "double check", "make sure", "have i got", "did i get", "was it", "will do", "confirm",
              "correct", "check", "heard", "understood", "is that it", "hear", "yes")  # fmt: skip
CUES: dict[str, tuple[str, ...]] = {
    "request_food": ("food", "cuisine", "eat", "kind", "type", "what sort", "dish", "fancy", "mood", "what kind", "craving",
                     "taste", "style", "what", "which", "feel like", "any preference"),
    "request_area": ("area", "where", "whereabouts", "part", "town", "location", "district", "side", "which part", "which",
                     "neighbourhood", "city", "located", "region", "near", "which area"),
    "request_price": ("price", "budget", "spend", "much", "cost", "pay", "range", "how much", "pricey", "expense",
                      "money", "bill", "which", "cheap moderate or expensive"),
    "confirm_food": (*CONFIRMING, "food", "cuisine", "cooking"),
    "confirm_area": (*CONFIRMING, "area", "part of town", "location", "anywhere", "where it is"),
    "confirm_price": (*CONFIRMING, "price", "budget", "cost", "any price", "what it costs"),
    "offer": ("recommend", "suggest", "how about", "what about", "try", "nice", "place", "restaurant", "offer", "found",
              "fit", "match", "might enjoy", "called"),
    "none": ("no", "none", "nothing", "find", "match", "exist", "isnt", "arent", "nowhere", "only one", "no luck", "theres no",
             "dont have", "doesnt have", "not have", "not find", "cannot find", "cant find", "couldnt find", "unable to find",
             "afraid not", "unfortunately not", "not one", "not any", "not a single", "empty"),
    "alternative": ("another", "alternative", "instead", "also", "else", "other", "alternatively", "different", "option",
                    "similar", "how about", "what about", "one more"),
    "tell_phone": ("phone", "number", "telephone", "call", "ring", "dial", "reach"),
    "tell_address": ("address", "located", "find", "street", "situated", "find them", "location", "road"),
    "tell_postcode": ("postcode", "post code", "postal", "code", "zip", "sat nav", "satnav"),
    "request_booking": ("how many", "people", "day", "time", "when", "party", "guest", "details", "what time", "which day",
                        "many", "party size", "which date", "how big", "what day"),
    "confirm_booking": (*CONFIRMING, "guest", "diners"),
    "book": ("book", "reserve", "booking", "reservation", "go ahead", "arrange", "booked", "reserved", "put you down",
             "got you in", "all sorted", "ill book", "making"),
    "goodbye": ("bye", "goodbye", "thank", "thanks", "enjoy", "care", "welcome", "see you", "farewell", "pleasure",
                "nice day", "good evening", "lovely day", "good day", "calling"),
}  # fmt: skip
INSTRUCTIONS = """You are the assistant of a restaurant guide for Cambridge. A user talks to you; what they want is hidden.
Find out what food, which part of town and which price range they are after (some of it they may not care about), offer
a restaurant that fits, tell them the phone number, address or postcode that they ask for, book a table if they want
one, and say goodbye when they have no more wishes.

You may mishear: a value marked "heard" may be wrong, one marked "sure" is right. You may ask to confirm what you heard.
If there is no restaurant as they want it, say so: they will change their mind. A wrong offer, a question that was
answered already, or anything else that is of no use may make them hang up. If a table is booked with a wrong detail
they may not notice, and the booking is worth nothing.

Each turn costs 1 point, an impossible reply 1 more. If the talk ends well, with the right restaurant, every question answered and the booking as
wanted, you earn 20. Otherwise you pay 1 for each turn that was left of {horizon}.

Each turn you see what was said last, in square brackets what you understood so far, and the sentences you can say."""


def phrase(slot: int, value: int) -> str:
    """A value in a sentence: "Chinese food", "in the north", "cheap", "at any price"."""
    name = VALUES[slot][value]
    if name == ANY:
        return ANY_PHRASES[slot]
    return (f"{food_name(name)} food", f"in the {name}", price_name(name))[slot]


def description(slots: tuple[Value | None, ...]) -> str:
    """The restaurants that a user seeks, as far as known: "cheap Chinese restaurant in the north"."""
    names = [
        None if s is None or s.value == n else VALUES[k][s.value]
        for k, (s, n) in enumerate(zip(slots, ANYS, strict=True))
    ]
    food, area, price = names
    words = [price_name(price)] if price else []
    words += [food_name(food)] if food else []
    words.append("restaurant")
    words += [f"in the {area}"] if area else []
    return " ".join(words)


def table(values: tuple[int, int, int]) -> str:
    """A booking in words: "a table for 4 people on Friday at 19:00"."""
    people, day, time = (BOOKING_VALUES[j][value] for j, value in enumerate(values))
    return f"a table for {people} {'person' if people == '1' else 'people'} on {day} at {time}"


def sentence(state: State, act: str) -> str:
    """The sentence of a legal act."""
    kind, _, what = act.partition("_")
    if isinstance(state, Seeking):
        if kind == "confirm":
            slot = SLOTS.index(what)
            known = state.slots[slot]
            assert known is not None
            return CONFIRMATIONS[slot].format(phrase(slot, known.value))
        if act == "offer":
            return f"How about {_venue(found(state)[0])}?"
        if act == "none":
            return f"I am sorry, there is no {description(state.slots)}."
    if isinstance(state, (Another, Asking)) and kind in ("offer", "alternative", "tell"):
        return _of_venue(state.venue, act)
    if isinstance(state, Booking) and state.values is not None:
        if act == "confirm_booking":
            return f"That is {table(state.values)}, is that right?"
        if act == "book":
            return f"I am booking {table(state.values)}."
    return PLAIN[act]


def _of_venue(venue: int, act: str) -> str:
    """A sentence of which a venue is the subject."""
    chosen = VENUES[venue]
    if act == "offer":
        return f"How about {_venue(venue)}?"
    if act == "tell_phone":
        return f"The phone number of {chosen.name} {f'is {chosen.phone}' if chosen.phone else 'is not listed'}."
    if act == "tell_address":
        return f"The address of {chosen.name} is {chosen.address}."
    if act == "tell_postcode":
        return f"The postcode of {chosen.name} is {chosen.postcode}."
    other = another(venue)
    assert other is not None
    return f"Alternatively, there is {_venue(other)}."


def _venue(venue: int) -> str:
    row = VENUES[venue]
    kind = with_article(f"{price_name(row.price)} {food_name(row.food)} restaurant")
    return f"{row.name}, {kind} in the {row.area}"


def note(state: State) -> str:
    """What was understood so far. It says all that the state says."""
    if isinstance(state, Seeking):
        known = ", ".join(f"{slot}: {_known(k, state.slots[k])}" for k, slot in enumerate(SLOTS))
        since = " since the first wish could not be met" if state.relaxed else ""
        return f"The user wants{since} {known}. Restaurants that fit: {len(found(state))}"
    if isinstance(state, Another):
        other = "is one" if another(state.venue) is not None else "is none"
        return f"The user likes {VENUES[state.venue].name} but asks for another one like it. There {other}"
    if isinstance(state, Asking):
        return f"{VENUES[state.venue].name} is agreed. The user asks for the {DETAILS[state.detail]}"
    if isinstance(state, Booking):
        return f"A restaurant is agreed. The user wants a table. {_booking(state)}"
    if isinstance(state, Closing):
        unsure = f" Details of the booking that were not confirmed: {state.unsure}" if state.unsure else ""
        return f"The user has no more wishes.{unsure}"
    return "The talk is over"


def _known(slot: int, known: Value | None) -> str:
    if known is None:
        return "not known"
    return f"{VALUES[slot][known.value]} ({'sure' if known.sure else 'heard'})"


def _booking(state: Booking) -> str:
    if state.values is None:
        return "People, day and time: not known"
    known = (
        f"{name}: {BOOKING_VALUES[j][state.values[j]]} ({'sure' if j < state.sure else 'heard'})"
        for j, name in enumerate(("People", *BOOKING[1:]))
    )
    return ", ".join(known)
