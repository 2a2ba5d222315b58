"""How much of a text stands in a reference: ROUGE of a summary, BLEU and chrF of a translation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from textenvs.errors import require
from textenvs.rewards.measures import compared
from textenvs.rewards.ngrams import n_common, ngrams
from textenvs.rewards.references import as_references

ROUGE_TOKEN = re.compile(r"[a-z0-9]+")


@compared()
def rouge_1(prediction: str, references: str | Sequence[str]) -> float:
    """ROUGE-1: F-measure of the common words, the best over the references, in [0, 1].

    ROUGE is due to Lin (2004); this is what Google's rouge-score gives without stemming. Words are runs of digits and
    the letters a to z, in lower case, so that a text without any scores 0, even against itself.

    Raises:
        ValueError: If there is no reference.
    """
    return _rouge_n(prediction, references, 1)


@compared()
def rouge_2(prediction: str, references: str | Sequence[str]) -> float:
    """ROUGE-2: F-measure of the common pairs of neighbouring words; the rest as in `rouge_1`.

    A text of one word has no pair, and scores 0.

    Raises:
        ValueError: If there is no reference.
    """
    return _rouge_n(prediction, references, 2)


@compared("text")
def rouge_l(prediction: str, references: str | Sequence[str]) -> float:
    """ROUGE-L: F-measure of the longest common subsequence of words; the rest as in `rouge_1`.

    Raises:
        ValueError: If there is no reference.
        ImportError: Without the extra "text".
    """
    common = _lcs()
    words = _rouge_tokens(prediction)
    golds = [_rouge_tokens(reference) for reference in as_references(references)]
    return max(_f1(common(words, gold), len(words), len(gold)) for gold in golds)


@compared("text")
def bleu(prediction: str, references: str | Sequence[str]) -> float:
    """BLEU of one sentence against all references at once, in [0, 1].

    BLEU is due to Papineni et al. (2002). This is sacrebleu's `sentence_bleu` (Post 2018) over 100, with its defaults:
    the tokens of mteval 13a, case matters, exponential smoothing, and no order that the text is too short for.

    Raises:
        ValueError: If there is no reference.
        ImportError: Without the extra "text".
    """
    return _share(_bleu().sentence_score(prediction, as_references(references)).score)


@compared("text")
def chrf(prediction: str, references: str | Sequence[str]) -> float:
    """chrF2: F-measure of runs of 1 to 6 characters, recall twice as important, in [0, 1].

    chrF is due to Popović (2015). This is sacrebleu's `sentence_chrf` over 100, with its defaults: white space is left
    out, case matters, the best over the references.

    Raises:
        ValueError: If there is no reference.
        ImportError: Without the extra "text".
    """
    return _share(_chrf().sentence_score(prediction, as_references(references)).score)


def _rouge_tokens(text: str) -> list[str]:
    return ROUGE_TOKEN.findall(text.lower())


def _rouge_n(prediction: str, references: str | Sequence[str], n: int) -> float:
    found = ngrams(_rouge_tokens(prediction), n)
    golds = [ngrams(_rouge_tokens(reference), n) for reference in as_references(references)]
    return max(_f1(n_common(found, gold), len(found), len(gold)) for gold in golds)


def _f1(common: int, n_found: int, n_gold: int) -> float:
    return 2 * common / (n_found + n_gold) if common else 0.0


def _share(percent: float) -> float:
    """A percentage as a share; sums of floats may exceed 100 by a rounding error."""
    return min(percent / 100, 1.0)


@cache
def _lcs() -> Any:
    return require("rapidfuzz.distance.LCSseq", "text").similarity


@cache
def _bleu() -> Any:
    return require("sacrebleu.metrics.bleu", "text").BLEU(effective_order=True)


@cache
def _chrf() -> Any:
    return require("sacrebleu.metrics.chrf", "text").CHRF()
