"""The words of question answering: what the agent can do, what the library says, what was found."""

from __future__ import annotations

from collections.abc import Sequence

from textenvs.tasks.qa.observations import RESULTS, bucket
from textenvs.tasks.qa.questions import Page, Question
from textenvs.tasks.qa.reading import CANDIDATES, LINKS, Candidate, Found, Link, View
from textenvs.text.wordings import choose

NOTHING, SEARCHED = "Nothing was searched for", "No more pages can be opened"
SUPPORT = ("hardly supported", "weakly supported", "supported", "well supported")
"""By bucket."""
TAGS = {"named": "named in the question", "likely": "likely", "other": "found by its words", "open": "open"}
LIBRARY = {
    "ask": ("A question has come in.", "Somebody would like to know something.", "Here is a question.", "This was asked at the desk."),
    "found": ("This is what I found.", "Here are the results.", "I found these pages.", "The catalogue has these."),
    "right": ("That is right.", "Yes, that is so.", "Correct.", "Right you are."),
    "wrong": ("That is wrong.", "No, that is not so.", "That is not right.", "I am afraid not."),
}  # fmt: skip
"""By what happens; the last of each is said in the test split only."""
INSTRUCTIONS = """You answer a question from a library. Search for it, open pages, follow their links, and answer with one of the \
names that stand on the open pages; or abstain, if the page that would have to tell the answer does not tell it. The \
pages that you open are your evidence: open those that tell the answer, and no others; with the fourth the search ends. \
Where the first of two pages does not name what the second would be, it alone is the evidence. You have {horizon} acts; \
the last must be an answer, or to abstain.

Each act costs 0.04. A right answer earns 0.2, and up to 0.8 more for its evidence: F1 of the open pages against those \
that tell the answer. To abstain where the library does not tell it earns 1 with the right evidence, and down to -0.5 \
without any. A wrong answer costs 0.5, and so does none at all; to abstain where the library does tell costs 0.9. An \
impossible act costs 0.05 more."""

CLOSING = (*("",) * 15, "That is all.")
"""What can be said when all is over."""
RANKS = ("first", "second", "third")
CUES = (
    ("search", "look", "find", "query", "whole", "question", "both", "first"),
    ("search", "look", "find", "query", "name", "names", "title", "second"),
    ("search", "look", "find", "query", "words", "rest", "description", "third"),
    *(("open", "read", "go to", "click", "show", "result", rank) for rank in RANKS),
    *(("follow", "open", "read", "go to", "click", "show", "link", rank) for rank in RANKS),
    *(("", "answer", "name", rank) for rank in RANKS),
    *(("", "answer", "linked", "name", rank) for rank in RANKS),
    (
        *("abstain", "pass", "know", "unknown", "told", "nowhere", "unanswerable"),
        *("no answer", "cannot answer", "cant answer", "not say", "doesnt say", "doesnt tell"),
    ),
)
"""By action, what people say when they mean it."""


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
        *("Search for the whole question." if query == question else f'Search for "{query}".' for query in queries),
        *padded([f'Open result {rank}, "{title}".' for rank, title in enumerate(results, start=1)], RESULTS),
        *padded([f'Follow the link to "{title}".' for title in links], LINKS),
        *(s for group in names for s in padded([f'The answer is "{name}".' for name in group], CANDIDATES)),
        "I abstain: the library does not tell.",
    ]


def padded(sentences: list[str], most: int) -> list[str]:
    """Sentences, and empty ones up to the number that can be offered."""
    return sentences + [""] * (most - len(sentences))


def asked(question: Question) -> str:
    """The question, and on how many pages its answer must stand."""
    return f"Question ({('one page', 'two pages')[question.hops - 1]}): {question.text}"


def results(rank: int, query: str, views: Sequence[View], tags: Sequence[str]) -> str:
    """What the query of this rank, from 0, has found."""
    asked = f'the {RANKS[rank]} query, "{query}"'
    if not views:
        return f"Nothing was found with {asked}"
    lines = [
        f'{rank}. "{view.page.title}" ({TAGS[tag]}): {view.page.sentences[view.snippet].text}'
        for rank, (view, tag) in enumerate(zip(views, tags, strict=True), start=1)
    ]
    return f"Found with {asked}: {' '.join(lines)}"


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
        parts.append("Open pages: " + ", ".join(f'"{title}"' for title in titles))
        parts.append(f"Named there: {candidates(found.candidates[0])}")
        if found.deep:
            parts.append(f"Named on open pages that were linked to: {candidates(found.candidates[1], 1)}")
        parts.append(f"Links: {previews(linked, found.links)}")
    return " | ".join(parts)


def candidates(found: Sequence[Candidate], depth: int = 0) -> str:
    """Candidates, and how well they are supported."""
    if not found:
        return "nothing"
    return ", ".join(f'"{each.name}" ({SUPPORT[bucket([each], depth)]})' for each in found)


def previews(linked: Sequence[Page], links: Sequence[Link]) -> str:
    """Pages to which links lead: how well they are supported, and their first sentences."""
    if not links:
        return "nothing"
    return " ".join(
        f'{rank}. "{page.title}" ({SUPPORT[bucket([link])]}): {page.sentences[0].text}'
        for rank, (page, link) in enumerate(zip(linked, links, strict=True), start=1)
    )


def page(page: Page) -> str:
    """A page to read."""
    return f'Page "{page.title}". {page.text}'


def end(right: bool, gold: str, draw: int, test: bool) -> str:
    """How it ends: this is where the answer is told."""
    if right:
        return say("right", draw, test)
    return f"{say('wrong', draw, test)} " + (f"The answer is {gold}." if gold else "The library does not tell.")


def say(kind: str, draw: int, test: bool) -> str:
    """The library's words."""
    return choose(LIBRARY[kind], draw, test)
