"""Which facts are kept: those that two independent sources state alike, and those settled by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from names import key

HERE = Path(__file__).parent


def alike(first: Any, second: Any) -> bool:
    """Whether two values are the same name."""
    return key(str(first)) == key(str(second))


class Ledger:
    """Compares what sources say, and remembers where they differ.

    Args:
        overrides: Rows of `overrides.json`: family, entity, field, value (None leaves the fact out) and the reason.
    """

    def __init__(self, overrides: list[dict[str, Any]]) -> None:
        self.overrides = {(row["family"], row["entity"], row["field"]): row for row in overrides}
        self.used: set[tuple[str, str, str]] = set()
        self.disagreements: list[dict[str, Any]] = []
        self.counts: dict[tuple[str, str], dict[str, int]] = {}
        self.by_hand: dict[tuple[str, str], list[str]] = {}

    def agree(
        self, family: str, entity: str, field: str, said: dict[str, Any], match: Callable[[Any, Any], bool] = alike
    ) -> Any | None:
        """The value that both sources state, as the first one writes it, or None.

        Args:
            family: Family of the entity.
            entity: Its name.
            field: What the fact is about.
            said: What each of two sources says, by its name; None where it says nothing.
            match: Whether two values, that of the first source and that of the second, mean the same.
        """
        first, second = said.values()
        silent = first is None or second is None
        agreed = not silent and match(first, second)
        row = self.overrides.get((family, entity, field))
        count = self.counts.setdefault((family, field), {"agreed": 0, "disagreed": 0, "one_source": 0})
        if first is not None or second is not None:
            count["agreed" if agreed else "one_source" if silent else "disagreed"] += 1
        if row is not None:
            self.used.add((family, entity, field))
        elif agreed:
            return first
        outcome = self._outcome(row, silent)
        if not (silent and row is None):
            self.disagreements.append({"family": family, "entity": entity, "field": field, **said, "outcome": outcome})
        if row is None or row["value"] is None:
            return None
        self.by_hand.setdefault((family, field), []).append(entity)
        return row["value"]

    @staticmethod
    def _outcome(row: dict[str, Any] | None, silent: bool) -> str:
        if row is None:
            return "left out"
        return f"left out by hand: {row['reason']}" if row["value"] is None else f"by hand: {row['reason']}"

    def unused(self) -> list[tuple[str, str, str]]:
        """Overrides that met no fact: slips of their writer."""
        return sorted(set(self.overrides) - self.used)


def read_overrides() -> list[dict[str, Any]]:
    """The rows settled by hand."""
    rows: list[dict[str, Any]] = json.loads((HERE / "overrides.json").read_text())
    return rows
