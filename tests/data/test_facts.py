"""The facts: two sources each, names that mean one thing, references that resolve, splits that share nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from textenvs.data import load_json

FAMILIES: dict[str, Any] = load_json("facts.json")["families"]
FACTS = [
    (family, name, label, value)
    for family, table in FAMILIES.items()
    for name, facts in table["entities"].items()
    for label in table["fields"]
    if label in facts
    for value in (facts[label] if isinstance(facts[label], list) else [facts[label]])
]
EXTRA = {"split", "country_source", "all_neighbours"}


def norm(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum() or letter in " +.")


def test_disagreements_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\nfacts: agreed, disagreed, one source only, kept")
        for family, table in FAMILIES.items():
            for label, kind in table["fields"].items():
                compared = kind.get("compared", {})
                print(f"  {family}.{label}:", *compared.values(), kind["kept"])
                assert kind["kept"] == sum(label in facts for facts in table["entities"].values())
                if compared:
                    assert 0 < kind["kept"] <= compared["agreed"] + len(kind.get("by_hand", []))


def test_every_fact_names_two_sources() -> None:
    for family, name, label, _ in FACTS:
        facts, kind = FAMILIES[family]["entities"][name], FAMILIES[family]["fields"][label]
        sources = [facts.get(source, source) for source in kind["sources"]]
        assert len(set(sources)) == 2, (family, name, label)
        assert not any(source in FAMILIES[family]["fields"] or source in EXTRA for source in sources), (name, label)


def test_only_known_fields() -> None:
    for table in FAMILIES.values():
        for facts in table["entities"].values():
            assert set(facts) <= {*table["fields"], *EXTRA}
            assert facts["split"] in ("train", "test")


def test_text_is_plain() -> None:
    for family, name, label, value in FACTS:
        for text in (family, name, label, value):
            assert text.isascii(), text
            assert text.isprintable(), text
            assert text == " ".join(text.split()) != "", text


def test_names_are_unambiguous() -> None:
    for family, table in FAMILIES.items():
        twice = [name for name, count in Counter(map(norm, table["entities"])).items() if count > 1]
        assert not twice, (family, twice)


def test_references_resolve() -> None:
    for family, name, label, value in FACTS:
        to = FAMILIES[family]["fields"][label]["to"]
        assert to is None or value in FAMILIES[to]["entities"], (family, name, label, value)


def test_no_entity_stands_alone() -> None:
    linked = {(family, name) for family, name, _, _ in FACTS}
    linked |= {(FAMILIES[family]["fields"][label]["to"], value) for family, _, label, value in FACTS}
    for family, table in FAMILIES.items():
        for name in table["entities"]:
            assert (family, name) in linked


def test_unique_values_belong_to_one() -> None:
    count = Counter((f, label, norm(value)) for f, _, label, value in FACTS if FAMILIES[f]["fields"][label]["unique"])
    assert not [fact for fact, times in count.items() if times > 1]


def test_neighbours_are_symmetric() -> None:
    countries = FAMILIES["country"]["entities"]
    pairs = {(name, other) for name, facts in countries.items() for other in facts.get("neighbours", [])}
    assert len(pairs) > 400
    assert pairs == {(other, name) for name, other in pairs}
    assert not any(name == other for name, other in pairs)


def test_a_currency_of_one_country_is_that_countrys() -> None:
    countries = FAMILIES["country"]["entities"]
    for name, facts in FAMILIES["currency"]["entities"].items():
        users = [country for country, row in countries.items() if row.get("currency") == name]
        assert facts.get("country") in (None, *users)
        assert "country" not in facts or len(users) == 1


def test_capitals_lie_in_their_country() -> None:
    cities = FAMILIES["city"]["entities"]
    for family in ("country", "division"):
        for name, facts in FAMILIES[family]["entities"].items():
            country = name if family == "country" else facts.get("country")
            for label in ("capital", "largest_city", "second_city"):
                assert cities.get(facts.get(label), {}).get("country", country) == country, (name, facts)


def components() -> list[set[tuple[str, str]]]:
    """The connected parts of the graph of facts; a plain value is a node, so that it joins all who have it."""
    links: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for family, name, label, value in FACTS:
        here, there = (family, name), (FAMILIES[family]["fields"][label]["to"] or "", norm(value))
        if there[0]:
            there = (there[0], value)
        links.setdefault(here, set()).add(there)
        links.setdefault(there, set()).add(here)
    parts = []
    while links:
        part, open_ = set(), {next(iter(links))}
        while open_:
            node = open_.pop()
            part.add(node)
            open_ |= links.pop(node) - part
        parts.append(part)
    return parts


def test_splits_share_no_connected_part() -> None:
    for part in components():
        assert len({FAMILIES[family]["entities"][name]["split"] for family, name in part if family}) == 1, part


def test_splits_share_no_text() -> None:
    texts: dict[str, set[str]] = {"train": set(), "test": set()}
    for family, name, _, value in FACTS:
        texts[FAMILIES[family]["entities"][name]["split"]] |= {norm(name), norm(value)}
    assert len(texts["test"]) > 1000
    assert not texts["train"] & texts["test"]
