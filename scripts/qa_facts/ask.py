"""Questions about the facts of a split, of one hop and of two."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pages import Fact, Key, Pages, with_article, wording
from wordings import AMBIGUOUS, NOUNS, RELATIONS, STRUCK

from textenvs.rewards import normalise_answer

LIMITS = PER_ANSWER, PER_SUBJECT, PER_BRIDGE = 6, 3, 8
"""How many questions may have the same answer, begin with the same name, and go by way of the same entity."""
GUESSED = ("country.demonym", "country.currency", "country.language")
"""What is guessed from another name: who pays with Swedish Krona, and where people are Swedish."""


@dataclass(frozen=True)
class Draft:
    """A question that may be asked.

    Args:
        kind: The fields it asks for, in the order of the hops.
        text: The question.
        name: The name in it.
        answer: The answer; "" where it is left out.
        evidence: Whose pages tell it, or would.
        target: What is asked for, also where it is left out.
        bridge: The entity between the hops, if there are two.
    """

    kind: str
    text: str
    name: str
    answer: str
    evidence: tuple[Key, ...]
    target: Key
    bridge: Key | None = None


def noun(pages: Pages, key: Key) -> str:
    """An entity or a plain value as it is named in a question; a city by its name alone, if nothing else has it."""
    family, name = key
    if family == "element":
        return name.lower()
    if family == "star" and name.endswith(" Star"):
        return name.replace("The ", "the ")
    plain = family in ("city", "division") and pages.titles[key] == name
    return with_article(key, (NOUNS.get(family, "{n}") if not plain else "{n}").format(n=name))


def role(pages: Pages, key: Key) -> str:
    """The same where it is plain that a city is meant, as in "whose capital is"."""
    return key[1] if key[0] == "city" else noun(pages, key)


def one_hop(pages: Pages, split: str, rng: random.Random) -> Iterable[Draft]:
    """All questions of one hop."""
    names = first_words(pages)
    for fact in pages.facts:
        relation = RELATIONS[fact.relation]
        text = wording(relation.asked, split, rng).format(s=noun(pages, fact.entity))
        if fact.page is None:
            if fact.entity in pages.texts and not betrayed(pages, fact, fact.entity, names):
                yield Draft(fact.relation, text, fact.entity[1], "", (fact.entity,), fact.value)
            continue
        yield Draft(fact.relation, text, fact.entity[1], fact.value[1], (fact.page,), fact.value)
        if relation.asked_back and fact.sole:
            text = wording(relation.asked_back, split, rng).format(v=role(pages, fact.value))
            yield Draft(f"{fact.relation} back", text, fact.value[1], fact.entity[1], (fact.page,), fact.entity)


def bridges(pages: Pages, split: str, rng: random.Random) -> Iterable[tuple[str, str, Key, Key]]:
    """What can be described by what its page does not tell: kind, description, page that tells it, the entity."""
    for fact in pages.facts:
        relation = RELATIONS[fact.relation]
        if fact.page == fact.entity and relation.value and fact.value in pages.texts:
            description = wording(relation.value, split, rng).format(s=noun(pages, fact.entity))
            yield fact.relation, description, fact.entity, fact.value
        elif fact.page == fact.value and fact.sole and relation.entity and fact.entity in pages.texts:
            description = wording(relation.entity, split, rng).format(v=role(pages, fact.value))
            yield f"{fact.relation} back", description, fact.value, fact.entity


def named(pages: Pages, page: Key, other: Key) -> bool:
    """Whether a page has a name, for whatever reason."""
    text = " ".join(pages.texts[page])
    return f"[[{other[1]}]]" in text or f"|{other[1]}]]" in text


def first_words(pages: Pages) -> frozenset[str]:
    """The first words of all names in the corpus."""
    texts = " ".join(sentence for sentences in pages.texts.values() for sentence in sentences)
    names = [*pages.titles.values(), *re.findall(r"(?:\[\[|\|)([^]|]+)\]\]", texts)]
    return frozenset(name.split()[0] for name in names)


def betrayed(pages: Pages, fact: Fact, page: Key, names: frozenset[str]) -> bool:
    """Whether the answer that is left out stands on its page all the same, or another name lets it be guessed."""
    guessed = fact.relation in GUESSED and fact.value[1].split()[0] in names
    return guessed or named(pages, page, fact.value)


def two_hops(pages: Pages, split: str, rng: random.Random) -> Iterable[Draft]:
    """All questions of two hops: the first page names the entity whose page tells the answer."""
    names = first_words(pages)
    told: dict[Key, list[Fact]] = defaultdict(list)
    for fact in pages.facts:
        if fact.page in (None, fact.entity):
            told[fact.entity].append(fact)
    for kind, description, page, bridge in bridges(pages, split, rng):
        for fact in told[bridge]:
            text = wording(RELATIONS[fact.relation].asked, split, rng).format(s=description)
            answer = fact.value[1] if fact.page else ""
            if fact.value[1] == page[1] or named(pages, page, fact.value):
                continue
            if not fact.page and betrayed(pages, fact, bridge, names):
                continue
            yield Draft(f"{kind}, {fact.relation}", text, page[1], answer, (page, bridge), fact.value, bridge)


def shown(draft: Draft) -> bool:
    """Whether the answer, or the beginning of one of its words, stands in the question."""
    answer, question = (normalise_answer(text) for text in (draft.target[1], draft.text))
    if f" {answer} " in f" {question} ":
        return True
    heads = {word[:4] for word in question.split() if len(word) > 2}
    return any(word[:4] in heads for word in answer.split() if len(word) > 2)


def stutters(text: str) -> bool:
    """Whether a verb stands twice in a row: "belongs belong"."""
    return re.search(r"\b(\w+)s \1\b", text) is not None


def chosen(
    drafts: Iterable[Draft],
    wanted: int,
    rng: random.Random,
    most: Mapping[str, int] | None = None,
    taken: Sequence[Draft] = (),
) -> list[Draft]:
    """Questions of all kinds in turns, none of whose answers, names or bridges owns the set; all of them different.

    Args:
        drafts: What may be asked.
        wanted: How many questions.
        rng: Draws them.
        most: How many of a kind at most.
        taken: Questions that were chosen before.
    """
    kinds: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.name not in AMBIGUOUS and not shown(draft) and not stutters(draft.text):
            kinds[draft.kind].append(draft)
    for group in kinds.values():
        rng.shuffle(group)
    uses = Counter(use for draft in taken for use in uses_of(draft))
    texts = {draft.text for draft in taken}
    counts: Counter[str] = Counter()
    found: list[Draft] = []
    while len(found) < wanted and kinds:
        for kind in list(kinds):
            if not kinds[kind] or (most is not None and counts[kind] >= most.get(kind, 0)):
                del kinds[kind]
                continue
            draft = kinds[kind].pop()
            owned = any(uses[use] >= limit for use, limit in zip(uses_of(draft), LIMITS, strict=True))
            if owned or draft.name in STRUCK or draft.text in texts:
                continue
            uses.update(uses_of(draft))
            texts.add(draft.text)
            counts[kind] += 1
            found.append(draft)
    return found[:wanted]


def uses_of(draft: Draft) -> list[tuple[str, object]]:
    """What may not own the set: the answer, the name that it begins with, the entity that it goes by way of."""
    return [("answer", draft.target), ("subject", draft.evidence[0]), ("bridge", draft.bridge or draft)]


def balanced(drafts: Sequence[Draft], wanted: int, missing: int, rng: random.Random) -> list[Draft]:
    """Questions of which so many have no answer, but of no kind more than a third: the kind does not tell.

    Args:
        drafts: What may be asked.
        wanted: How many questions.
        missing: How many of them without an answer.
        rng: Draws them.
    """
    answered, unanswered = ([draft for draft in drafts if bool(draft.answer) == told] for told in (True, False))
    there = Counter(draft.kind for draft in answered if draft.name not in AMBIGUOUS)
    without = chosen(unanswered, missing, rng, {kind: count // 2 for kind, count in there.items()})
    twice = {kind: 2 * count for kind, count in Counter(draft.kind for draft in without).items()}
    beside = chosen(answered, sum(twice.values()), rng, twice)
    more = chosen(answered, wanted - len(without) - len(beside), rng, taken=beside)
    return [*without, *beside, *more]
