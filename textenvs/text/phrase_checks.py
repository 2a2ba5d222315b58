"""The checks of a file of phrases; each error says where, what, the limit and the cure.

All raise a ValueError. `file` and `key` say where a value stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from string import Formatter
from typing import Any

from textenvs.errors import shown, unknown
from textenvs.text.tokens import overlap, tokens

LEAST_BOTH, LEAST_TEST = 2, 1
"""So many wordings are needed for both splits, and for the test split where it has wordings of its own."""
TWINS = 0.7
"""Two wordings of which so large a share of the distinct tokens is the same are no two ways to say it (Jaccard)."""
TONES = ("agrees", "sure", "unsure")
"""What phrases can say of the reply in which they stand."""


def slots_of(phrase: str) -> set[str]:
    """The names in braces.

    Raises:
        ValueError: If a brace has no partner, or holds another thing than a plain name.
    """
    slots = set()
    for _, name, form, conversion in Formatter().parse(phrase):
        if name is not None:
            if not name.isidentifier() or form or conversion:
                raise ValueError(f"{name!r} in braces is no plain name")
            slots.add(name)
    return slots


def check_wordings(file: str, key: str, table: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The wordings of both splits, and those of test alone; an error says what is wrong with them."""
    require_table(file, key, table)
    for field in table:
        if field not in ("slots", "both", "test"):
            raise unknown(f"key of [{key}] in {file}", field, ("slots", "both", "test"))
    both = strings(file, f"{key}.both", table.get("both", []))
    test = strings(file, f"{key}.test", table["test"]) if "test" in table else ()
    for field, found, least in (("both", both, LEAST_BOTH), ("test", test, LEAST_TEST)):
        if len(found) < least and (field == "both" or field in table):
            cure = "write more" if field == "both" else "write one, or delete the key"
            raise ValueError(f"{file}: {key}.{field} has {len(found)} wordings, at least {least} are needed; {cure}")
    slots = set(strings(file, f"{key}.slots", table.get("slots", [])))
    used: set[str] = set()
    for wording in both + test:
        found_here = check_phrase(file, key, wording)
        used |= found_here
        for slot in sorted(found_here - slots):
            raise unknown(f"slot of [{key}] in {file}, in the wording {shown(wording)},", slot, slots or ["none"])
    for slot in sorted(slots - used):
        raise ValueError(f"{file}: {key}.slots lists {slot!r}, which no wording uses; use it or delete it there")
    _check_twins(file, key, both + test)
    return both, test


def _check_twins(file: str, key: str, wordings: Sequence[str]) -> None:
    said = [(wording, frozenset(tokens(wording))) for wording in wordings]
    for (a, first), (b, second) in combinations(said, 2):
        if a == b:
            raise ValueError(f"{file}: {key} has {shown(a)} twice; delete one")
        share = overlap(first, second)
        if share >= TWINS:
            raise ValueError(
                f"{file}: {key} has near twins, {shown(a)} and {shown(b)}: a share of {share:.2f} of their words is "
                f"the same, less than {TWINS} is needed; word one of them differently"
            )


def check_phrase(file: str, key: str, phrase: Any) -> set[str]:
    """The names in braces of a phrase, which must be a line of printable ASCII, or several in a text."""
    if not isinstance(phrase, str) or not phrase:
        raise ValueError(f"{file}: {key} is {shown(phrase)}; write a phrase that is not empty")
    if not phrase.isascii() or not phrase.isprintable():
        for letter in phrase:
            if not (letter.isascii() and letter.isprintable()) and not (letter == "\n" and key.startswith("texts.")):
                raise ValueError(
                    f"{file}: {key} has the character {letter!a} in {shown(phrase)}; only printable ASCII is "
                    "said, spell it in that"
                )
    if "{" not in phrase and "}" not in phrase:
        return set()
    try:
        return slots_of(phrase)
    except ValueError as error:
        raise ValueError(f"{file}: {key} is {shown(phrase)}: {error}; write braces in pairs about a name") from error


def check_tone(file: str, table: Mapping[str, Any], said: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The phrases of each tone; each must stand in something that is said, and one that is sure at its beginning.

    Args:
        file: Where they stand.
        table: The part of the file.
        said: The sentences of the file.
    """
    tone = {}
    for kind, phrases in table.items():
        if kind not in TONES:
            raise unknown(f"key of [tone] in {file}", kind, TONES)
        tone[kind] = strings(file, f"tone.{kind}", phrases)
        for phrase in tone[kind]:
            check_phrase(file, f"tone.{kind}", phrase)
            places = [sentence.lower().find(phrase.lower()) for sentence in said]
            if not any(place == 0 or (place > 0 and kind != "sure") for place in places):
                how = "begins with" if kind == "sure" else "has"
                raise ValueError(
                    f"{file}: tone.{kind} has {shown(phrase)}, but no sentence of the acts or texts {how} it; "
                    "write it as it is said, or delete it"
                )
    return tone


def flat(file: str, part: str, table: Mapping[str, Any], kind: type) -> Iterator[tuple[str, Any]]:
    """The entries of nested tables with dotted keys, checked."""
    for name, entry in table.items():
        key = f"{part}.{name}"
        if isinstance(entry, Mapping):
            yield from ((f"{name}.{below}", found) for below, found in flat(file, key, entry, kind))
        elif kind is str:
            check_phrase(file, key, entry)
            yield name, entry
        else:
            for phrase in strings(file, key, entry):
                check_phrase(file, key, phrase)
            yield name, entry


def strings(file: str, key: str, found: Any) -> tuple[str, ...]:
    """A list of strings, as a tuple."""
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError(f"{file}: {key} is {shown(found)}; write a list of strings")
    return tuple(found)


def require_table(file: str, key: str, found: Any) -> None:
    """Refuse what is no table."""
    if not isinstance(found, Mapping):
        raise ValueError(f"{file}: {key} is {shown(found)}; write a table, [{key}], with entries below it")


def quoted(key: str) -> str:
    """A key as TOML has it."""
    return key if key.replace("_", "").isalnum() else f'"{key}"'
