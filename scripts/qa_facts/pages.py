"""Pages of a split: each fact is told once, on one page, or left out.

The text of a page has its names in double brackets, as in a wiki: `[[title]]`, `[[title|as it is written]]`; a name
with no page of that title links to none.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from wordings import ARTICLE, ARTICLE_ENDS, BORDERS, LEFT_ALONE, NAMELESS, OPENINGS, RELATIONS, SOME_BORDERS, Relation

LEFT_OUT = 0.4
"""Share of the facts left out, of those that can be."""
BY_VALUE = 0.45
"""Share of the facts told on the page of their value, of those that can be."""
NAMED = 0.3
"""Share of the sentences that begin with the name instead of "It"."""
MOST_NEIGHBOURS = 5
Key = tuple[str, str]
"""Family and name of an entity."""


@dataclass(frozen=True)
class Fact:
    """A fact, and where it is told.

    Args:
        relation: Family and field.
        entity: What it is about.
        value: Its value: an entity, or a plain text of no family.
        sole: Whether no other entity has this value.
        page: The entity on whose page it is told; None where it is left out.
    """

    relation: str
    entity: Key
    value: Key
    sole: bool
    page: Key | None


@dataclass
class Pages:
    """The pages of a split.

    Args:
        facts: All facts.
        titles: Title of each page.
        texts: Text of each page, with its names in brackets.
    """

    facts: list[Fact] = field(default_factory=list)
    titles: dict[Key, str] = field(default_factory=dict)
    texts: dict[Key, list[str]] = field(default_factory=dict)


def wording(wordings: tuple[str, ...], split: str, rng: random.Random) -> str:
    """One of the wordings; the last of several in the test split alone."""
    return rng.choice(wordings if split == "test" or len(wordings) == 1 else wordings[:-1])


def make_pages(families: dict[str, Any], split: str, rng: random.Random) -> Pages:
    """All pages of a split."""
    entities = {
        (family, name): facts
        for family, table in families.items()
        for name, facts in table["entities"].items()
        if facts["split"] == split
    }
    pages = Pages()
    pages.titles = titles(entities)
    told: dict[Key, list[tuple[str, str, list[Key]]]] = defaultdict(list)
    for relation in RELATIONS:
        place(pages, told, entities, families, relation, rng)
    for key, facts in entities.items():
        if key[0] not in OPENINGS:
            continue
        sentences = [say(pages, key, *each, split, rng) for each in told.get(key, [])]
        if facts.get("neighbours"):
            sentences.append(borders(pages, facts, split, rng))
        if not sentences:
            continue
        rng.shuffle(sentences)
        opening = capital(wording(OPENINGS[key[0]], split, rng).format(s=with_article(key, key[1])))
        pages.texts[key] = [opening, sentences[0], *(by_name(text, key, rng) for text in sentences[1:])]
    return pages


def titles(entities: dict[Key, Any]) -> dict[Key, str]:
    """A name, with its family in parentheses if another one has it too; that of a country is never longer."""
    families = defaultdict(set)
    for family, name in entities:
        if family in OPENINGS:
            families[name].add(family)
    return {
        (family, name): name if len(families[name]) < 2 or family == "country" else f"{name} ({nouns(family)})"
        for family, name in entities
        if family in OPENINGS
    }


def nouns(family: str) -> str:
    """What stands in parentheses."""
    return "region" if family == "division" else family


def place(
    pages: Pages,
    told: dict[Key, list[tuple[str, str, list[Key]]]],
    entities: dict[Key, Any],
    families: dict[str, Any],
    label: str,
    rng: random.Random,
) -> None:
    """Decides for each fact of a field on which page it is told."""
    family, field_name = label.split(".")
    relation = RELATIONS[label]
    kind = families[family]["fields"][field_name]
    listed: dict[Key, list[Key]] = defaultdict(list)
    waiting: list[tuple[Key, Key]] = []
    sole: dict[Key, bool] = {}
    for key, facts in entities.items():
        value = facts.get(field_name) if key[0] == family else None
        if isinstance(value, list):
            value = value[0] if len(value) == 1 and facts.get(f"all_{field_name}", True) else None
        if value in (None, key[1]) or (label, key[1]) in LEFT_ALONE or (family == "division" and key[1] in NAMELESS):
            continue
        if field_name == "subregion" and value in families["continent"]["entities"]:
            continue
        other = (kind["to"] or "", str(value))
        sole[key] = kind["unique"] or (other[0] == "currency" and entities[other].get("country") == key[1])
        if relation.droppable and rng.random() < LEFT_OUT:
            pages.facts.append(Fact(label, key, other, sole[key], None))
        elif can_be_listed(relation, other, sole[key], listed) and rng.random() < BY_VALUE:
            listed[other].append(key)
        else:
            waiting.append((key, other))
    for other, keys in listed.items():
        if relation.most > 1 and len(keys) == 1:
            waiting.append((keys[0], other))
            continue
        told[other].append((label, "told_by_value", keys))
        pages.facts += [Fact(label, key, other, sole[key], other) for key in keys]
    for key, other in waiting:
        told[key].append((label, "told", [other]))
        pages.facts.append(Fact(label, key, other, sole[key], key))


def can_be_listed(relation: Relation, value: Key, sole: bool, listed: dict[Key, list[Key]]) -> bool:
    """Whether a fact can be told on the page of its value."""
    if not relation.told_by_value or value[0] not in OPENINGS:
        return False
    return len(listed.get(value, [])) < relation.most and (sole or relation.most > 1 or value[0] == "city")


def say(pages: Pages, key: Key, label: str, how: str, others: list[Key], split: str, rng: random.Random) -> str:
    """A sentence that tells facts of one field."""
    text = wording(getattr(RELATIONS[label], how), split, rng)
    return capital(
        text.format(
            **{
                "v" if how == "told" else "s": listing(
                    [bracketed(pages, o, label == "division.capital") for o in others]
                )
            }
        )
    )


def bracketed(pages: Pages, key: Key, alone: bool = False) -> str:
    """A name as it stands in a text; alone, it must be plain whether a region is meant."""
    title = pages.titles.get(key, key[1])
    name = key[1].lower() if key[0] in ("series", "element") else key[1]
    text = with_article(key, f"[[{title}]]" if title == name else f"[[{title}|{name}]]")
    return f"the region of {text}" if key[0] == "division" and title != key[1] and alone else text


def with_article(key: Key, name: str) -> str:
    """A name with its article, if it has one."""
    family, plain = key
    uses = plain in ARTICLE or (family == "division" and plain.endswith(ARTICLE_ENDS))
    return f"the {name}" if uses and family in ("country", "division", "subregion") else name


def capital(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[0].upper() + text[1:]


def listing(names: list[str]) -> str:
    """Names in a row."""
    comma = "," if any(" and " in name for name in names) else ""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])}{comma} and {names[-1]}"


def borders(pages: Pages, facts: dict[str, Any], split: str, rng: random.Random) -> str:
    """The sentence on neighbours."""
    neighbours = sorted(rng.sample(facts["neighbours"], min(MOST_NEIGHBOURS, len(facts["neighbours"]))))
    whole = facts.get("all_neighbours") and len(neighbours) == len(facts["neighbours"])
    if len(neighbours) == 1:
        text = "It borders {v}." if whole else "One of its neighbours is {v}."
    else:
        text = wording(BORDERS if whole else SOME_BORDERS, split, rng)
    return text.format(v=listing([bracketed(pages, ("country", name)) for name in neighbours]))


def by_name(text: str, key: Key, rng: random.Random) -> str:
    """The sentence, or the same with the name in place of "It"."""
    if rng.random() >= NAMED:
        return text
    name = f"The {key[1]}" if key[0] == "currency" else capital(with_article(key, key[1]))
    if text.startswith("It "):
        return name + text[2:]
    if text.startswith("Its ") and not name.endswith("s"):
        return f"{name}'s{text[3:]}"
    return text
