"""Introductions of Wikipedia as right texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from textenvs.data.wikipedia import another_version, articles

SENTENCES = 5


def introduction(extract: str) -> str:
    """The first five sentences."""
    return " ".join(re.split(r"(?<=\.) (?=[A-Z])", extract)[:SENTENCES])


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
        article = articles().get(title)
        text = introduction(article.extract) if article else ""
        if hashlib.blake2b(text.encode(), digest_size=8).hexdigest() != digest:
            raise another_version(f"the text of {title!r}")
        texts.append(("article", text))
    return texts
