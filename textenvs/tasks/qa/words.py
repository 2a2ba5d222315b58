"""The words of question answering: what the agent can do, what the library says, what was found."""

from __future__ import annotations

from collections.abc import Sequence

from textenvs.tasks.qa.observations import RESULTS, TAGS, bucket
from textenvs.tasks.qa.questions import Page, Question
from textenvs.tasks.qa.reading import CANDIDATES, LINKS, Candidate, Found, Link, View
from textenvs.text.phrases import load_phrases

PHRASES = load_phrases(__package__)
INSTRUCTIONS = PHRASES.text("instructions", "horizon")
RANKS = PHRASES.entries("ranks")
SPLITS = ("train", "test")

SEARCH_WHOLE = PHRASES["act.search_whole"]
SEARCH = tuple(PHRASES.sentence(f"search_{rank}", "query") for rank in RANKS)
OPEN = tuple(PHRASES.sentence(f"open_{rank}", "title") for rank in RANKS)
FOLLOW = tuple(PHRASES.sentence(f"follow_{rank}", "title") for rank in RANKS)
ANSWER = tuple(
    tuple(PHRASES.sentence(f"{act}_{rank}", "name") for rank in RANKS) for act in ("answer", "answer_linked")
)
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
    searches = (
        SEARCH_WHOLE if query == question else sentence.format(query=query)
        for sentence, query in zip(SEARCH, queries, strict=True)
    )
    return [
        *searches,
        *padded([sentence.format(title=title) for sentence, title in zip(OPEN, results, strict=False)], RESULTS),
        *padded([sentence.format(title=title) for sentence, title in zip(FOLLOW, links, strict=False)], LINKS),
        *(
            sentence
            for sentences, group in zip(ANSWER, names, strict=True)
            for sentence in padded(
                [each.format(name=name) for each, name in zip(sentences, group, strict=False)], CANDIDATES
            )
        ),
        ABSTAIN,
    ]


def padded(sentences: list[str], most: int) -> list[str]:
    """Sentences, and empty ones up to the number that can be offered."""
    return sentences + [""] * (most - len(sentences))


def asked(question: Question) -> str:
    """The question, and on how many pages its answer must stand."""
    return ASKED[question.hops - 1].format(question=question.text)


def results(rank: int, query: str, views: Sequence[View], tags: Sequence[str]) -> str:
    """What the query of this rank, from 0, has found."""
    if not views:
        return NONE_FOUND.format(rank=RANKS[rank], query=query)
    lines = [
        RESULT.format(rank=place, title=view.page.title, look=LOOKS[tag], text=view.page.sentences[view.snippet].text)
        for place, (view, tag) in enumerate(zip(views, tags, strict=True), start=1)
    ]
    return FOUND.format(rank=RANKS[rank], query=query, results=" ".join(lines))


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


def candidates(found: Sequence[Candidate], depth: int = 0) -> str:
    """Candidates, and how well they are supported."""
    if not found:
        return NO_NAME
    return ", ".join(NAME.format(name=each.name, support=SUPPORT[bucket([each], depth)]) for each in found)


def previews(linked: Sequence[Page], links: Sequence[Link]) -> str:
    """Pages to which links lead: how well they are supported, and their first sentences."""
    if not links:
        return NO_NAME
    return " ".join(
        LINK.format(rank=rank, title=page.title, support=SUPPORT[bucket([link])], text=page.sentences[0].text)
        for rank, (page, link) in enumerate(zip(linked, links, strict=True), start=1)
    )


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
