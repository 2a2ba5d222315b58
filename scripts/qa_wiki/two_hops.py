"""Questions of two hops: a page names something that is described in other words; or nothing that it names fits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from heads import kind_of
from retrieval import search, stems
from sieve import lot, survives

from textenvs.data.wikipedia import articles, plain
from textenvs.tasks.qa.introductions import common_words, description, introduction, titles
from textenvs.tasks.qa.wikipedia import content_words, hop_queries

LEAST_MENTIONS = {"place": 3, "person": 2, "work": 2, "event": 2}
"""So many pages must be named where the goal is of a kind."""
LEAST_STEMS, SURE_STEMS = 2, 3
"""So many content words has a description; so many where the page has names that are not known."""
BACKED = 0.6
"""This share of a description's content words stands in the first two sentences of its page."""
RARE = 400
"""On so many pages stands a rare word at most."""
PER_GOAL, PER_PAGE = 3, 2
TRIED = 400
"""So many goals are tried as the one that a page does not name."""
_UNKNOWN = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+(?: [A-Z][a-z]+)+")
_PARTS = frozenset(
    "county department district empire island kingdom language province river state territory tribe".split()
)
_COUNTRY = stems("country")
_BRACKETS = re.compile(r" ?\([^()]*\)")


class Pair(NamedTuple):
    """A question of two hops.

    Attributes:
        page: The page that is asked about.
        goal: The page whose description is asked for.
        kind: Which kind of thing the goal is.
    """

    page: int
    goal: int
    kind: str


@cache
def kind(number: int) -> str:
    """The kind of thing that a page is about; "" if it is none that is asked for."""
    return kind_of(description(number), articles()[titles()[number]].topic)


@cache
def described(number: int) -> frozenset[str]:
    """Stems of a page's description, without years, "major", and what is in brackets."""
    found = stems(_BRACKETS.sub("", description(number)))
    return frozenset(stem for stem in found if stem != "major" and not re.search(r"\d{3}", stem))


@cache
def opening(number: int) -> frozenset[str]:
    """Stems of a page's description and first two sentences."""
    return described(number) | stems(" ".join(s.text for s in introduction(number).sentences[:2]))


@cache
def mentioned(number: int) -> tuple[int, ...]:
    """Pages that a page names, each once."""
    return tuple(dict.fromkeys(m.page for s in introduction(number).sentences for m in s.mentions))


@cache
def ambiguous(name: str) -> bool:
    """Whether another title is this name with something after it, such as "New York (state)" beside "New York"."""
    return any(re.match(rf"{re.escape(name)}(?: \(|, )", title) for title in map(plain, titles()))


def named_alone(pair: Pair) -> bool:
    """Whether the goal is named as itself somewhere, not only in a name such as "Treaty of Paris" or "Mali rivers".

    What is called the province, state or kingdom of something has to be described as one.
    """
    text, said = introduction(pair.page).text, opening(pair.goal)
    for place in re.finditer(rf"(?<![\w-]){re.escape(introduction(pair.goal).name)}(?![\w-])", text):
        before = re.search(r"(\w+) of (?:the )?$", text[: place.start()])
        after = re.match(r" (\w+)", text[place.end() :])
        parts = {found[1].removesuffix("s") for found in (before, after) if found}
        if not (before and before[1][0].isupper()) and not stems(" ".join(parts & _PARTS)) - said:
            return True
    return False


@cache
def unknown_names(number: int) -> bool:
    """Whether a page has names of several words that are no mentions: one of them might fit a description."""
    page = introduction(number)
    text = page.text
    for name in {m.name for s in page.sentences for m in s.mentions} | {page.title, page.name}:
        text = text.replace(name, "")
    return bool(_UNKNOWN.search(text))


def rivals(pair: Pair) -> bool:
    """Whether the page itself, or something else that it names, fits the description too, or nearly.

    Of a short one, such as "country in South Asia", a single word may differ: borders of regions are not sharp.
    """
    wanted = described(pair.goal)
    others = [number for number in mentioned(pair.page) if number != pair.goal]
    if wanted <= opening(pair.page):
        return True
    near = 1 if len(wanted) <= SURE_STEMS else 0
    return any(
        wanted <= described(other)
        or (kind(other) == pair.kind and len(wanted - described(other)) <= near)
        or (kind(other) in ("", pair.kind) and wanted <= opening(other))
        for other in others
    )


@cache
def beginnings(text: str) -> frozenset[str]:
    """The first letters of its words: "japa" stands for Japan and for what is Japanese."""
    return frozenset(word[:4] for word in re.findall(r"[a-z]{4,}", text.lower()))


@cache
def fitting(goal: int) -> tuple[frozenset[str], ...]:
    """Beginnings of the names of all pages of its kind that the description of a page fits, without its own."""
    wanted, own = described(goal), introduction(goal).name
    others = (number for number in range(len(titles())) if number != goal and kind(number) == kind(goal))
    names = (introduction(number).name for number in others if wanted <= opening(number))
    return tuple(filter(None, (beginnings(" ".join(content_words(name))) for name in names if name != own)))


@cache
def _frequency() -> Counter[str]:
    """On how many pages each stem stands."""
    return Counter(stem for number in range(len(titles())) for stem in stems(introduction(number).text))


def same_sense(pair: Pair) -> bool:
    """Whether a page has a rare word in common with the goal's first two sentences, so that it is this goal it names.

    A name of several words hardly means anything else; Mali is a river too, and Jacob one of the Brothers Grimm.
    """
    goal = introduction(pair.goal)
    common = opening(pair.goal) & stems(introduction(pair.page).text) - stems(goal.name)
    return " " in goal.name or any(len(stem) > 3 and _frequency()[stem] <= RARE for stem in common)


def alluded(pair: Pair) -> bool:
    """Whether something else that fits may be alluded to, as China in "Northwest China" or "Chinese"."""
    page = introduction(pair.page)
    text = beginnings(page.text) - beginnings(introduction(pair.goal).name)
    return any(name <= text for name in fitting(pair.goal))


def told(pair: Pair) -> bool:
    """Whether the question has its answer in it, or a word of the title of either page."""
    page, goal, asked = (
        stems(text) for text in (introduction(pair.page).title, introduction(pair.goal).title, description(pair.goal))
    )
    shown = f"{introduction(pair.page).title} {description(pair.goal)}".lower()
    return bool(asked & (page | goal) or page & goal) or introduction(pair.goal).name.lower() in shown


def retrievable(pair: Pair) -> bool:
    """Whether some query finds the page that is asked about."""
    queries = hop_queries(pair.page, pair.goal)
    return len(set(queries)) == 3 and any(number == pair.page for query in queries for number, _ in search(query))


def good_goal(number: int) -> bool:
    """Whether a description is one that can be asked for, of whatever page."""
    text, wanted = description(number), described(number)
    opens = stems(" ".join(s.text for s in introduction(number).sentences[:2]))
    return (
        kind(number) != ""
        and '"' not in text
        and len(wanted) >= LEAST_STEMS
        and len(wanted & opens) >= BACKED * len(wanted)
        and introduction(number).name.lower() not in common_words()
    )


def filters(pair: Pair) -> Iterator[tuple[str, bool]]:
    """Whether what a page names can be asked for by its description."""
    described_as = description(pair.goal)
    yield "mentions", True
    yield "of a kind that is asked for", pair.kind != ""
    yield "page with enough mentions", len(mentioned(pair.page)) >= LEAST_MENTIONS[pair.kind]
    yield "description specific and backed", good_goal(pair.goal)
    sure = len(described(pair.goal)) >= SURE_STEMS
    yield "more specific where names are unknown", sure or not unknown_names(pair.page)
    yield "named as itself", not ambiguous(introduction(pair.goal).name) and named_alone(pair)
    yield "no word of a title", not told(pair)
    yield "nothing else fits", not rivals(pair)
    yield "nothing else that fits is alluded to", not alluded(pair)
    yield "named in this sense", same_sense(pair)
    yield "not found by the description", search(described_as)[0][0] != pair.goal
    yield "page found by a query", retrievable(pair)


def pairs(counts: Counter[str]) -> list[Pair]:
    """Pages and what they name, of what passes all filters; what is left after each goes into the counts."""
    found = (Pair(page, goal, kind(goal)) for page in range(len(titles())) for goal in mentioned(page))
    return [pair for pair in found if survives(filters(pair), counts)]


def chosen(found: list[Pair], split_of: dict[int, str]) -> dict[str, list[Pair]]:
    """Few of each goal and of each page by split: places last, what is described in more words first.

    Args:
        found: All that could be asked.
        split_of: The split of each page as an answer; what is asked about falls to the split of its first answer.
    """
    drawn: dict[str, list[Pair]] = {"train": [], "test": []}
    goals, pages, about = Counter[int](), Counter[int](), dict[int, str]()
    for pair in sorted(found, key=lambda pair: (pair.kind == "place", -len(described(pair.goal)), lot(*pair))):
        split = split_of[pair.goal]
        few = goals[pair.goal] < PER_GOAL and pages[pair.page] < PER_PAGE
        if few and about.setdefault(pair.page, split) == split:
            drawn[split].append(pair)
            goals[pair.goal] += 1
            pages[pair.page] += 1
    return drawn


@cache
def everything(number: int) -> tuple[str, frozenset[str]]:
    """All of an introduction, with its stems and those of what is said of what it names."""
    extract = plain(articles()[titles()[number]].extract)
    return extract.lower(), stems(extract) | frozenset().union(*map(described, mentioned(number)))


def names_nothing(pair: Pair) -> bool:
    """Whether a page names nothing that a description fits, nor alludes to anything.

    No word of the description may stand in the page or be said of what it names, but for "country": where other
    countries are named, that none of them lies in a region that is far away is as plain.
    """
    text, words = everything(pair.page)
    wanted, name = described(pair.goal), introduction(pair.goal).name.lower()
    return (
        len(mentioned(pair.page)) >= LEAST_MENTIONS[pair.kind]
        and pair.kind in {kind(number) for number in mentioned(pair.page)}
        and len(wanted - _COUNTRY) >= LEAST_STEMS
        and not (wanted - _COUNTRY) & words
        and name not in text
        and name.split()[-1] not in text
        and not beginnings(name) & beginnings(text)
        and not any(found & beginnings(text) for found in fitting(pair.goal))
    )


def unanswerable(page: int, goals: list[Pair]) -> Pair | None:
    """A question about a page that it does not answer, with a description that others are asked for."""
    for goal in sorted(goals, key=lambda goal: lot(page, goal.goal, goal.page))[:TRIED]:
        pair = Pair(page, goal.goal, goal.kind)
        if names_nothing(pair) and not told(pair) and retrievable(pair):
            return pair
    return None
