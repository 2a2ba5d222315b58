"""The drafts: texts with planted mistakes, and the places that a proofreading tool points at."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from textenvs.data import load_json
from textenvs.data.wikipedia import another_version, articles

TOKEN = re.compile(r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*|[^\sA-Za-z0-9]")
SENTENCES = 5
"""Sentences of a text."""
MARKS = ".,?!;:"
ENDS = ".?!"
KINDS = ("unknown", "rare", "confusable", "agreement", "article", "doubled")
"""What makes a place suspicious: a word that is in no dictionary; one that is rare, and close to a common one; one
that people confuse; the number of a verb; a or an; a word that stands twice."""


class Suggestion(NamedTuple):
    """What might stand at a place instead.

    Attributes:
        words: The replacement.
        common: log10 of how many times as frequent it is as what stands there.
        fits: log10 of how many times as likely it is in its context.
        letters: How many letters differ.
    """

    words: str
    common: float
    fits: float
    letters: int


@dataclass(frozen=True, slots=True)
class Place:
    """A suspicious place of a draft.

    Attributes:
        token: Number of its first token in the right text.
        length: How many tokens of the right text it spans.
        written: What stands there.
        kind: One of `KINDS`.
        suggestions: One to three, the best first.
        right: Number of the suggestion that is right; -1 where nothing is wrong.
        sentence: Number of its sentence, from 0.
        context: Its sentence, with the place in brackets.
    """

    token: int
    length: int
    written: str
    kind: str
    suggestions: tuple[Suggestion, ...]
    right: int
    sentence: int
    context: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft with its suspicious places, in order.

    Attributes:
        genre: What it is: "mail", "report", ...
        text: The draft.
        right: The text without mistakes.
        tokens: The tokens of the right text.
        places: The places.
        mistakes: How many of them are mistakes.
    """

    genre: str
    text: str
    right: str
    tokens: tuple[str, ...]
    places: tuple[Place, ...]
    mistakes: int

    def revised(self, changes: Sequence[tuple[int, int]]) -> str:
        """The draft after changes: pairs of a place's number and a suggestion's."""
        done = dict(changes)
        standing = {}
        for number, place in enumerate(self.places):
            words = place.suggestions[done[number]].words if number in done else place.written
            standing[place.token] = (place.length, words)
        return render(self.tokens, standing)


def tokenise(text: str) -> list[str]:
    """Words with their apostrophes and hyphens, and marks one by one."""
    return TOKEN.findall(text)


def render(tokens: Sequence[str], standing: dict[int, tuple[int, str]]) -> str:
    """Tokens as text.

    Args:
        tokens: The tokens of the right text.
        standing: For a token's number: how many tokens are replaced from there on, and by which words.
    """
    words: list[str] = []
    at = 0
    while at < len(tokens):
        length, word = standing.get(at, (1, tokens[at]))
        words.append(word if word in MARKS else f" {word}")
        at += length
    return "".join(words).strip()


def own_texts(split: str) -> list[tuple[str, str]]:
    """The texts that this project wrote."""
    return [(text["genre"], " ".join(text["sentences"])) for text in stored("texts")[split]]


def first_sentences(extract: str) -> str:
    """The first five sentences of an introduction."""
    return " ".join(re.split(r"(?<=\.) (?=[A-Z])", extract)[:SENTENCES])


def wikipedia_texts(titles: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Genre and text of articles.

    Args:
        titles: For each its title, and the hash that its text must have.

    Raises:
        ImportError: Without the extra `wiki`.
        ValueError: If the package that is installed holds another text.
    """
    texts = []
    for title, digest in titles:
        article = articles().get(title)
        text = first_sentences(article.extract) if article else ""
        if hashlib.blake2b(text.encode(), digest_size=8).hexdigest() != digest:
            raise another_version(f"the text of {title!r}")
        texts.append(("article", text))
    return texts


def stored(name: str) -> Any:
    """A data file of this package."""
    return load_json(f"{name}.json", __package__)


class Drafts:
    """The drafts of a split, made when they are asked for.

    Args:
        texts: Genre and right text of each text.
        compiled: Of each text the right places and the mistakes, as the compiler wrote them.
        rows: For each draft the numbers of its text, of its mistakes, and of its right places.
        misspellings: The misspellings to which mistakes refer by number.
    """

    def __init__(
        self,
        texts: Sequence[tuple[str, str]],
        compiled: Sequence[Any],
        rows: Sequence[Any],
        misspellings: Sequence[Sequence[str]],
    ) -> None:
        self._texts = texts
        self._compiled = compiled
        self._rows = rows
        self._misspellings = misspellings

    def __len__(self) -> int:
        return len(self._rows)

    def draft(self, number: int) -> Draft:
        """One draft."""
        text, mistakes, right = self._rows[number]
        genre, correct = self._texts[text]
        tokens = tokenise(correct)
        found = [planted(self._compiled[text]["mistakes"][i], tokens, self._misspellings) for i in mistakes]
        found += [suspected(self._compiled[text]["right"][i], tokens) for i in right]
        found.sort(key=lambda place: place[0])
        standing = {token: (length, written) for token, length, written, *_ in found}
        places = []
        for token, length, written, kind, suggestions, rank in found:
            begin, end = sentence_of(tokens, token)
            inside = {t - begin: s for t, s in standing.items() if begin <= t < end} | {
                token - begin: (length, f"[{written}]")
            }
            places.append(
                Place(
                    token,
                    length,
                    written,
                    kind,
                    suggestions,
                    rank,
                    sum(mark in ENDS for mark in tokens[:begin]),
                    render(tokens[begin:end], inside),
                )
            )
        return Draft(genre, render(tokens, standing), correct, tuple(tokens), tuple(places), len(mistakes))


def sentence_of(tokens: Sequence[str], token: int) -> tuple[int, int]:
    """First token of the sentence around a token, and first token after it."""
    begin = end = token
    while begin > 0 and tokens[begin - 1] not in ENDS:
        begin -= 1
    while tokens[end] not in ENDS:
        end += 1
    return begin, end + 1


def planted(
    row: Sequence[Any], tokens: Sequence[str], misspellings: Sequence[Sequence[str]]
) -> tuple[int, int, str, str, tuple[Suggestion, ...], int]:
    """A mistake: token, length, what is written, kind of the place, suggestions, number of the right one."""
    token, _, written, kind, suggestions = row
    if isinstance(written, int):
        wrong = misspellings[written][0]
        written = wrong.capitalize() if tokens[token][0].isupper() else wrong
    listed = offered(suggestions, written)
    return token, 1, written, kind, listed, [s.words for s in listed].index(tokens[token])


def suspected(row: Sequence[Any], tokens: Sequence[str]) -> tuple[int, int, str, str, tuple[Suggestion, ...], int]:
    """A right place, in the same form; of a word that stands twice, both are its tokens."""
    token, kind, suggestions = row
    if kind == "doubled":
        written = f"{tokens[token - 1]} {tokens[token]}"
        return token - 1, 2, written, kind, offered(suggestions, written), -1
    return token, 1, tokens[token], kind, offered(suggestions, tokens[token]), -1


def offered(suggestions: Sequence[Any], written: str) -> tuple[Suggestion, ...]:
    """Suggestions; to leave out a word that stands twice is to write it once."""
    return tuple(Suggestion(words or written.split()[0], *evidence) for words, *evidence in suggestions)


@cache
def own_drafts(split: str, variant: str) -> Drafts:
    """The drafts of this project's own texts.

    Args:
        split: "train" or "test".
        variant: "few" (up to three mistakes) or "many" (two to four).
    """
    compiled = stored("drafts")[split]
    return Drafts(own_texts(split), compiled["texts"], compiled[variant], stored("misspellings")["texts"])


@cache
def wikipedia_drafts(split: str) -> Drafts:
    """The drafts of introductions of Wikipedia.

    Raises:
        ImportError: Without the extra `wiki`.
    """
    compiled = stored("wikipedia_drafts")[split]
    texts = wikipedia_texts(compiled["titles"])
    return Drafts(texts, compiled["texts"], compiled["few"], stored("misspellings")["wikipedia"])
