"""The two splits, by regions: no entity and no text stands in both."""

from __future__ import annotations

from names import key
from store import Store, drop_value, values

TEST = {
    "Europe", "Oceania", "Lanthanides", "Actinides", "Noble gases", "Alkaline earth metals", "southern sky",
    "Saturn", "Mars", "Pluto",
}  # fmt: skip
RULE = (
    "test: countries of Europe and Oceania with what belongs to them, lanthanides, actinides, noble gases, alkaline "
    "earth metals, constellations whose middle lies south of the celestial equator with their stars, moons of Mars, "
    "Saturn and Pluto; train: all others. What both would need (the English language, the US dollar) stands in train, "
    "and the facts of test that name it are left out."
)


def assign(store: Store) -> None:
    """Gives each entity its split, and takes out the facts that would join the two."""
    for entities in store.entities.values():
        for facts in entities.values():
            if seed := facts.pop("seed", None):
                facts["split"] = "test" if seed in TEST else "train"
    _spread(store)
    _cut(store)
    _texts(store)
    linked = {end for family, name, _, other, value in _links(store) for end in ((family, name), (other, value))}
    for family, entities in store.entities.items():
        for name, facts in list(entities.items()):
            if "split" not in facts or ((family, name) not in linked and not set(facts) & set(store.fields[family])):
                del entities[name]


def _links(store: Store) -> list[tuple[str, str, str, str, str]]:
    """Each fact between entities: family, name, field, family and name of the other."""
    return [
        (family, name, label, kind.to, value)
        for family, fields in store.fields.items()
        for label, kind in fields.items()
        if kind.to
        for name, facts in store.entities[family].items()
        for value in values(facts, label)
    ]


def _spread(store: Store) -> None:
    """Entities without a split of their own take that of their neighbours; train where there are both."""
    while True:
        news: dict[tuple[str, str], set[str]] = {}
        for family, name, _, other, value in _links(store):
            ends = ((family, name), (other, value))
            for here, there in (ends, ends[::-1]):
                split = store.entities[there[0]][there[1]].get("split")
                if split and "split" not in store.entities[here[0]][here[1]]:
                    news.setdefault(here, set()).add(split)
        for (family, name), found in news.items():
            store.entities[family][name]["split"] = "train" if "train" in found else "test"
        if not news:
            return


def _cut(store: Store) -> None:
    for family, name, label, other, value in _links(store):
        if store.entities[family][name].get("split") != store.entities[other][value].get("split"):
            drop_value(store.entities[family][name], label, value)


def _texts(store: Store) -> None:
    """Takes out of test each entity or plain value whose text stands in train, under any family."""
    train = set()
    for family, entities in store.entities.items():
        for name, facts in entities.items():
            if facts.get("split") == "train":
                train.add(key(name))
                train |= {str(text).lower() for label in store.fields[family] for text in values(facts, label)}
    for family, entities in store.entities.items():
        for name in [name for name, facts in entities.items() if facts.get("split") == "test"]:
            for label, kind in store.fields[family].items():
                if kind.to is None and str(entities[name].get(label)).lower() in train:
                    entities[name].pop(label, None)
            if key(name) in train:
                store.remove(family, name)
