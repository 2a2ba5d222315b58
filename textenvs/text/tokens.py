"""Tokens of a sentence, for comparing and matching."""

from __future__ import annotations

import re
from collections.abc import Set
from functools import lru_cache

from textenvs.text.language import ENGLISH

WORD = re.compile(r"[a-z0-9]+")
ENDINGS = ENGLISH.endings


def tokens(sentence: str) -> list[str]:
    """Lower-case words and numbers, in order; apostrophes are dropped."""
    return WORD.findall(sentence.lower().replace("'", ""))


@lru_cache(maxsize=65536)
def stem(token: str) -> str:
    """A token without its commonest endings; short tokens and numbers stay."""
    for suffix, rest in ENDINGS:
        if token.endswith(suffix) and len(token) - len(suffix) >= 3:
            token = token[: -len(suffix)] + rest
    return token


def jaccard(a: str, b: str) -> float:
    """Share of the distinct tokens of two sentences that both have, in [0, 1]; 1 for two empty ones."""
    return overlap(set(tokens(a)), set(tokens(b)))


def overlap(first: Set[str], second: Set[str]) -> float:
    """Share of the elements of two sets that both have, in [0, 1]; 1 for two empty ones."""
    return len(first & second) / len(first | second) if first or second else 1.0
