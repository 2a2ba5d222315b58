"""Which of the choices a free sentence, or a reply, means, if any.

Each word of the sentence asks for an explanation. A choice explains the words that its own sentence holds and those
that people use when they mean it (its *cues*), a rare word more than one that many choices share. The choice that
explains the largest part of the sentence is meant, if that part is large enough and no other choice comes near; of
what is not possible now only the cues are known, and if they explain more, nothing possible is meant.

A choice with a name in double quotes is meant only by a sentence that denies and doubts nothing, that says the name, or
no other name, and a word for what is to be done: one of its cues, or of its own words outside the quotes. With the cue
"" the name is enough, in a statement that says nothing else that is not known. A word is another name if no choice
knows it and it is written large.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from textenvs.text.language import ENGLISH
from textenvs.text.tokens import stem, tokens

ENOUGH_EXPLAINED = 0.5
"""Share of a sentence's weight that a choice must explain,"""
LEAST_EXPLAINED = 0.25
"""or at least this, with two words and a clear lead."""
CLEAR_LEAD = 0.08
"""Lead over the second choice that is clear, as a share of the sentence's weight,"""
LEAST_LEAD = 0.02
"""and that is needed in any case."""
QUESTION_LEAD = 0.06
"""What a question gains that is answered by a question, and a statement by a statement."""
UNKNOWN_WEIGHT = 1.6
"""Weight of a word that no choice knows."""
CUE_FACTOR = 1.6
"""How much more a cue counts than a word that only stands in the choice."""
EMPTY = frozenset(map(stem, ENGLISH.empty))
NAMED_LEAD = 0.05
"""What a choice gains whose name is said in full."""
QUOTED = re.compile(r'"([^"]*)"')
LARGE = re.compile(r"(?<=[a-z0-9,;:'\"(-][ '\"(-])[A-Z][A-Za-z]*|(?<=-)[A-Z][A-Za-z]*")
"""Words that are written large, but for the first of a sentence."""
DOUBTS = frozenset(ENGLISH.doubts)
_DETERMINER, _NAME, _VERB = map("|".join, (ENGLISH.determiners, ENGLISH.names, ENGLISH.verbs))
NUMBERED = re.compile(
    rf"\W*(?:(?:(?:{_DETERMINER}) )?(?:{_NAME})(?: (?:{_VERB}))?\W+)?(?P<number>\d{{1,3}})"
    r"(?:\W*|[.):\]*-]+\s+(?P<rest>.*))",
    re.DOTALL | re.IGNORECASE,
)
"""A number of a choice, alone or before its words."""
NUMBERS = {word: str(number) for number, word in enumerate(ENGLISH.numbers)}


def match(sentence: str, choices: Sequence[str], cues: Sequence[Sequence[str]]) -> int | None:
    """The number of the choice that a sentence means.

    Args:
        sentence: What was said.
        choices: The sentence of each choice; "" is not possible now.
        cues: For each choice, words or phrases that people use when they mean it.

    Returns:
        The number of a possible choice; None where the sentence is empty, means none or what is impossible now, or
        could mean several.
    """
    words = _words(sentence)
    if not words:
        return None
    weights, known, deeds = _lexicon(tuple(choices), tuple(map(tuple, cues)))
    for number, choice in enumerate(choices):
        if choice and words == _words(choice):
            return number
    asked = {word for word in words if word not in EMPTY}
    total = sum(weights.get(word, UNKNOWN_WEIGHT) for word in asked)
    if not total or _says_several(asked, known):
        return None
    spoken = f" {' '.join(words)} "
    done = {word for word in deeds if word in asked or (" " in word and f" {word} " in spoken)}
    unknown_words = asked - weights.keys()
    said = Said(
        asked,
        done,
        denied=not DOUBTS.isdisjoint(tokens(sentence)),
        foreign=not unknown_words.isdisjoint(_words(" ".join(LARGE.findall(sentence)))),
        plain=not unknown_words and "?" not in sentence,
    )
    scores, impossible = [], 0.0
    for number, (choice, each) in enumerate(zip(choices, known, strict=True)):
        used = each.cues
        found = [weights[w] * (CUE_FACTOR if w in used else 1.0) for w in asked if w in each.own or w in used]
        found += [weights[cue] * CUE_FACTOR for cue in used if " " in cue and f" {cue} " in spoken]
        share = sum(found) / total
        named = bool(each.phrases) and all(f" {phrase} " in spoken for phrase in each.phrases)
        if not choice:
            impossible = max(impossible, share)
        elif not each.phrases or _is_meant(said, named, each, deeds):
            fitting = QUESTION_LEAD * (("?" in sentence) == choice.endswith("?"))
            scores.append((share + fitting + NAMED_LEAD * named, named, len(found), -number))
    scores.sort(reverse=True)
    if not scores or impossible > scores[0][0]:
        return None
    share, named, n_found, number = scores[0]
    lead = share - (scores[1][0] if len(scores) > 1 else 0.0)
    enough = (
        named
        or share >= ENOUGH_EXPLAINED + QUESTION_LEAD
        or (share >= LEAST_EXPLAINED + QUESTION_LEAD and n_found > 1 and lead >= CLEAR_LEAD)
    )
    return -number if enough and lead >= LEAST_LEAD else None


def read_reply(reply: str, choices: Sequence[str], cues: Sequence[Sequence[str]]) -> int | None:
    """The choice that a reply means, which gives its number, or says it, or both: "3", "Answer: 3", "3. Goodbye!".

    Args:
        reply: What was replied.
        choices: The sentence of each choice; "" is not possible now.
        cues: For each choice, words or phrases that people use when they mean it.

    Returns:
        The number of a possible choice; None where the reply means none, or what is impossible now, or where number
        and words mean different ones.
    """
    found = NUMBERED.fullmatch(reply)
    if found is None:
        return match(reply, choices, cues)
    number = int(found["number"])
    if number >= len(choices) or not choices[number]:
        return None
    meant = match(found["rest"] or "", choices, cues)
    return number if meant in (None, number) else None


READERS = {"text": match, "reply": read_reply}
"""What reads an action that is a sentence, by the action type."""


def _words(sentence: str) -> list[str]:
    """The stemmed words of a sentence, numbers as digits."""
    return [stem(NUMBERS.get(word, word)) for word in tokens(sentence)]


class Said(NamedTuple):
    """A sentence, in stems.

    Attributes:
        asked: Its words that ask for an explanation.
        done: Those of them, and phrases, for what is to be done with a name.
        denied: Whether it denies or doubts something.
        foreign: Whether it has a name that no choice knows.
        plain: Whether it is a statement in words that are all known.
    """

    asked: set[str]
    done: set[str]
    denied: bool
    foreign: bool
    plain: bool


def _is_meant(said: Said, named: bool, known: Known, deeds: frozenset[str]) -> bool:
    """Whether a choice with a name can be meant: nothing else is named, and something is said that is to be done."""
    if said.denied or said.foreign:
        return False
    if not said.done & (known.own - known.names | known.cues):
        return named and said.plain and not said.done and "" in known.cues
    return named or said.asked <= known.own | known.cues | deeds


def _says_several(asked: set[str], known: Sequence[Known]) -> bool:
    """Whether a sentence holds all the words of two choices, neither of which is a part of the other."""
    said = [each.own for each in known if each.own and each.own <= asked]
    return any(not a <= b and not b <= a for a in said for b in said)


class Known(NamedTuple):
    """What is known of a choice, in stems.

    Attributes:
        own: The words of its sentence that say something.
        names: Those of them that stand in quotes.
        phrases: What stands in quotes, each whole.
        cues: Its cues.
    """

    own: frozenset[str]
    names: frozenset[str]
    phrases: tuple[str, ...]
    cues: frozenset[str]


@lru_cache(maxsize=4096)
def _lexicon(
    choices: tuple[str, ...], cues: tuple[tuple[str, ...], ...]
) -> tuple[dict[str, float], list[Known], frozenset[str]]:
    """The weight of each known word, the choices, and the words for what is to be done with a name."""
    known = []
    for choice, group in zip(choices, cues, strict=True):
        own = frozenset(word for word in _words(choice) if word not in EMPTY)
        phrases = tuple(filter(None, (" ".join(_words(name)) for name in QUOTED.findall(choice))))
        quoted = frozenset(word for phrase in phrases for word in phrase.split())
        names = quoted - EMPTY or quoted
        known.append(Known(own | names, names, phrases, frozenset(" ".join(_words(cue)) for cue in group)))
    deeds = frozenset[str]().union(*(each.own - each.names | each.cues for each in known if each.phrases)) - {""}
    possible = [each for each, choice in zip(known, choices, strict=True) if choice]
    counts: dict[str, int] = {}
    for each in possible:
        for word in each.own | each.cues:
            counts[word] = counts.get(word, 0) + 1
    weights = {word: math.log(1.0 + len(possible) / count) for word, count in counts.items()}
    for each in known:
        for word in each.cues:
            weights.setdefault(word, UNKNOWN_WEIGHT)
    return weights, known, deeds
