"""Introductions of Wikipedia as pages: their sentences, and the names in them that are titles of other pages."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from textenvs.data.wikipedia import articles, plain
from textenvs.tasks.qa.questions import Mention, Page, Sentence

MOST_SENTENCES, MOST_CHARACTERS = 6, 1500
_END = re.compile(r"[.!?][\"')\]]* (?=[\"'(\[]*[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:St|Mr|Mrs|Ms|Dr|Jr|Sr|Mt|Ft|vs|v|lit|c|ca|cf|e\.g|i\.e|etc|pron|b|d|fl|r|Gen|Lt|Col|Capt|Rev|Prof"
    r"|No|Nos|Vol|Op|approx|Inc|Ltd|Co|Corp|Bros|sp|spp|var|anc|trans|Gr|Ph|est|pl|sing|al))\.$"
)
_EMPTY = re.compile(r" ?\([\s;,:]*\)")
_LOOSE = re.compile(r" +(?=[,;:)](?:\s|$)|\.(?:\s|$))|(?<=\() +")
_START = re.compile(r"(?<![\w'-])[A-Z0-9]\w*")
_BEFORE = re.compile(r"([\w.'&-]*[A-Z][\w.'&-]*)(?<!'s) $")
_AFTER = re.compile(r"\w|-\w|'(?!s?\b)| (?:(?:of|de|von|van|da|del) )?[A-Z]|/")


@cache
def titles() -> tuple[str, ...]:
    """All titles, sorted: the number of a page is its place among them."""
    return tuple(sorted(articles()))


def name_of(title: str) -> str:
    """What a page of this title is about."""
    return re.sub(r" \([^()]*\)$", "", title)


@cache
def common_words() -> frozenset[str]:
    """Words, in small letters, that stand in the introductions at least as often without a capital as with one."""
    counts = Counter(word for article in articles().values() for word in re.findall(r"[^\W\d_]+", article.extract))
    return frozenset(word for word in counts if word.islower() and counts[word] >= counts[word.capitalize()])


@cache
def _by_first_word() -> dict[str, list[tuple[str, int]]]:
    """Titles that can be mentioned, longest first, and their numbers, by the first word."""
    found: dict[str, list[tuple[str, int]]] = {}
    for number, title in enumerate(map(plain, titles())):
        first = _START.match(title)
        if first and len(title) > 1 and re.search("[A-Za-z]", title):
            found.setdefault(first.group(), []).append((title, number))
    return {word: sorted(named, key=lambda pair: -len(pair[0])) for word, named in found.items()}


def sentences_of(extract: str) -> list[str]:
    """The first sentences of an introduction; abbreviations and initials end none."""
    found: list[str] = []
    for paragraph in extract.split("\n"):
        text = _LOOSE.sub("", _EMPTY.sub("", plain(paragraph)))
        begin = 0
        for end in _END.finditer(text):
            if not _ABBREVIATION.search(text[begin : end.start() + 1]):
                found.append(text[begin : end.end() - 1])
                begin = end.end()
        found.extend(filter(None, [text[begin:]]))
    lengths = [len(" ".join(found[:count])) for count in range(1, MOST_SENTENCES + 1)]
    return found[: max(1, sum(length <= MOST_CHARACTERS for length in lengths))]


def mentions_of(text: str, own: frozenset[str]) -> tuple[Mention, ...]:
    """The titles in a sentence: the longest at each place, and none inside a longer name.

    Args:
        text: A sentence.
        own: What its page is called; that is no mention.
    """
    found, end = [], 0
    for start in _START.finditer(text):
        at = start.start()
        if at < end:
            continue
        for title, number in _by_first_word().get(start.group(), ()):
            if text.startswith(title, at) and not re.match(r"\w", text[at + len(title) :]):
                end = at + len(title)
                if title not in own and _stands_alone(text, at, end):
                    found.append(Mention(title, number))
                break
    return tuple(found)


def _stands_alone(text: str, at: int, end: int) -> bool:
    """Whether a title is a name of its own there: no part of another, and no word that only has a capital there."""
    if _AFTER.match(text, end) or text[at:end].lower() in common_words():
        return False
    before = _BEFORE.search(text[:at])
    return before is None or (before[1].lower() in common_words() and not re.search(r"\w", text[: before.start()]))


@cache
def introduction(number: int) -> Page:
    """A page, as far as it is shown.

    Raises:
        MissingExtra: Without the extra `wiki`.
    """
    title = titles()[number]
    shown = plain(title)
    own = frozenset({shown, name_of(shown)})
    texts = sentences_of(articles()[title].extract)
    return Page(shown, name_of(shown), tuple(Sentence(text, mentions_of(text, own)) for text in texts))


@cache
def description(number: int) -> str:
    """What a page is about in a few words, without a capital where that is only a sentence's; "" if not told."""
    text = plain(articles()[titles()[number]].description)
    word = re.match(r"[A-Z][a-z]*\b", text)
    return text[0].lower() + text[1:] if word and word.group().lower() in common_words() else text
