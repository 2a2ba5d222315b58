"""The words of the user: a phrase book of what people say to a booking assistant, and how an act is put into words."""

from __future__ import annotations

from itertools import product
from string import Formatter
from typing import Any, NamedTuple

from textenvs.tasks.dialogue.goals import ANY, BOOKING, BOOKING_VALUES, SLOTS, TIME, VALUES
from textenvs.tasks.dialogue.names import food_name, price_name, with_article

WORDINGS: dict[str, tuple[str, ...]] = {
    # -- looking for a restaurant: how it is described, and the sentences that hold the description ---------------
    "want": (
        "a restaurant", "somewhere to eat", "a place to have a meal",
        "somewhere for eating out", "an eatery in Cambridge", "a place that serves food",
        "a spot for a bite to eat", "a Cambridge restaurant", "a venue where I can dine",
    ),
    "want food": (
        "{a_kind}", "somewhere that does {dish}", "a place serving {dish}",
        "a restaurant with {dish} on the menu", "somewhere to eat {dish}", "an eatery that offers {dish}",
        "a place where I can have {dish}", "a Cambridge restaurant for {dish}", "a venue for {dish}",
    ),
    "want area": (
        "a restaurant in {area}", "somewhere to eat in {area} of town", "a place in {area} of Cambridge that does food",
        "an eatery in {area} of the city", "somewhere in {area} for a meal", "a place over in {area} where I can eat",
        "a venue for eating out in {area}", "a restaurant situated in {area} of town", "a bite to eat, in {area}",
    ),
    "want price": (
        "{a_price} restaurant", "somewhere {price} to eat", "a place to eat that's {price}",
        "a restaurant in the {tier} price range", "{a_price} meal out", "an eatery with {a_price} menu",
        "something {price} in Cambridge", "a bite to eat, at {a_price} place", "a venue for {a_price} meal",
    ),
    "want food area": (
        "{a_kind} in {area}", "somewhere in {area} of town that does {dish}", "a place serving {dish} in {area}",
        "a restaurant in {area} of Cambridge with {dish} on the menu", "{dish}, somewhere in {area}",
        "an eatery in {area} of the city that offers {dish}",
        "a place over in {area} where I can have {dish}", "{a_kind} situated in {area} of Cambridge",
        "a venue for {dish} in {area} of town",
    ),
    "want food price": (
        "{a_price} {kind}", "somewhere {price} that does {dish}", "a place serving {dish} that's {price}",
        "{a_kind} in the {tier} price range", "{a_price} meal out with {dish}",
        "an eatery with {a_price} menu of {dish}",
        "something {price}, with {dish}", "{a_price} restaurant for {dish}",
        "{dish} at {a_price} venue",
    ),
    "want area price": (
        "{a_price} restaurant in {area}", "somewhere {price} to eat in {area} of town",
        "a place in {area} of Cambridge that's {price}", "a restaurant in {area}, in the {tier} price range",
        "{a_price} meal out in {area} of the city", "an eatery with {a_price} menu over in {area}",
        "something {price} in {area} of Cambridge", "{a_price} venue situated in {area}",
        "a bite to eat in {area} of town, at {a_price} place",
    ),
    "want food area price": (
        "{a_price} {kind} in {area}", "somewhere {price} in {area} of town that does {dish}",
        "a place serving {dish} in {area} that's {price}", "{a_kind} in {area}, in the {tier} price range",
        "{a_price} meal out with {dish}, somewhere in {area} of Cambridge",
        "an eatery over in {area} with {a_price} menu of {dish}",
        "something {price} in {area} of the city, with {dish}", "{dish} at {a_price} venue in {area}",
        "a restaurant situated in {area} of town that has {dish} and is {price}",
    ),
    "open": (
        "Hi, I'm after {want}.",
        "Hello, can you help me find {want}?",
        "I'm looking for {want}, please.",
        "Good day, could you recommend {want}?",
        "Do you know of {want}?",
        "Hey, I need {want}.",
        "I was wondering if you could suggest {want}.",
        "Right, eating out. What I'd like is {want}.",
        "Would you kindly search for {want} on my behalf?",
    ),
    "insist": (
        "That can't be right. Please look again for {want}.",
        "Are you sure? There must be {want}, have another look.",
        "I don't believe that. Try once more: {want}.",
        "Really? Could you check again? I'm looking for {want}.",
        "Surely there is {want}. Do search a second time.",
        "No, you must have missed it. Go through your list again for {want}, would you?",
        "Hard to believe. Kindly repeat the search, I asked for {want}.",
        "Come on, you can't tell me there isn't {want}. Look properly!",
        "Hm, I doubt it. Mind running that again? It's {want} that I need.",
    ),
    "indifferent": (
        "I don't mind about {topics}.", "I'm not fussy about {topics}.", "I have no preference for {topics}.",
        "No need to worry about {topics}.", "I don't really care about {topics}.", "No special wishes as to {topics}.",
        "I'm not bothered about {topics}, to be honest.", "There's no need to narrow down {topics}.",
        "I've nothing particular in mind for {topics}.",
    ),
    # -- answers to questions ------------------------------------------------------------------------------------
    "inform food": (
        "{food}, please", "I'd like {dish}", "I fancy {dish}",
        "{dish} would be lovely", "it should be {a_kind}", "I'm in the mood for {dish}",
        "let's go for {food}", "what I have in mind is {dish}", "I could really do with some {dish}",
    ),
    "inform area": (
        "{area}, please", "I'd like it to be in {area}", "somewhere in {area}",
        "{area} of town would suit me", "I'm looking in {area} of Cambridge", "let's say {area}",
        "try {area} of the city", "what I have in mind is a place in {area}", "it ought to be over in {area}",
    ),
    "inform price": (
        "{price}, please", "I'd like somewhere {price}", "in the {tier} price range",
        "it should be {price}", "I'm looking for somewhere {price}", "let's say {tier}",
        "{a_price} place would suit me", "what I have in mind is {a_price} meal", "something {price} is what I'm after",
    ),
    "inform any food": (
        "I don't mind what kind of food", "any cuisine is fine", "I'll eat anything",
        "whatever food they serve will do", "I have no preference for the food", "I'm not fussy about what I eat",
        "it doesn't matter which cuisine", "I'm happy with all sorts of food", "the type of cooking is up to you",
    ),
    "inform any area": (
        "I don't mind where it is", "any area is fine", "anywhere will do",
        "I have no preference for the area", "it doesn't matter which part of town", "wherever you like",
        "I'm happy to go anywhere in Cambridge", "the location is up to you", "I'm not fussy about the area",
    ),
    "inform any price": (
        "I don't mind what it costs", "any price is fine", "whatever they charge will do",
        "I have no preference for the price range", "it doesn't matter how much it is", "the price isn't important",
        "I'm not fussy about prices", "I'm happy to pay a little or a lot", "the price range is up to you",
    ),
    "yes": (
        "Yes.", "Yes, that's right.", "Correct.",
        "Yep, spot on.", "That's it exactly.", "Indeed, thank you for checking.",
        "Yeah, you got it.", "Quite right, yes.", "Mm-hm, that is what I said.",
    ),
    "no food": (
        "No, {food}, please.", "No, I'd like {dish}.", "Not quite, I said {food}.",
        "That's wrong, I want {dish}.", "Sorry, you misheard: it should be {a_kind}.",
        "Nope, {dish} is what I'm after.",
        "I'm afraid not. My choice of food would be {food}.", "Wrong food. I asked about {dish}.",
        "Oh no, I was talking about {a_kind}.",
    ),
    "no area": (
        "No, {area}, please.", "No, I'd like it to be in {area}.", "Not quite, I said {area}.",
        "That's wrong, I want to eat in {area} of town.", "Sorry, you misheard: look in {area}.",
        "Nope, {area} is where it should be.",
        "I'm afraid not. The area I mean is {area} of Cambridge.", "Wrong part of town, I asked about {area}.",
        "Oh no, I was talking about {area} of the city.",
    ),
    "no price": (
        "No, {price}, please.", "No, I'd like {a_price} place.", "Not quite, I said {tier}.",
        "That's wrong, I want somewhere {price}.", "Sorry, you misheard: it should be {price}.",
        "Nope, {price} is what I'm after.",
        "I'm afraid not. I mean the {tier} price range.", "Wrong price range. I asked for {a_price} restaurant.",
        "Oh no, I was talking about {a_price} meal.",
    ),
    "no any": (
        "No, I don't mind about {topic}.", "No, {anything} is fine.", "Not really, I have no preference for {topic}.",
        "That's wrong, I said {anything} would do.", "Sorry, you misheard: I'm easy about {topic}.",
        "Nope, {anything} will suit me.",
        "I'm afraid not. It's up to you to choose {topic}.", "I never said that. To me {topic} doesn't matter.",
        "Oh no, I'm not fussy about {topic} at all.",
    ),
    # -- objections: what was right, and what was not ------------------------------------------------------------
    "objection": (
        "No, {wrong}.", "Sorry, but {wrong}.", "Hang on, {wrong}.",
        "Hm, that's not quite it: {wrong}.", "Actually, {wrong}.", "Oh, wait a moment, {wrong}.",
        "Excuse me, {wrong}.", "I'm afraid that's not right, {wrong}.", "Well, no, you see, {wrong}.",
    ),
    "half right": (
        "{right}, but {wrong}.", "{right}, though {wrong}.", "No: {right}, only {wrong}.",
        "Almost: {right}, yet {wrong}.", "{right}, it's just that {wrong}.",
        "Well, {right}. However, {wrong}.",
        "Not quite: while {right}, {wrong}.", "So far so good, {right}. Mind you, {wrong}.",
        "You're getting there, {right}; the trouble is, {wrong}.",
    ),
    "right food": (
        "{food} is right", "{food} is what I want", "I do want {dish}",
        "it should be {food}", "{dish} is just the thing", "I'm happy with {food}",
        "{food} is spot on", "the food ought to be {food}", "{a_kind} is what I need",
    ),
    "right area": (
        "{area} is right", "{area} is where I want to go", "I do want to be in {area} of town",
        "it should be in {area}", "{area} of Cambridge suits me", "I'm happy with {area}",
        "{area} is spot on", "the area ought to be {area}", "I need a place in {area}",
    ),
    "right price": (
        "{price} is right", "{price} is what I want", "I do want {a_price} place",
        "it should be {price}", "the {tier} price range suits me", "I'm happy with {a_price} meal",
        "{price} is spot on", "the price ought to be {tier}", "I need somewhere {price}",
    ),
    "right any": (
        "I don't mind about {topic}", "{anything} is fine", "{topic} doesn't matter to me",
        "I have no preference for {topic}", "I'm easy about {topic}", "{anything} will do",
        "I'm not fussy about {topic}", "{anything} suits me", "{topic} is up to you",
    ),
    "refuse food": (
        "I want {dish}", "I'd rather have {dish}", "it has to be {food}",
        "I was hoping for {a_kind} instead", "that's not my kind of food, I'm after {dish}",
        "the cuisine is wrong, it should be {food}",
        "my heart is set on {food}", "I fancy {dish} and they don't do that", "I'm really looking for {a_kind}",
    ),
    "refuse area": (
        "I want it in {area}", "I'd rather go to {area}", "it has to be in {area} of town",
        "I was hoping for a place in {area} instead", "that's not where I want to eat, I'm after {area}",
        "the area is wrong, it should be {area}",
        "my heart is set on {area} of Cambridge", "I need to be in {area} and that one isn't",
        "I'm really looking for somewhere over in {area}",
    ),
    "refuse price": (
        "I want it to be {price}", "I'd rather go somewhere {price}", "it has to be {price}",
        "I was hoping for {a_price} place instead", "that's not my price range, I'm after something {price}",
        "the price is wrong, it should be {tier}",
        "my heart is set on {a_price} meal", "I need a place that's {price} and that one isn't",
        "I'm really looking in the {tier} price range",
    ),
    "deny food": (
        "I said {food}", "I asked for {dish}", "you misheard me, I want {a_kind}",
        "the food I mentioned was {food}", "what I told you was {dish}",
        "you've mixed up the cuisine, it should be {food}",
        "I remember saying {food}", "you were supposed to look for {a_kind}",
        "that's not the kind of food I meant, I meant {food}",
    ),
    "deny area": (
        "I said {area}", "I asked for a place in {area}", "you misheard me, I want it in {area}",
        "the area I mentioned was {area}", "what I told you was {area} of town",
        "you've mixed up the part of town, it should be {area}",
        "I remember saying {area}", "you were supposed to look in {area} of Cambridge",
        "that's not the location I meant, I meant {area}",
    ),
    "deny price": (
        "I said {tier}", "I asked for {a_price} place", "you misheard me, I want it to be {price}",
        "the price range I mentioned was {tier}", "what I told you was somewhere {price}",
        "you've mixed up the prices, they should be {tier}",
        "I remember saying {tier}", "you were supposed to look for {a_price} restaurant",
        "that's not the price I meant, I meant {tier}",
    ),
    "deny any": (
        "I said {anything} was fine", "I told you I don't mind about {topic}", "you misheard me, {anything} will do",
        "I never limited {topic}, that's up to you", "I didn't ask for that, I'm easy about {topic}",
        "you've mixed up {topic}, I have no preference there",
        "I remember saying {anything}", "you weren't supposed to restrict {topic}",
        "I'm not fussy about {topic}, as I mentioned",
    ),
    # -- giving something up -------------------------------------------------------------------------------------
    "relax food": (
        "All right, {dish} then.", "In that case I'll have {dish} instead.", "Oh well, let's make it {food}.",
        "What a pity. Would there be {a_kind}?", "Never mind, try {dish}.", "Fair enough, I'll settle for {food}.",
        "Shame! Can you have a look for {a_kind}?", "No luck, I see. My second choice of food is {food}.",
        "OK, change the cuisine to {food} and search again.",
    ),
    "relax area": (
        "All right, {area} then.", "In that case I'll go to {area} instead.", "Oh well, let's make it {area} of town.",
        "What a pity. Would there be one in {area}?", "Never mind, try {area} of Cambridge.",
        "Fair enough, I'll settle for {area}.",
        "Shame! Can you have a look in {area}?", "No luck, I see. My second choice of area is {area}.",
        "OK, change the location to {area} and search again.",
    ),
    "relax price": (
        "All right, {price} then.", "In that case I'll go somewhere {price} instead.",
        "Oh well, let's make it {price}.",
        "What a pity. Would there be {a_price} one?", "Never mind, try the {tier} price range.",
        "Fair enough, I'll settle for {a_price} place.",
        "Shame! Can you have a look for {a_price} one?", "No luck, I see. My second choice is somewhere {price}.",
        "OK, change the price range to {tier} and search again.",
    ),
    "relax any": (
        "All right, {anything} will do then.", "In that case I don't mind about {topic}.",
        "Oh well, let's not worry about {topic}.", "What a pity. You may search with {anything}, if that helps.",
        "Never mind {topic}, just find me something.", "Fair enough, I'll be easy about {topic} instead.",
        "Shame! Can you look again and leave {topic} open?",
        "No luck, I see. I'll give up on {topic}, {anything} is OK.",
        "Then {topic} doesn't matter any more.",
    ),
    "also": (
        "Oh, and {inform}.", "By the way, {inform}.", "One more thing: {inform}.",
        "Also, {inform}.", "And to save you asking, {inform}.", "I should have said: {inform}.",
        "As for the rest, {inform}.", "While I think of it, {inform}.", "And for the record, {inform}.",
    ),
    # -- a venue is agreed ---------------------------------------------------------------------------------------
    "another": (
        "I like it, but is there another one like it?",
        "Sounds good. What else have you got of the same sort?",
        "Not bad at all! Could you name a second place like that?",
        "That would do nicely. Do you have an alternative that's just the same kind?",
        "Nice. Any other restaurants along those lines?",
        "Fine by me, though I'd like to hear of one more that matches.",
        "It fits, yes. Just to compare, are there any similar ones?",
        "Good suggestion. Would you happen to have a further option, equally suitable?",
        "OK, that's one. And a different venue with all the same features?",
    ),
    "accept": (
        "That's good enough for me.", "Perfect, I'll go there.", "Lovely, that's the one.",
        "Great, that will do.", "It suits me nicely.", "OK, I'll take that.",
        "Brilliant, I'm going for it.", "Fine, let's settle on this place.", "Ooh, yes, let's have that one.",
    ),
    "thank": (
        "Thanks.", "Great, thank you very much.", "Cheers, that's helpful.",
        "Lovely, I've noted that.", "OK, got it.", "Much obliged.",
        "Brilliant, ta.", "Good to know, I appreciate it.", "That's very kind of you.",
    ),
    "phone": (
        "Could I have the phone number?", "What's their telephone number, please?", "How can I ring them?",
        "Can you give me a number to call?", "I need to know their phone number.",
        "What number do I dial to reach them?",
        "Have you got their phone details?", "Please tell me the telephone number of the place.",
        "If I want to call them, which number is it?",
    ),
    "address": (
        "Could I have the address?", "What's their street address, please?", "Where exactly is it?",
        "Can you tell me which street it's on?", "I need to know their address.", "Which road do I go to?",
        "Have you got the street and house number?", "Please let me know where I can find the place.",
        "And their address would be?",
    ),
    "postcode": (
        "Could I have the postcode?", "What's their postcode, please?", "Which postcode is that?",
        "Can you tell me the postcode for my satnav?", "I need to know their postcode.", "And the postcode?",
        "Have you got a postcode for the place?", "Please let me know what postcode to look up.",
        "It would be handy to have the full postcode.",
    ),
    "table": (
        "I'd like to book a table.", "Could you reserve a table for me?", "Can you make a booking there, please?",
        "Please arrange a reservation.", "I want a table booked there.", "How about getting me a table?",
        "Would you mind making a reservation there on my behalf?", "Now for the booking: I need a table.",
        "Let's book it, if you can do that.",
    ),
    "nothing": (
        "That's all.", "That was everything I needed.", "I don't need anything else.",
        "There's nothing more, I'm sorted.", "No further questions.", "I think I have all I want now.",
        "You can leave it at that.", "I'm all set then.", "With that, we're done.",
    ),
    # -- the booking ---------------------------------------------------------------------------------------------
    "details": (
        "For {people} on {day} at {time}, please.",
        "{day} at {time}, and it'll be {us}.",
        "Table for {n}, {day}, {time}.",
        "I'd like to come on {day} at {clock}. It's for {people}.",
        "Let's go for {time} on {day}, a table for {number}.",
        "It'll be {us}, and I was thinking of {day} at {clock}.",
        "Let me see... {day}, say {time}, {people}.",
        "How does {day} sound? At {time}, for {people}.",
        "Put me down for {clock} on {day}, with seats for {number}, would you?",
    ),
    "correct people": (
        "No, it's for {people}.", "Not quite, I said {number}.", "The number is wrong, it'll be {us}.",
        "Sorry, a table for {number}, please.", "That should be {people}.", "Wrong party size, I told you {n}.",
        "You misheard the number of guests, which is {number}.", "Hang on, it's {us} who will be eating.",
        "Please change it, I need seats for {people}.",
    ),
    "correct day": (
        "No, it's for {day}.", "Not quite, I said {day}.", "The day is wrong, I'm coming on {day}.",
        "Sorry, {day}, please.", "That should be {day}.", "Wrong day of the week, I told you {day}.",
        "You misheard which day, I'll be there on {day}.", "Hang on, it's {day} that I want to eat there.",
        "Please change it, I need the table on {day}.",
    ),
    "correct time": (
        "No, it's for {time}.", "Not quite, I said {clock}.", "The time is wrong, I'm coming at {time}.",
        "Sorry, {time}, please.", "That should be {clock}.", "Wrong hour, I told you {time}.",
        "You misheard when, I'll be there at {clock}.", "Hang on, it's at {time} that I want to eat.",
        "Please change it, I need the table from {time}.",
    ),
    "full": (
        "Fully booked? Then {time}, please.", "All taken, I see. How about {time}?",
        "Can you do {clock} instead, if that hour is full?", "Oh, what a shame that it's gone. Try {time}.",
        "No table free? In that case I'd come at {clock}.", "Fine, if they have no room let's make it {time}.",
        "Never mind that it's taken, {time} would work as well.", "No luck at that hour? Ask them for {clock}.",
        "Pity they're booked up! Could you change mine to {time}?",
    ),
    # -- trouble, and the end ------------------------------------------------------------------------------------
    "grumble": (
        "You are not helping.", "This is getting me nowhere.", "What use is that to me now?",
        "Are you even listening?", "Oh, come on!", "I'm losing my patience here.",
        "Honestly, that was pointless.", "Could you please pay a bit more attention?",
        "Why would you say such a thing?",
    ),
    "lost": (
        "(noise on the line)", "...(inaudible)...", "Sorry, the line ... bad ... hello?",
        "(crackling)", "You're breaking ... can you ... me?", "(the answer is drowned out by traffic)",
        "... er ... one second ... (rustling)", "(beeping, then a muffled voice)", "I ... no signal ... (silence)",
    ),
    "bye": (
        "Goodbye.", "Bye!", "OK, bye then.",
        "Cheerio.", "See you.", "Have a nice day, goodbye!",
        "All the best.", "Ta-ta for now.", "Right, I'm off.",
    ),
    "hang_up": (
        "This is useless, I'm hanging up.", "(The user has hung up.)", "Forget it. (click)",
        "I've had enough of this, I'll look somewhere else.", "(The line goes dead.)",
        "What a waste of time! I'm done.",
        "No more, I shall ask another service instead.", "(The call was ended by the caller.)",
        "I give up. (hangs up)",
    ),
}  # fmt: skip
"""What can be said, by act and slot. The last third of each list is kept for the test split.

The words in braces are those of `_value_forms` and `_booking_forms`, or what another list says.
"""

TOPICS = ("the kind of food", "the area", "the price")
ANYTHING = ("any kind of food", "any area", "any price")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
CLOCK = (
    "noon",
    "half past twelve",
    "one in the afternoon",
    "six in the evening",
    "half past six in the evening",
    "seven in the evening",
    "half past seven in the evening",
    "eight in the evening",
)

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
        split: "train" knows the first two thirds of each list of wordings, "test" all.
    """

    def __init__(self, split: str) -> None:
        self._wordings = {
            key: wordings if split == "test" else wordings[: len(wordings) * 2 // 3]
            for key, wordings in WORDINGS.items()
        }
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
                return Plan(("{0} {1}",), (self._wordings[act], self._wordings[wish]))
            case ("details", people, day, time):
                forms = _booking_forms(0, people) | _booking_forms(1, day) | _booking_forms(TIME, time)
                return Plan(self._worded("details", forms))
            case ("correct", j, w):
                return Plan(self._worded(f"correct {BOOKING[j]}", _booking_forms(j, w)))
            case ("full", time):
                return Plan(self._worded("full", _booking_forms(TIME, time)))
            case (act,):
                return Plan(self._wordings[act])
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
        listed = " or ".join(filter(None, (", ".join(topics[:-1]), topics[-1])))
        frames = tuple(f"{frame} {{1}}" for frame in frames)
        return Plan(frames, (*fills, self._worded("indifferent", {"topics": listed})))

    def _object(self, act: str, right: list[Pair], wrong: Pair) -> Plan:
        """What is right, and the first thing that is not."""
        holes = [f"{{{i}}}" for i in range(len(right) + 1)]
        forms = {"right": " and ".join(holes[:-1]), "wrong": holes[-1]}
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
        return tuple(wording.format(**forms) for wording in self._wordings[key])


def _value_forms(k: int, v: int) -> dict[str, str]:
    """What stands in the braces for a value of slot *k*."""
    value = VALUES[k][v]
    if value == ANY:
        return {"topic": TOPICS[k], "anything": ANYTHING[k]}
    if SLOTS[k] == "food":
        food = food_name(value)
        dish = food if food == "seafood" else f"{food} food"
        kind = food if food == "gastropub" else f"{food} restaurant"
        return {"food": food, "dish": dish, "kind": kind, "a_kind": with_article(kind)}
    if SLOTS[k] == "area":
        return {"area": f"the {value}"}
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
        return {"n": value, "number": number, "people": "one person", "us": "just me"}
    return {"n": value, "number": number, "people": f"{number} people", "us": f"{number} of us"}


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
