"""The corpus of facts: pages in sentences of this project, and questions about them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from textenvs.data import load_json
from textenvs.tasks.qa.questions import Mention, Page, Question, Sentence

FILE = "fact_questions.json"
BRACKETS = re.compile(r"\[\[([^]|]+)(?:\|([^]]+))?\]\]")
SENTENCE = re.compile(r"(?<=\.)(?<!\bSt\.) (?=[A-Z\['])")
PARENTHESIS = re.compile(r" \((?:airport|city|constellation|moon|region)\)$")


class FactCorpus:
    """The questions of a split, and the pages that they are asked of.

    Args:
        pages: Title and text of each page; in a text the names stand in double brackets, as in a wiki.
        questions: Of each question its text, hops, answer, pages of evidence, queries after the first, which is the
            question itself, and results.
    """

    def __init__(
        self, pages: Sequence[Sequence[str]], questions: Sequence[Sequence[Any]], weights: Mapping[str, float]
    ) -> None:
        self._rows = pages
        self._questions = questions
        self._weights = weights
        self._numbers = {title: number for number, (title, _) in enumerate(pages)}
        self._pages: list[Page | None] = [None] * len(pages)

    def __len__(self) -> int:
        """How many questions there are."""
        return len(self._questions)

    def question(self, number: int) -> Question:
        """One of the questions."""
        text, kind, answer, evidence, queries, results = self._questions[number]
        hops = 1 + kind.count(",")
        found = tuple(map(tuple, results))
        return Question(text, text, (queries[0],), hops, answer, frozenset(evidence), (text, *queries), found)

    def page(self, number: int) -> Page:
        """One of the pages."""
        page = self._pages[number]
        if page is None:
            title, text = self._rows[number]
            sentences = tuple(self._sentence(each) for each in SENTENCE.split(text))
            page = self._pages[number] = Page(title, PARENTHESIS.sub("", title), sentences)
        return page

    def weight(self, word: str) -> float:
        """What a word of a question counts: the logarithm of the number of pages to one that has it."""
        return self._weights.get(word, 1.0)

    def _sentence(self, marked: str) -> Sentence:
        mentions = tuple(
            Mention(name or title, self._numbers.get(title, -1)) for title, name in BRACKETS.findall(marked)
        )
        return Sentence(BRACKETS.sub(lambda found: found[2] or found[1], marked), mentions)


@cache
def facts(split: str) -> FactCorpus:
    """The corpus of a split."""
    return FactCorpus(**load_json(FILE, __package__)[split])
