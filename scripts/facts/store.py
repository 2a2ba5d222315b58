"""The facts while they are collected: families of named entities with their fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Field:
    """What a field of a family means.

    Args:
        sources: Names of the two sources that agree on each of its facts.
        to: Family of the entities that its values name; None if they are plain text.
        unique: Whether a value belongs to one entity alone, so that it can be asked backwards.
    """

    sources: list[str]
    to: str | None = None
    unique: bool = False


@dataclass
class Store:
    """Families with their fields and entities.

    Args:
        fields: Fields of each family, by name.
        entities: Facts of each entity, by family and name; "split" may stand among them.
    """

    fields: dict[str, dict[str, Field]] = field(default_factory=dict)
    entities: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def family(self, name: str, **fields: Field) -> dict[str, dict[str, Any]]:
        """The entities of a family, which is new."""
        self.fields[name] = fields
        return self.entities.setdefault(name, {})

    def remove(self, family: str, name: str) -> None:
        """Takes an entity out, with all facts that name it."""
        self.entities[family].pop(name, None)
        for other, fields in self.fields.items():
            for label, kind in fields.items():
                if kind.to == family:
                    for facts in self.entities[other].values():
                        drop_value(facts, label, name)


def values(facts: dict[str, Any], label: str) -> list[Any]:
    """The values of a field: none, one or several."""
    found = facts.get(label, [])
    return found if isinstance(found, list) else [found]


def drop_value(facts: dict[str, Any], label: str, value: str) -> None:
    """Takes one value out of a field; a list that is not whole any more is taken out as a whole elsewhere."""
    if facts.get(label) == value:
        del facts[label]
    elif isinstance(facts.get(label), list) and value in facts[label]:
        facts[label] = [other for other in facts[label] if other != value]
        facts.pop("all_" + label, None)
        if not facts[label]:
            del facts[label]
