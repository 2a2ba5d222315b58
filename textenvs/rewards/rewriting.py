"""How well a source was rewritten: GLEU for corrections, SARI for simplifications.

Both take tokens as they stand between white space, as the official scorers do: "cat." is one token, "cat ." two.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from textenvs.rewards.measures import rewritten
from textenvs.rewards.ngrams import ngrams
from textenvs.rewards.references import as_references

ORDERS = (1, 2, 3, 4)
Grams = Counter[tuple[str, ...]]


@rewritten()
def gleu(source: str, prediction: str, references: str | Sequence[str]) -> float:
    """GLEU of a correction: the mean over the references, in [0, 1]; 1 for a text that equals them all.

    The measure of Napoles et al. (2015) as updated in 2016 ("GLEU without tuning"), for one sentence, as the official
    `compute_gleu --debug` prints it: common n-grams, less those that should have been changed and were not, as a share
    of the n-grams of the text, for n up to 4, with BLEU's penalty of short texts. Each count of 0 is replaced by 1, so
    that a text of few tokens scores too high: a wrong word in place of a word has 1. Do not reward short texts with it.

    Raises:
        ValueError: If there is no reference.
    """
    golds = as_references(references)
    before, found = _all_grams(source.split()), _all_grams(prediction.split())
    return sum(_gleu(before, found, _all_grams(gold.split())) for gold in golds) / len(golds)


@rewritten()
def sari(source: str, prediction: str, references: str | Sequence[str]) -> float:
    """SARI of a simplification against all references at once, in [0, 1].

    The measure of Xu et al. (2016), as their `SARI.py` computes it for one sentence: the mean, over n up to 4, of
    the F1 of the n-grams that are kept, the F1 of those that are added, and the precision of those that are deleted.
    Case makes no difference. Where nothing is to be added, or nothing is deleted, that part is 0, so that only a text
    that keeps, adds and deletes can have 1; a copy of a source that should be copied has 1/3 at most.

    Raises:
        ValueError: If there is no reference.
    """
    golds = [_all_grams(gold.lower().split()) for gold in as_references(references)]
    before, found = _all_grams(source.lower().split()), _all_grams(prediction.lower().split())
    total = 0.0
    for order in range(len(ORDERS)):
        gold: Grams = Counter()
        for grams in golds:
            gold.update(grams[order])
        kept = _kept(before[order], found[order], gold, len(golds))
        deleted = _deleted(before[order], found[order], gold, len(golds))
        total += kept + deleted + _added(before[order], found[order], gold)
    return total / (3 * len(ORDERS))


def _all_grams(tokens: Sequence[str]) -> list[Grams]:
    return [Counter(ngrams(tokens, n)) for n in ORDERS]


def _gleu(source: list[Grams], found: list[Grams], gold: list[Grams]) -> float:
    """GLEU against one reference."""
    logs = 0.0
    for before, now, wanted in zip(source, found, gold, strict=True):
        right = 0  # common n-grams, less those that should have been changed and were not
        for gram, count in now.items():
            if gram in wanted:
                right += min(count, wanted[gram])
            elif gram in before:
                right -= min(count, before[gram])
        logs += math.log((max(right, 0) or 1) / (now.total() or 1))
    ratio = (gold[0].total() or 1) / (found[0].total() or 1)
    return math.exp(min(0.0, 1.0 - ratio) + logs / len(ORDERS))


def _kept(before: Grams, found: Grams, gold: Grams, n_golds: int) -> float:
    """F1 of the n-grams of the source that are kept, each by how many references keep it."""
    kept = {gram: n_golds * min(count, found[gram]) for gram, count in before.items() if gram in found}
    wanted = {gram: min(n_golds * count, gold[gram]) for gram, count in before.items() if gram in gold}
    right = {gram: min(count, gold[gram]) for gram, count in kept.items() if gram in gold}
    precision = _mean([count / kept[gram] for gram, count in right.items()], len(kept))
    recall = _mean([count / wanted[gram] for gram, count in right.items()], len(wanted))
    return _f1(precision, recall)


def _deleted(before: Grams, found: Grams, gold: Grams, n_golds: int) -> float:
    """Precision of the n-grams of the source that are deleted, each by how many references delete it."""
    deleted = {gram: n_golds * (count - found[gram]) for gram, count in before.items() if count > found[gram]}
    right = [max(count - gold[gram], 0) / count for gram, count in deleted.items()]
    return _mean(right, len(deleted))


def _added(before: Grams, found: Grams, gold: Grams) -> float:
    """F1 of the n-grams that are new, each counted once."""
    added, wanted = found.keys() - before.keys(), gold.keys() - before.keys()
    right = len(added & wanted)
    return _f1(right / len(added), right / len(wanted)) if right else 0.0


def _mean(parts: list[float], number: int) -> float:
    return sum(parts) / number if number else 0.0


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
