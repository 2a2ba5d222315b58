"""How good a judge is, how good a reward model, and what a policy made of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from textenvs.feedback.candidates import Candidate
from textenvs.feedback.frontier import Point
from textenvs.feedback.preferences import Preference
from textenvs.feedback.scene import Array, Scene

BINS = 10
"""Of a calibration error."""
EQUAL = 1e-9
"""Candidates whose worth differs by less are equally good."""


def decided(preferences: Sequence[Preference]) -> tuple[Array, Array]:
    """Of the pairs of which one is better and about which the judge says something: whether it prefers the first.

    Returns:
        (pairs,) what the judge says, and what is true, as 0 and 1.
    """
    kept = _clear(preferences)
    return np.array([each.label for each in kept]), np.array([float(each.margin > 0) for each in kept])


def _clear(preferences: Sequence[Preference]) -> list[Preference]:
    """Those in which one is better, and the judge says which it prefers."""
    return [each for each in preferences if each.label in (0.0, 1.0) and abs(each.margin) > EQUAL]


def agreement(preferences: Sequence[Preference]) -> float:
    """How often a judge's label is what is better, of the pairs that it decides; NaN where there is none.

    Labels are drawn: a judge that is not sure is right less often than it leans to the right side.
    """
    said, true = decided(preferences)
    return float((said == true).mean()) if len(said) else math.nan


def leaning(preferences: Sequence[Preference]) -> float:
    """How often what a judge finds likelier is better, of the pairs of which it finds one; NaN where there is none."""
    leans = [(each.probability - 0.5) * each.margin for each in preferences if abs(each.margin) > EQUAL]
    known = [each for each in leans if not math.isnan(each) and each != 0.0]
    return float(np.mean([each > 0.0 for each in known])) if known else math.nan


def kappa(said: ArrayLike, true: ArrayLike) -> float:
    """Cohen's kappa (1960) of two sequences of 0 and 1: agreement beyond chance; NaN where chance agrees always."""
    first, second = np.asarray(said, dtype=np.float64), np.asarray(true, dtype=np.float64)
    if not len(first):
        return math.nan
    by_chance = first.mean() * second.mean() + (1.0 - first.mean()) * (1.0 - second.mean())
    return math.nan if by_chance == 1.0 else float(((first == second).mean() - by_chance) / (1.0 - by_chance))


def calibration_error(chances: ArrayLike, happened: ArrayLike, bins: int = BINS) -> float:
    """The expected calibration error: how far probabilities are from how often it happens, in bins of equal width.

    Args:
        chances: (n,) probabilities.
        happened: (n,) 0 or 1, or shares.
        bins: Number of bins.
    """
    predicted, true = np.asarray(chances, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    if not len(predicted):
        return math.nan
    places = np.minimum((predicted * bins).astype(int), bins - 1)
    gaps = np.abs(np.bincount(places, predicted - true, bins))
    return float(gaps.sum() / len(predicted))


def length_bias(scenes: Sequence[Scene], preferences: Sequence[Preference]) -> float:
    """How much more often a judge errs for the longer than for the shorter of a pair; from -1 to 1.

    That is the share of errors where the shorter is better, less that where the longer is: 0 for one who is always
    right, blind to length, or wrong at random; NaN where either never occurs.
    """
    kept = _clear(preferences)
    longer = np.array([_words(scenes, each.pair[0]) - _words(scenes, each.pair[1]) for each in kept])
    differ = np.abs(longer) > EQUAL
    said, true = decided(kept)
    wrong, better = said != true, true == (longer > 0)
    where = [differ & ~better, differ & better]
    if not all(each.any() for each in where):
        return math.nan
    return float(wrong[where[0]].mean() - wrong[where[1]].mean())


def _words(scenes: Sequence[Scene], candidate: Candidate) -> float:
    style = scenes[candidate.scene].style("length")
    return float(sum(style[step.state, step.action] for step in candidate.steps))


def rank_correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Spearman's rank correlation, of equals the mean rank; NaN where all are equal."""
    ranks = [_ranks(np.asarray(each, dtype=np.float64)) for each in (first, second)]
    if any(len(each) < 2 or each.std() == 0.0 for each in ranks):
        return math.nan
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: Array) -> Array:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Array = ends - (counts - 1) / 2.0
    return means[places]


def gained(value: float, start: float, best: float) -> float:
    """What was gained of all that could be, in percent; NaN where nothing could be."""
    return 100.0 * (value - start) / (best - start) if best - start > EQUAL else math.nan


def goodhart_gap(point: Point, start: Point, proxy_best: float, gold_best: float) -> float:
    """The proxy's gain that gold did not see: of all that could be gained of each, in percent.

    Args:
        point: The policy.
        start: The reference, from which it began.
        proxy_best: The largest return under the proxy.
        gold_best: The largest gold return.
    """
    return gained(point.proxy, start.proxy, proxy_best) - gained(point.gold, start.gold, gold_best)
