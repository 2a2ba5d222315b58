"""Pages and questions: what both corpora, of facts and of Wikipedia, are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Mention(NamedTuple):
    """A name in a sentence: what may be an answer, and may be followed.

    Attributes:
        name: As it stands in the sentence.
        page: Number of the page that it links to; -1 where it links to none.
    """

    name: str
    page: int


class Sentence(NamedTuple):
    """A sentence of a page.

    Attributes:
        text: Printable ASCII.
        mentions: The names in it, in order.
    """

    text: str
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a corpus.

    Attributes:
        title: Its title, which no other page of the corpus has; printable ASCII.
        name: What it is about, as an answer: the title without what is in parentheses.
        sentences: Its text.
    """

    title: str
    name: str
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """Its sentences as one text."""
        return " ".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Question:
    """A question over a corpus.

    Attributes:
        text: The question; no other of its split is the same.
        wanted: The part of it that says what is wanted.
        names: The names in it.
        hops: From how many pages the answer has to be put together: 1 or 2.
        answer: The answer; "" where the corpus does not tell.
        evidence: Numbers of the pages that tell it, or that would if the corpus did.
        queries: What can be searched for.
        results: For each query the numbers of the pages that it finds, best first.
    """

    text: str
    wanted: str
    names: tuple[str, ...]
    hops: int
    answer: str
    evidence: frozenset[int]
    queries: tuple[str, ...]
    results: tuple[tuple[int, ...], ...]


class Corpus(Protocol):
    """The questions of a split, and the pages that they are asked of."""

    def __len__(self) -> int:
        """How many questions there are."""

    def question(self, number: int) -> Question:
        """One of the questions."""

    def page(self, number: int) -> Page:
        """One of the pages."""

    def weight(self, word: str) -> float:
        """What a word of a question counts, as `reader.content` has it: more if few pages have it; positive."""
