"""What the readers of a sentence know of a language, read from `language.en.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from textenvs.errors import unknown


@dataclass(frozen=True, slots=True)
class Language:
    """Words of a language, in lower case and without apostrophes, as `tokens` has them.

    Attributes:
        empty: Words that say nothing of what is meant.
        doubts: Words that deny or doubt.
        numbers: The numbers in words, from 0.
        endings: Endings of words, in the order in which they are taken off, and what is left of each.
        determiners: Words before the name of a number: "my", "the".
        names: What the number of a choice is called: "answer", "option".
        verbs: Words between that name and the number: "is".
    """

    empty: tuple[str, ...]
    doubts: tuple[str, ...]
    numbers: tuple[str, ...]
    endings: tuple[tuple[str, str], ...]
    determiners: tuple[str, ...]
    names: tuple[str, ...]
    verbs: tuple[str, ...]

    def content(self) -> dict[str, Any]:
        """All of it as plain lists of strings; the order of a set of words does not count."""
        return {
            "empty": sorted(self.empty),
            "doubts": sorted(self.doubts),
            "numbers": [*self.numbers],
            "endings": [[*each] for each in self.endings],
            "determiners": sorted(self.determiners),
            "names": sorted(self.names),
            "verbs": sorted(self.verbs),
        }


@cache
def load_language(code: str) -> Language:
    """A language by its code, such as "en".

    Raises:
        ValueError: If there is no file of it.
    """
    folder = files(__package__)
    file = folder / f"language.{code}.toml"
    if not file.is_file():
        names = sorted(each.name for each in folder.iterdir() if each.name.startswith("language."))
        raise unknown("language", code, [name.split(".")[1] for name in names if name.endswith(".toml")])
    read = tomllib.loads(file.read_text("utf-8"))
    known = [field.name for field in fields(Language)]
    for key in read:
        if key not in known:
            raise unknown(f"key of {file}", key, known)
    for key in known:
        if key not in read:
            raise ValueError(f"{file} has no {key}; write it as language.en.toml has it")
    endings = tuple((ending, rest) for ending, rest in read.pop("endings"))
    return Language(endings=endings, **{key: tuple(words.split()) for key, words in read.items()})


ENGLISH = load_language("en")
