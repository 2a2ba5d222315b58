"""Questions of one hop: the defining sentence of a page, with a blank for its name."""

from __future__ import annotations

import re
from collections import Counter

from retrieval import search, stems

from textenvs.tasks.qa.introductions import introduction, titles
from textenvs.tasks.qa.wikipedia import BLANK, clue, clue_queries, content_words

LEAST_WORDS, MOST_WORDS = 8, 40
MARGINS = (1.3, 1.5, 2.0, 2.5)
"""By how much the page must beat the second when the whole clue is searched for; the last one counts."""
_VAGUE = re.compile(
    rf"{BLANK} (?:is|was|are|were|refers to|means) (?:(?:a|an|any|the|one|either|both|some|several|two) )?(?:\w+ )?"
    r"(?:types?|kinds?|forms?|sorts?|any|groups?|names?|words?|terms?|lists?|titles?|set|class) (?:of|for|given|used)\b"
)
LEAST_NAMES = 2
_NAME = re.compile(r"\b[A-Z][a-z]+|\b\d{3,4}\b")


def balanced(text: str) -> bool:
    """Whether brackets and quotation marks come in pairs."""
    quotes = len(re.findall(r"(?:^|[\s(])'(?=\S)", text)) == len(re.findall(r"(?<=\S)'(?=$|[\s,.;:)])", text))
    return quotes and '"' not in text and not set("()[]{}") & set(text)


def leaks(name: str, text: str) -> bool:
    """Whether a clue gives away the name: a word of the same beginning, or its initials."""
    words = [word for word in re.findall(r"[a-z0-9]+", name.lower()) if len(word) > 1]
    others = re.findall(r"[a-z0-9]+", text.lower())
    if any(word[:5] == other[:5] or (len(word) > 3 and word in other) for word in words for other in others if len(other) > 3):
        return not all(word in ("the", "and", "of", "in") for word in words)
    initials = "".join(word[0] for word in content_words(name)).upper()
    capitals = re.findall(r"\b[A-Z]{2,}s?\b", text)
    spelt = "".join(word[0] for word in others)
    return any(token.startswith(initials) for token in capitals if len(initials) > 1) or (
        name.isupper() and len(name) > 1 and name.lower() in spelt
    )


def fine_queries(queries: tuple[str, ...], goal: int) -> bool:
    """Whether the queries differ, say something, and one of them finds the page."""
    found = any(number == goal for query in queries for number, _ in search(query))
    return found and len(set(queries)) == len(queries) and all(query.split() for query in queries)


def candidates(counts: Counter[str]) -> list[int]:
    """Pages whose defining sentence makes a question; what is left after each filter goes into the counts."""
    left = []
    for number in range(len(titles())):
        text, name = clue(number), introduction(number).name
        steps = {
            "a blank for the name": lambda: text.count(BLANK) == 1,
            "name not in clue": lambda: not leaks(name, text) and not stems(name) & stems(text),
            "length": lambda: LEAST_WORDS <= len(content_words(text)) <= MOST_WORDS,
            "balanced, no stray marks": lambda: balanced(text) and not re.search(r" [,;:.]|[,;:]$|\.\.|\? |;", text),
            "says more than a type": lambda: not _VAGUE.search(text),
            "names or years": lambda: len(set(_NAME.findall(text.partition(BLANK)[2]))) >= LEAST_NAMES,
            "found first by the clue": lambda: search(text)[0][0] == number,
            **{
                f"score {margin} times the second": lambda margin=margin: search(text)[0][1] >= margin * search(text)[1][1]
                for margin in MARGINS
            },
            "queries differ, one finds it": lambda: fine_queries(clue_queries(text), number),
        }
        for step, passes in steps.items():
            if not passes():
                break
            counts[step] += 1
        else:
            left.append(number)
    return left
