"""Questions of one hop: the defining sentence of a page, with a blank for its name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from retrieval import search, stems
from sieve import survives

from textenvs.tasks.qa.introductions import introduction, titles
from textenvs.tasks.qa.wikipedia import BLANK, clue, clue_queries, content_words

LEAST_WORDS, MOST_WORDS = 8, 40
MARGINS = (1.3, 1.5, 2.0)
"""By how much the page must beat the second when the whole clue is searched for; the last one counts."""
_VAGUE = re.compile(
    rf"{BLANK} (?:is|was|are|were|refers to|means) (?:(?:a|an|any|the|one|either|both|some|several|two) )?(?:\w+ )?"
    r"(?:types?|kinds?|forms?|sorts?|any|groups?|names?|words?|terms?|lists?|titles?|set|class) (?:of|for|given|used)\b"
)
_STRAY = re.compile(r" [,;:.]|[,;:]$|\.\.|\? |;")
LEAST_NAMES = 2
MOST_FIRST = 1
"""So many of the queries may find the page first."""
_NAME = re.compile(r"\b[A-Z][a-z]+|\b\d{3,4}\b")


def balanced(text: str) -> bool:
    """Whether brackets and quotation marks come in pairs."""
    quotes = len(re.findall(r"(?:^|[\s(])'(?=\S)", text)) == len(re.findall(r"(?<=\S)'(?=$|[\s,.;:)])", text))
    return quotes and '"' not in text and not set("()[]{}") & set(text)


def leaks(name: str, text: str) -> bool:
    """Whether a clue gives away the name: a word of the same beginning, its initials, or what they stand for."""
    words = [word.lower() for word in re.findall(r"[A-Za-z0-9]{2,}", " ".join(content_words(name)))]
    others = re.findall(r"[a-z0-9]+", text.lower())
    alike = any(
        word[:5] == other[:5] or word in other or (len(other) > 3 and word.startswith(other))
        for word in words
        for other in others
        if len(word) > 2 and len(other) > 2
    )
    initials = "".join(word[0] for word in content_words(name)).upper()
    short = any(token.startswith(initials) for token in re.findall(r"\b[A-Z]{2,}", text) if len(initials) > 1)
    spelt = name.isupper() and len(name) > 1 and name.lower() in "".join(word[0] for word in others)
    return alike or short or spelt


def fine_queries(queries: tuple[str, ...], goal: int) -> bool:
    """Whether the queries differ, and it matters which is used: one finds the page, but few find it first."""
    found = [[number for number, _ in search(query)] for query in queries]
    first = sum(numbers[:1] == [goal] for numbers in found)
    differ = len(set(queries)) == len(queries) and all(queries)
    return differ and first <= MOST_FIRST and any(goal in numbers for numbers in found)


def filters(number: int) -> Iterator[tuple[str, bool]]:
    """Whether the defining sentence of a page makes a question."""
    text, name = clue(number), introduction(number).name
    yield "a blank for the name", text.count(BLANK) == 1
    yield "name not in clue", not leaks(name, text) and not stems(name) & stems(text)
    yield "length", LEAST_WORDS <= len(content_words(text)) <= MOST_WORDS
    yield "balanced, no stray marks", balanced(text) and not _STRAY.search(text)
    yield "says more than a type", not _VAGUE.search(text)
    yield "names or years", len(set(_NAME.findall(text.partition(BLANK)[2]))) >= LEAST_NAMES
    (first, best), (_, second), *_ = search(text)
    yield "found first by the clue", first == number
    for margin in MARGINS:
        yield f"score {margin} times the second", best >= margin * second
    yield "a query finds it, few find it first", fine_queries(clue_queries(text), number)


def candidates(counts: Counter[str]) -> list[int]:
    """Pages that pass all filters; what is left after each goes into the counts."""
    return [number for number in range(len(titles())) if survives(filters(number), counts)]
