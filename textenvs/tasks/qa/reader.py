"""What a reader without understanding finds on the pages: names, and how many words of the question stand beside them.

Support is lexical: the share of the question's words that a sentence has, rare words counting more, and whether the
sentence or its page is about a name in the question. It is in [0, 1], and often wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple, TypeVar

from textenvs.tasks.qa.questions import Corpus, Page, Question, Sentence
from textenvs.text.phrases import load_phrases
from textenvs.text.tokens import stem, tokens

PHRASES = load_phrases(__package__)
CANDIDATES = LINKS = 3
"""How many of them are offered at a time, the best supported first."""
KEPT = CANDIDATES + 8
"""Names of a page that are kept: as many as are offered, and those that other open pages may take out."""
WORDS, NAME = 0.75, 0.25
"""What the words and the name of the question count in a support."""
EMPTY = frozenset(PHRASES["reader.empty"].split())
REPRESENTATIVE = {
    stem(word): stem(group.split()[0]) for group in PHRASES.entries("reader.same") for word in group.split()
}
"""The stem that stands for all that mean the same, by stem."""


class Candidate(NamedTuple):
    """A name that may be the answer.

    Attributes:
        name: The name.
        support: How well it is supported, in [0, 1].
    """

    name: str
    support: float


class Link(NamedTuple):
    """A page that an opened page names.

    Attributes:
        page: Its number.
        support: Of the name where it stands, or of the first sentence of the page, whichever is more.
    """

    page: int
    support: float


Supported = TypeVar("Supported", Candidate, Link)


class Found(NamedTuple):
    """What there is on the opened pages.

    Attributes:
        candidates: The best supported names on the pages of depth 0, and on those of depth 1.
        links: The best supported links to pages that are not open.
        linked: The pages that are linked to by those open pages whose names stand in the question.
        opened: How many pages are open.
        named: How many of these have a title that stands in the question.
        deep: How many of them have depth 1.
    """

    candidates: tuple[tuple[Candidate, ...], tuple[Candidate, ...]]
    links: tuple[Link, ...]
    linked: frozenset[int]
    opened: int
    named: int
    deep: int


@dataclass(frozen=True, slots=True)
class View:
    """A page seen with a question in mind.

    Attributes:
        page: The page.
        named: Whether its name stands in the question.
        snippet: Number of the sentence that a search engine shows.
        told: Whether that sentence, or the title, names what the question names.
        title: Its name as an answer, with its support by the sentences that name what the question names and the first
            one, and by the first alone.
        names: The best supported names that do not stand in the question, best first, each with the page that it links
            to, -1 if none.
        links: The pages that it links to.
        followed: The same, as links.
    """

    page: Page
    named: bool
    snippet: int
    told: bool
    title: tuple[Candidate, Candidate]
    names: tuple[tuple[Candidate, int], ...]
    links: frozenset[int]
    followed: tuple[Link, ...]


class Reader:
    """Reads the pages of a corpus with one question in mind.

    Args:
        corpus: The corpus.
        question: The question.
    """

    def __init__(self, corpus: Corpus, question: Question) -> None:
        self._corpus = corpus
        self._names = frozenset(question.names)
        self._words = {word: corpus.weight(word) for word in sorted(content(question.wanted))}
        for name in question.names:
            for word in content(name):
                self._words.pop(word, None)
        self._total = sum(self._words.values()) or 1.0
        self._views: dict[int, View] = {}
        self._previews: dict[int, float] = {}

    def page(self, number: int) -> Page:
        """A page."""
        return self._corpus.page(number)

    def view(self, number: int) -> View:
        """A page as the question makes it look."""
        view = self._views.get(number)
        if view is None:
            view = self._views[number] = self._look(self.page(number))
        return view

    def asks_for(self, name: str) -> bool:
        """Whether a name stands in the question."""
        return name in self._names

    def found(self, opened: Collection[int]) -> Found:
        """What there is on opened pages.

        A page has depth 1 if its title is not in the question, but on an opened page whose title is.
        """
        views = [(number, self.view(number)) for number in opened]
        linked = frozenset[int]().union(*(view.links for _, view in views if view.named))
        deep = {number for number, view in views if not view.named and number in linked}
        names: tuple[dict[str, Candidate], dict[str, Candidate]] = ({}, {})
        links: dict[int, Link] = {}
        for number, view in views:
            depth = number in deep
            at = names[depth]
            if not view.named:
                title = view.title[depth]
                known = at.get(title.name)
                if known is None or title.support > known.support:
                    at[title.name] = title
            for candidate, page in view.names:
                if page not in deep and candidate[1] >= at.get(candidate[0], candidate)[1]:
                    at[candidate[0]] = candidate
            for link in view.followed:
                if link[0] not in opened and link[1] >= links.get(link[0], link)[1]:
                    links[link[0]] = link
        for name in names[1].keys() & names[0].keys():
            del names[names[0][name].support >= names[1][name].support][name]
        candidates = best(names[0].values(), CANDIDATES), best(names[1].values(), CANDIDATES)
        named = sum(view.named for _, view in views)
        return Found(candidates, best(links.values(), LINKS), linked, len(views), named, len(deep))

    def _look(self, page: Page) -> View:
        named = self.asks_for(page.name)
        about = [named or any(self.asks_for(m.name) for m in sentence.mentions) for sentence in page.sentences]
        words = [self._overlap(sentence) for sentence in page.sentences]
        names: dict[str, tuple[str, int, float]] = {}
        for sentence, share, tells in zip(page.sentences, words, about, strict=True):
            for name, linked in sentence.mentions:
                if not self.asks_for(name) and name != page.name:
                    known = names.get(name, (name, linked, 0.0))
                    names[name] = name, max(linked, known[1]), max(WORDS * share + NAME * tells, known[2])
        kept = sorted(names.values(), key=itemgetter(2), reverse=True)
        offered = tuple((Candidate(name, support), linked) for name, linked, support in kept[:KEPT])
        links = frozenset(linked for _, linked, _ in kept if linked >= 0)
        followed = tuple(
            Link(linked, max(support, self._preview(linked))) for name, linked, support in kept if linked >= 0
        )
        first = WORDS * words[0]
        told = max((WORDS * words[i] + NAME for i, tells in enumerate(about) if tells), default=0.0)
        snippet = max(range(len(words)), key=lambda i: (about[i], words[i], -i))
        title = Candidate(page.name, max(first, told)), Candidate(page.name, first)
        return View(page, named, snippet, about[snippet], title, offered, links, followed)

    def _preview(self, number: int) -> float:
        """Support of a page by its first sentence, which is seen before the page is opened."""
        preview = self._previews.get(number)
        if preview is None:
            preview = self._previews[number] = WORDS * self._overlap(self.page(number).sentences[0])
        return preview

    def _overlap(self, sentence: Sentence) -> float:
        """Share of the question's words in a sentence, by their weights."""
        there = content(sentence.text)
        return sum(weight for word, weight in self._words.items() if word in there) / self._total


def best(found: Iterable[Supported], n: int) -> tuple[Supported, ...]:
    """The best supported, the earlier first of equals."""
    return tuple(sorted(found, key=itemgetter(1), reverse=True)[:n])


@lru_cache(maxsize=65536)
def content(text: str) -> frozenset[str]:
    """The stems of the words of a text that say something; of words that mean the same, one."""
    stems = (stem(token) for token in tokens(text) if token not in EMPTY)
    return frozenset(REPRESENTATIVE.get(word, word) for word in stems)
