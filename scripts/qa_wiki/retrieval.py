"""BM25 over the introductions as they are shown, and the stems by which texts are compared."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import bm25s
import numpy as np
import Stemmer

from textenvs.tasks.qa.introductions import introduction, titles
from textenvs.tasks.qa.wikipedia import content_words

STEMMER = Stemmer.Stemmer("english")


def stems(text: str) -> frozenset[str]:
    """Stems of the content words; hyphens and dots part words."""
    words = re.findall(r"[a-z0-9]+", " ".join(content_words(re.sub(r"'s\b|[-.']", " ", text))).lower())
    return frozenset(STEMMER.stemWords(words))


@cache
def _index() -> bm25s.BM25:
    pages = map(introduction, range(len(titles())))
    found = bm25s.BM25()
    texts = [f"{page.title} {page.text}" for page in pages]
    found.index(bm25s.tokenize(texts, stopwords="en", stemmer=STEMMER, show_progress=False), show_progress=False)
    return found


@lru_cache(None)
def search(query: str, most: int = 3) -> list[tuple[int, float]]:
    """Pages that a query finds, best first, with their scores; equal ones by number."""
    tokens = bm25s.tokenize(query, stopwords="en", stemmer=STEMMER, return_ids=False, show_progress=False)[0]
    scores = _index().get_scores(tokens) if tokens else np.zeros(len(titles()))
    best = np.lexsort((np.arange(len(scores)), -scores))[:most]
    return [(int(number), float(scores[number])) for number in best]
