"""The words and sentences of English prose, as a reader counts them."""

from __future__ import annotations

import re

SPOKEN = re.compile(r"[^\W_]")
SPOKEN_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
SENTENCE_END = re.compile(r"(?<![.!?])[.!?]++[\"'\u2019\u201d)\]]*+(?=\s)")


def words(text: str) -> list[str]:
    """What stands between white space and has a letter or a digit: one word of "well-known"."""
    spoken = SPOKEN.search
    return [word for word in text.split() if spoken(word)]


def spoken_words(text: str) -> list[str]:
    """Words in lower case without punctuation: two of "well-known", one of "don't"."""
    return [word.replace("\u2019", "'") for word in SPOKEN_WORD.findall(text.lower())]


def sentences(text: str) -> list[str]:
    """The sentences that have a word: each ends with ".", "!" or "?" before white space, and so do abbreviations."""
    return [sentence for sentence in SENTENCE_END.split(text) if SPOKEN.search(sentence)]
