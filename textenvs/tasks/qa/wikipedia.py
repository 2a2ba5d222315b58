"""Questions over the introductions of Wikipedia: put together from their own words, which are read when they are shown.

What ships is numbers: which pages, which wording, what a search finds (`scripts/qa_wiki/compile_questions.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from textenvs.data import load_json
from textenvs.data.wikipedia import check
from textenvs.tasks.qa.introductions import description, introduction
from textenvs.tasks.qa.questions import Page, Question
from textenvs.text.phrases import load_phrases

PHRASES = load_phrases(__package__)
FILE = "wikipedia_questions.json"
KINDS = PHRASES.entries("kinds")
"""What is asked for; a page from one hop, the others from two."""
QUERIES, FOUND = 3, 3
QUERY_WORDS = (3, 2, 2)
"""So many words has each query of a question of one hop: with more, every query finds the page."""
ONE_HOP, TWO_HOPS = PHRASES.wordings("one hop", "test"), PHRASES.wordings("two hops", "test")
TRAIN_WORDINGS = len(PHRASES.wordings("one hop", "train"))
"""So many wordings occur in both splits, the others in the test split alone."""
BLANK = "___"
STOP_WORDS = frozenset(PHRASES["reader.stop"].split())
_LEAD = re.compile(r"(?:In|On|At|During|Within|As) [^,]{1,60}, ")
_VERB = re.compile(r" (?:is|was|are|were) ")
_DANGLING = re.compile(r"(?:\b(?:which|who|whom|that|there|it|what|where|when|and|he|she)|[;:,] [a-z]+)$")
_WORD = re.compile(r"\d[\d,.]*\d|\w(?:[\w'.-]*\w)?")


class Row(NamedTuple):
    """A question as it is stored.

    Attributes:
        kind: Place in `KINDS`.
        page: Number of the page that is asked about.
        goal: Number of the page that the answer names; of one hop, the same page.
        wording: Place in `ONE_HOP` or `TWO_HOPS`.
        found: Numbers of pages, `FOUND` for each query.
    """

    kind: int
    page: int
    goal: int
    wording: int
    found: tuple[int, ...]


def row_of(kind: int, page: int, goal: int, wording: int, *found: int) -> Row:
    """A question as the file has it."""
    return Row(kind, page, goal, wording, found)


def content_words(text: str) -> list[str]:
    """Its words, without those that stand in every text."""
    return [word for word in _WORD.findall(text) if word.lower() not in STOP_WORDS and word != BLANK]


@lru_cache(4096)
def clue(number: int) -> str:
    """The first sentence of a page, a blank for its subject, nothing in brackets; "" where the subject is not plain."""
    page = introduction(number)
    text = page.sentences[0].text
    while "(" in text and (shorter := re.sub(r" ?\([^()]*\)", "", text)) != text:
        text = shorter
    lead = found.group() if (found := _LEAD.match(text)) else ""
    rest = text.removeprefix(lead)
    named = re.match(
        rf"(?:The |An? |the |an? )?{re.escape(page.name)}(?= [a-z])(?! (?:or|and|is|was|are|were|de|e|i|y) )", rest
    )
    verb = _VERB.search(rest)
    if named:
        end = named.end()
    elif verb and _is_subject(rest[: verb.start()], page.name):
        end = verb.start()
    else:
        return ""
    return (lead + BLANK + rest[end:]).removesuffix(".").replace('"', "'")


def _is_subject(text: str, name: str) -> bool:
    """Whether what stands before the verb of a sentence is the subject, in full, and has the words of a name."""
    return all(word in text for word in content_words(name)) and not _DANGLING.search(text)


def clue_queries(text: str) -> tuple[str, ...]:
    """What can be searched for with a clue, never all of it: its first words, names and years, and other words."""
    words = list(dict.fromkeys(content_words(text)))
    names = [word for word in words if word[0].isupper() or word[0].isdigit()]
    others = [word for word in words if word not in names]
    return tuple(" ".join(some[:most]) for some, most in zip((words, names, others), QUERY_WORDS, strict=True))


def hop_queries(page: int, goal: int) -> tuple[str, ...]:
    """What can be searched for with a question of two hops: the title with the description, the title, the other."""
    title, described = introduction(page).title, description(goal)
    return f"{title} {described}", title, described


def question(row: Row) -> Question:
    """A question in words; what the page asked about does not name has no answer."""
    found = tuple(row.found[at : at + FOUND] for at in range(0, QUERIES * FOUND, FOUND))
    page, goal = introduction(row.page), introduction(row.goal)
    if row.kind == 0:
        blanked = clue(row.page)
        text = ONE_HOP[row.wording].format(clue=blanked)
        return Question(text, blanked, (), 1, page.name, frozenset({row.page}), clue_queries(blanked), found)
    kind, described = KINDS[row.kind], description(row.goal)
    a = "an" if kind[0] in "aeiou" else "a"
    text = TWO_HOPS[row.wording].format(title=page.title, a=a, kind=kind, description=described)
    named = any(mention.page == row.goal for sentence in page.sentences for mention in sentence.mentions)
    evidence = frozenset({row.page, row.goal} if named else {row.page})
    answer = goal.name if named else ""
    return Question(text, described, (page.name,), 2, answer, evidence, hop_queries(row.page, row.goal), found)


class WikipediaQuestions:
    """The questions of a split over the introductions of English Wikipedia.

    Args:
        rows: The questions, as they are stored.
        weights: What the words of the questions count.
    """

    def __init__(self, rows: Sequence[Row], weights: Mapping[str, float]) -> None:
        self.rows = rows
        self._weights = weights

    def __len__(self) -> int:
        """How many questions there are."""
        return len(self.rows)

    def question(self, number: int) -> Question:
        """One of the questions."""
        return question(self.rows[number])

    def page(self, number: int) -> Page:
        """A page; its number is the place of its title among all, sorted."""
        return introduction(number)

    def weight(self, word: str) -> float:
        """What a word of a question counts: the logarithm of the number of pages to one that has it."""
        return self._weights.get(word, 1.0)


@cache
def wikipedia(split: str) -> WikipediaQuestions:
    """The corpus of a split; no answer of one is an answer of the other.

    Raises:
        MissingExtra: Without the extra `wiki`.
        ValueError: If another version of its package is installed.
    """
    stored = load_json(FILE, __package__)
    check(stored["summaries"])
    return WikipediaQuestions([row_of(*row) for row in stored[split]], stored["weights"])
