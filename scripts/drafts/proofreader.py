"""A proofreading tool: it points at suspicious places of a text and suggests what might stand there.

It knows a dictionary with frequencies (symspellpy's, from Google's book n-grams and SCOWL), a trigram language model
(pocketsphinx's), sets of words that people confuse, inflections (lemminflect), and three rules of grammar. It does
not know which places are mistakes.
"""

from __future__ import annotations

import importlib.resources
import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import lemminflect
from pocketsphinx import Config, LogMath, NGramModel, get_model_path
from rapidfuzz.distance import OSA
from symspellpy import SymSpell, Verbosity

CONFUSED = {
    "their": "there they're",
    "there": "their they're",
    "they're": "their there",
    "its": "it's",
    "it's": "its",
    "your": "you're",
    "you're": "your",
    "whose": "who's",
    "who's": "whose",
    "affect": "effect",
    "effect": "affect",
    "affects": "effects",
    "effects": "affects",
    "than": "then",
    "then": "than",
    "to": "too",
    "too": "to",
    "lose": "loose",
    "loose": "lose",
    "loses": "looses",
    "accept": "except",
    "except": "accept",
    "advise": "advice",
    "advice": "advise",
    "weather": "whether",
    "whether": "weather",
    "principal": "principle",
    "principle": "principal",
    "passed": "past",
    "past": "passed",
    "quite": "quiet",
    "quiet": "quite",
    "where": "were",
    "were": "where",
    "we're": "were",
    "complement": "compliment",
    "compliment": "complement",
    "stationary": "stationery",
    "stationery": "stationary",
    "desert": "dessert",
    "dessert": "desert",
    "form": "from",
    "from": "form",
    "through": "though threw",
    "though": "through",
    "thorough": "through",
    "of": "off",
    "off": "of",
    "which": "witch",
    "hear": "here",
    "here": "hear",
    "write": "right",
    "know": "now",
    "now": "know",
    "brake": "break",
    "break": "brake",
    "peace": "piece",
    "piece": "peace",
    "plain": "plane",
    "plane": "plain",
    "site": "sight",
    "sight": "site",
    "role": "roll",
    "roll": "role",
    "weak": "week",
    "week": "weak",
    "council": "counsel",
    "counsel": "council",
    "device": "devise",
    "devise": "device",
    "personnel": "personal",
    "personal": "personnel",
    "later": "latter",
    "latter": "later",
    "led": "lead",
    "lead": "led",
    "moral": "morale",
    "morale": "moral",
    "conscious": "conscience",
    "conscience": "conscious",
    "breath": "breathe",
    "breathe": "breath",
    "choose": "chose",
    "chose": "choose",
    "clothes": "cloths",
    "cloths": "clothes",
    "bare": "bear",
    "bear": "bare",
    "fair": "fare",
    "fare": "fair",
    "hole": "whole",
    "whole": "hole",
    "meet": "meat",
    "meat": "meet",
    "sole": "soul",
    "soul": "sole",
    "steal": "steel",
    "steel": "steal",
    "waist": "waste",
    "waste": "waist",
    "wait": "weight",
    "weight": "wait",
    "threw": "through",
    "precede": "proceed",
    "proceed": "precede",
    "dual": "duel",
    "duel": "dual",
    "alter": "altar",
    "altar": "alter",
    "rain": "reign rein",
    "reign": "rain rein",
    "rein": "reign rain",
    "born": "borne",
    "borne": "born",
    "cite": "site sight",
    "course": "coarse",
    "coarse": "course",
    "lesson": "lessen",
    "lessen": "lesson",
    "miner": "minor",
    "minor": "miner",
    "root": "route",
    "route": "root",
    "sale": "sail",
    "sail": "sale",
}
"""What is written by mistake for a word: pairs that style guides of English list."""
ALTERNATIVES: dict[str, set[str]] = {}
for _right, _wrong in CONFUSED.items():
    for _word in _wrong.split():
        ALTERNATIVES.setdefault(_word, set()).add(_right)
        ALTERNATIVES.setdefault(_right, set()).update(_wrong.split())

BE = {"is": "are", "are": "is", "was": "were", "were": "was", "has": "have", "have": "has", "does": "do", "do": "does"}
NOT_BEFORE_A_VERB = set(
    "a an the of to in on at by for with from as my your his her its their our this these those and or no every each "
    "some any many few two three more most than very quite so too not be is are was were been".split()
)
WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
TOKEN = re.compile(r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*|[^\sA-Za-z0-9]")
UNSEEN = -7.0
"""log10 probability of a word that the language model does not know."""
RARE = 1_500_000
"""A word with fewer occurrences (of about 10^12) may be a slip."""
MORE_COMMON = 1.5
"""log10 of how much more common its neighbour must be."""
DOUBT = {"confusable": -1.8, "be": -0.8, "agreement": 0.2, "article": -1.2}
"""log10 of how many times as likely an alternative must be in its context at least for a word to be doubted."""
MOST = 3
"""Suggestions at a place."""


class Suggestion(NamedTuple):
    """What might stand there instead.

    Attributes:
        words: The replacement; empty to leave the word out.
        common: log10 of how many times as frequent it is as what stands there.
        fits: log10 of how many times as likely it is in its context.
        letters: Letters that differ, by optimal string alignment.
    """

    words: str
    common: float
    fits: float
    letters: int


class Place(NamedTuple):
    """A suspicious place.

    Attributes:
        token: Number of the token.
        kind: What made it suspicious.
        suggestions: At most three, the best first.
    """

    token: int
    kind: str
    suggestions: tuple[Suggestion, ...]


@cache
def speller() -> SymSpell:
    """The dictionary."""
    found = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
    file = importlib.resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    found.load_dictionary(str(file), 0, 1)
    return found


@cache
def _model() -> tuple[NGramModel, LogMath]:
    log = LogMath()
    return NGramModel(Config(), log, get_model_path("en-us/en-us.lm.bin")), log


@cache
def log10_probability(*words: str) -> float:
    """Of the last word, given those before it."""
    model, log = _model()
    return max(UNSEEN, log.log_to_log10(model.prob(words[::-1])))


def tokenise(text: str) -> list[str]:
    """Words with their apostrophes and hyphens, and marks one by one."""
    return TOKEN.findall(text)


def count(word: str) -> int:
    """How often a word occurs; 1 where it is unknown."""
    return speller().words.get(word.lower(), 1)


def likeness(words: Sequence[str], at: int, replacement: str) -> float:
    """log10 probability of the words around a place, with a replacement there ("": none)."""
    line = [*words[:at], *replacement.lower().split(), *words[at + 1 :]]
    last = min(len(line), at + len(replacement.split()) + 2)
    return sum(log10_probability(*line[max(0, i - 2) : i + 1]) for i in range(max(1, at), last))


def cased(word: str, like: str) -> str:
    """A word with the capitals of another."""
    return word.capitalize() if like[:1].isupper() else word


class Proofreader:
    """Finds the suspicious places of one text.

    Args:
        tokens: The text.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens

    def places(self) -> list[Place]:
        """All suspicious places, in order."""
        return list(filter(None, map(self.look, range(len(self.tokens)))))

    def look(self, at: int) -> Place | None:
        """What is suspicious about a token, if anything."""
        word = self.tokens[at]
        if not WORD.fullmatch(word):
            return None
        for kind, look in (
            ("doubled", self._doubled),
            ("article", self._article),
            ("unknown", self._unknown),
            ("confusable", self._confusable),
            ("agreement", self._agreement),
            ("rare", self._rare),
        ):
            suggestions = look(at, word.lower())
            if suggestions:
                return Place(at, kind, tuple(suggestions[:MOST]))
        return None

    def sentence(self, at: int) -> tuple[list[str], int]:
        """The words of the sentence around a token, in lower case between marks of begin and end, and its place."""
        begin = end = at
        while begin > 0 and self.tokens[begin - 1] not in ".?!":
            begin -= 1
        while end < len(self.tokens) and self.tokens[end] not in ".?!":
            end += 1
        words = [word.lower() for word in self.tokens[begin:end]]
        kept = [i for i, word in enumerate(words) if word[0].isalnum()]
        return ["<s>", *(words[i] for i in kept), "</s>"], 1 + kept.index(at - begin)

    def weigh(self, at: int, replacement: str) -> Suggestion:
        """A suggestion with its evidence."""
        word = self.tokens[at]
        words, place = self.sentence(at)
        known = log10_probability(words[place]) > UNSEEN
        before = likeness(words, place, words[place]) if known else likeness(words, place, "")
        fits = likeness(words, place, replacement) - before
        if not known:
            fits -= log10_probability(replacement.lower())
        common = math.log10(max(1, count(replacement)) / count(word)) if replacement else 0.0
        return Suggestion(
            cased(replacement, word),
            common,
            fits,
            OSA.distance(word.lower(), replacement.lower()) if replacement else 0,
        )

    def _by_context(self, at: int, alternatives: Sequence[str], doubt: float) -> list[Suggestion]:
        weighed = [self.weigh(at, word) for word in sorted(alternatives)]
        return sorted((s for s in weighed if s.fits > doubt), key=lambda s: -s.fits)

    def _doubled(self, at: int, word: str) -> list[Suggestion]:
        if at and self.tokens[at - 1].lower() == word:
            return [self.weigh(at, "")]
        return []

    def _article(self, at: int, word: str) -> list[Suggestion]:
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else ""
        if word in ("a", "an") and following[:1].isalpha():
            other = {"a": "an", "an": "a"}[word]
            doubtful = (following[0].lower() in "aeiou") == (word == "a") or following[0].lower() in "hu"
            weighed = self.weigh(at, other)
            if doubtful or weighed.fits > DOUBT["article"]:
                return [weighed]
        return []

    def _unknown(self, at: int, word: str) -> list[Suggestion]:
        if "-" in word or word in ALTERNATIVES or count(word.removesuffix("'s")) > 1:
            return []
        return self._near(at, word)

    def _near(self, at: int, word: str) -> list[Suggestion]:
        found = speller().lookup(word, Verbosity.ALL, max_edit_distance=2)
        return [self.weigh(at, item.term) for item in found if item.term != word and "'" not in item.term][:MOST]

    def _confusable(self, at: int, word: str) -> list[Suggestion]:
        return self._by_context(at, sorted(ALTERNATIVES.get(word, ())), DOUBT["confusable"])

    def _agreement(self, at: int, word: str) -> list[Suggestion]:
        if not at or self.tokens[at - 1].lower() in NOT_BEFORE_A_VERB or not self.tokens[at - 1][0].isalpha():
            return []
        other = other_number(word)
        if other is None or self.tokens[at][0].isupper():
            return []
        return self._by_context(at, [other], DOUBT["be" if word in BE else "agreement"])

    def _rare(self, at: int, word: str) -> list[Suggestion]:
        if count(word) >= RARE or "-" in word or "'" in word:
            return []
        return [s for s in self._near(at, word) if s.common >= MORE_COMMON]


@cache
def other_number(word: str) -> str | None:
    """The other number of a verb in the present tense, if the word may be one."""
    if word in BE:
        return BE[word]
    for lemma in lemminflect.getAllLemmas(word, upos="VERB").get("VERB", ()):
        third = lemminflect.getInflection(lemma, "VBZ")
        if word == lemma and third:
            return str(third[0])
        if word in third:
            return str(lemma)
    return None


def render(tokens: Sequence[str]) -> str:
    """Tokens as text: a space before each word."""
    return "".join(_spaced(tokens)).strip()


def _spaced(tokens: Sequence[str]) -> Iterator[str]:
    for token in tokens:
        yield token if token in ".,?!;:" else f" {token}"
