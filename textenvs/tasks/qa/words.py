"""The words of question answering: what the agent can do, what the library says, what was found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from textenvs.tasks.qa.observations import RANKS, TAGS, bucket
from textenvs.tasks.qa.questions import Page, Question
from textenvs.tasks.qa.reader import Candidate, Found, Link, View
from textenvs.text.phrases import load_phrases

PHRASES = load_phrases(__package__)
INSTRUCTIONS = PHRASES.text("instructions", "horizon")
ORDINALS = PHRASES.entries("ranks")
"""How the first, the second and the third are called."""
SPLITS = ("train", "test")

SEARCH_WHOLE = PHRASES["act.search_whole"]
SLOTS = {"search": "words", "open": "title", "follow": "title", "answer": "answer", "answer_linked": "answer"}
SENTENCES = {act: tuple(PHRASES.sentence(f"{act}_{rank}", slot) for rank in RANKS) for act, slot in SLOTS.items()}
"""By act the sentences about the first, the second and the third query, title or answer."""
ABSTAIN = PHRASES.sentence("abstain")
CLOSING = (*("",) * (len(PHRASES.acts) - 1), PHRASES["act.over"])
"""What can be said when all is over."""

ASKED = tuple(PHRASES.text(f"note.{key}", "question") for key in ("one_page", "two_pages"))
NOTHING, SEARCHED = PHRASES["note.before"], PHRASES["note.searched"]
FOUND = PHRASES.text("note.found", "rank", "query", "results")
NONE_FOUND = PHRASES.text("note.none_found", "rank", "query")
RESULT = PHRASES.text("note.result", "rank", "title", "look", "text")
LOOKS = {tag: PHRASES[f"look.{tag}"] for tag in TAGS}
OPEN_PAGES = PHRASES.text("note.open", "titles")
NAMED = PHRASES.text("note.named", "names")
NAMED_LINKED = PHRASES.text("note.named_linked", "names")
NAME = PHRASES.text("note.name", "name", "support")
LINKED = PHRASES.text("note.links", "links")
LINK = PHRASES.text("note.link", "rank", "title", "support", "text")
NO_NAME = PHRASES["note.nothing"]
SUPPORT = PHRASES.entries("support")
"""By bucket."""

PAGE = PHRASES.text("library.page", "title", "text")
IT_IS = PHRASES.text("library.answer", "answer")
NOT_TOLD = PHRASES["library.no_answer"]


def choices(
    question: str,
    queries: Sequence[str],
    results: Sequence[str],
    links: Sequence[str],
    names: Sequence[Sequence[str]],
) -> list[str]:
    """What the agent can do; what does not exist is empty.

    Args:
        question: The question.
        queries: What can be searched for.
        results: Titles of the results.
        links: Titles of the linked pages that are offered.
        names: Candidates of depth 0, and of depth 1.
    """
    return [
        *_searches(question, tuple(queries)),
        *_naming("open", tuple(results)),
        *_naming("follow", tuple(links)),
        *_naming("answer", tuple(names[0])),
        *_naming("answer_linked", tuple(names[1])),
        ABSTAIN,
    ]


@lru_cache(maxsize=1024)
def _searches(question: str, queries: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        SEARCH_WHOLE if query == question else sentence.format(words=query)
        for sentence, query in zip(SENTENCES["search"], queries, strict=True)
    )


@lru_cache(maxsize=4096)
def _naming(act: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The sentences of an act, an empty one where there is no name."""
    sentences, slot = SENTENCES[act], SLOTS[act]
    said = (sentence.format(**{slot: name}) for sentence, name in zip(sentences, names, strict=False))
    return (*said, *("",) * (len(sentences) - len(names)))


def asked(question: Question) -> str:
    """The question, and on how many pages its answer must stand."""
    return ASKED[question.hops - 1].format(question=question.text)


def results(rank: int, query: str, views: Sequence[View], tags: Sequence[str]) -> str:
    """What the query of this rank, from 0, has found."""
    if not views:
        return NONE_FOUND.format(rank=ORDINALS[rank], query=query)
    lines = [
        _result(place, view.page.title, tag, view.page.sentences[view.snippet].text)
        for place, (view, tag) in enumerate(zip(views, tags, strict=True), start=1)
    ]
    return FOUND.format(rank=ORDINALS[rank], query=query, results=" ".join(lines))


@lru_cache(maxsize=4096)
def _result(place: int, title: str, tag: str, text: str) -> str:
    return RESULT.format(rank=place, title=title, look=LOOKS[tag], text=text)


def note(question: str, listed: str, titles: Sequence[str], linked: Sequence[Page], found: Found) -> str:
    """All that was found so far.

    Args:
        question: The question, as it was asked.
        listed: What the last query has found.
        titles: Titles of the open pages.
        linked: The linked pages that are offered.
        found: What there is on the open pages.
    """
    parts = [question, listed]
    if titles:
        parts.append(OPEN_PAGES.format(titles=", ".join(f'"{title}"' for title in titles)))
        parts.append(NAMED.format(names=candidates(found.candidates[0])))
        if found.deep:
            parts.append(NAMED_LINKED.format(names=candidates(found.candidates[1], 1)))
        parts.append(LINKED.format(links=previews(linked, found.links)))
    return " | ".join(parts)


@lru_cache(maxsize=4096)
def candidates(found: tuple[Candidate, ...], depth: int = 0) -> str:
    """Candidates, and how well they are supported."""
    if not found:
        return NO_NAME
    return ", ".join(NAME.format(name=each.name, support=SUPPORT[bucket([each], depth)]) for each in found)


def previews(linked: Sequence[Page], links: Sequence[Link]) -> str:
    """Pages to which links lead: how well they are supported, and their first sentences."""
    if not links:
        return NO_NAME
    return " ".join(
        _link(rank, page.title, bucket([link]), page.sentences[0].text)
        for rank, (page, link) in enumerate(zip(linked, links, strict=True), start=1)
    )


@lru_cache(maxsize=4096)
def _link(rank: int, title: str, support: int, text: str) -> str:
    return LINK.format(rank=rank, title=title, support=SUPPORT[support], text=text)


def page(page: Page) -> str:
    """A page to read."""
    return PAGE.format(title=page.title, text=page.text)


def end(right: bool, gold: str, draw: int, test: bool) -> str:
    """How it ends: this is where the answer is told."""
    if right:
        return say("right", draw, test)
    return f"{say('wrong', draw, test)} " + (IT_IS.format(answer=gold) if gold else NOT_TOLD)


def say(kind: str, draw: int, test: bool) -> str:
    """The library's words."""
    return PHRASES.choose(kind, draw, SPLITS[test])
