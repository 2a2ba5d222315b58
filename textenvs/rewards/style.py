"""How a text is written, whatever it says: how hard to read, in which mood, how repetitive, how long."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from math import inf
from typing import Any

from textenvs.errors import require
from textenvs.rewards.measures import alone
from textenvs.rewards.ngrams import ngrams
from textenvs.rewards.syllables import n_syllables
from textenvs.rewards.words import sentences, spoken_words, words

TOKEN = re.compile(r"\w+")


@alone(0.0, inf)
def length(prediction: str) -> float:
    """Number of words: what stands between white space and has a letter or a digit; "well-known" is one word."""
    return float(len(words(prediction)))


@alone(0.0, 1.0)
def repetition(prediction: str, n: int = 4) -> float:
    """Share of the n-grams of words that have occurred before, in [0, 1]; 0 if there are fewer than `n` words.

    This is seq-rep-n of Welleck et al. (2020), and 1 - distinct-n of Li et al. (2016). Words are runs of letters and
    digits in lower case.

    Raises:
        ValueError: If `n` is less than 1.
    """
    if n < 1:
        raise ValueError(f"n-grams need n of at least 1, not {n}")
    grams = ngrams(TOKEN.findall(prediction.lower()), n)
    return 1.0 - len(set(grams)) / len(grams) if grams else 0.0


@alone(-inf, 206.835 - 1.015 - 84.6)
def flesch(prediction: str) -> float:
    """Flesch Reading Ease (Flesch 1948): 90 is very easy, 60 plain English, 30 difficult; at most 121.22, no least.

    206.835 - 1.015 x words per sentence - 84.6 x syllables per word. A sentence ends with ".", "!" or "?" before white
    space, so abbreviations end one too. Numbers have one syllable. A text without words has 0.
    """
    n_words, n_sentences, syllables = _sizes(prediction)
    return 206.835 - 1.015 * n_words / n_sentences - 84.6 * syllables / n_words if n_words else 0.0


@alone(0.39 + 11.8 - 15.59, inf)
def flesch_kincaid(prediction: str) -> float:
    """Flesch-Kincaid Grade Level (Kincaid et al. 1975): years of school that a reader needs; at least -3.40, no most.

    0.39 x words per sentence + 11.8 x syllables per word - 15.59; words, sentences and syllables as in `flesch`. A text
    without words has 0.
    """
    n_words, n_sentences, syllables = _sizes(prediction)
    return 0.39 * n_words / n_sentences + 11.8 * syllables / n_words - 15.59 if n_words else 0.0


@alone(-1.0, 1.0, "text")
def sentiment(prediction: str) -> float:
    """Compound score of VADER (Hutto and Gilbert 2014), in [-1, 1]: from very negative to very positive, 0 is neutral.

    Rounded to four digits, as VADER does. For English; a text without words that VADER knows has 0.

    Raises:
        ImportError: Without the extra "text".
    """
    return float(_vader().polarity_scores(prediction)["compound"])


def _sizes(text: str) -> tuple[int, int, int]:
    """Numbers of words, sentences and syllables."""
    return len(words(text)), len(sentences(text)), sum(map(n_syllables, spoken_words(text)))


@cache
def _vader() -> Any:
    """The analyser. Two of its checks copy the whole text at each word and read only the nearest ones: here, these."""
    analyser = require("vaderSentiment.vaderSentiment", "text").SentimentIntensityAnalyzer()
    analyser._negation_check = _nearby(analyser._negation_check)
    analyser._special_idioms_check = _nearby(analyser._special_idioms_check)
    return analyser


def _nearby(check: Callable[..., float]) -> Callable[..., float]:
    """The same check of the word at a position, the last argument, given the three words before and two after it."""

    def nearby(valence: float, all_words: list[str], *arguments: int) -> float:
        *others, position = arguments
        start = max(0, position - 3)
        return check(valence, all_words[start : position + 3], *others, position - start)

    return nearby
