"""Comparing two agents on the same episodes: what is the difference, and can they be told apart?

Training seed *k* of every agent is evaluated on the same episodes, so that scores are paired by it. The difference of
each pair is one number; the mean of the differences has a t interval, which holds for few pairs too, where a plain
bootstrap is too sure of itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike
from scipy.special import nctdtr, stdtr, stdtrit

from textenvs_benchmarks.intervals import FEW_SCORES, MIN_SCORES
from textenvs_benchmarks.statistics import checked

POWER = 0.8
"""The probability with which the detectable difference is detected."""
MOST_PAIRS = 10_000
SAME = 1e-9
"""Scores that differ by less are the same, but for rounding."""


@dataclass(frozen=True)
class Comparison:
    """How two agents differ.

    Attributes:
        pairs: Number of training seeds.
        difference: Mean difference of the scores: ours minus theirs.
        low: Lower end of its interval; NaN for fewer than `MIN_SCORES` pairs.
        high: Upper end.
        p_value: Probability of a difference as large, if there is none.
        detectable: The difference that as many pairs would show with a probability of `POWER`.
        adjusted: `p_value`, corrected for the number of comparisons made together.
    """

    pairs: int
    difference: float
    low: float
    high: float
    p_value: float
    detectable: float
    adjusted: float

    def told_apart(self, level: float = 0.05) -> bool:
        """Whether the difference is more than chance would make, at this level, of all comparisons together."""
        return self.adjusted < level

    def reversed(self) -> Comparison:
        """The same, theirs minus ours."""
        return replace(self, difference=-self.difference, low=-self.high, high=-self.low)

    def sentence(self, ours: str, theirs: str, what: str = "points") -> str:
        """What the comparison says, for a person."""
        if self.pairs < MIN_SCORES:
            few = "1 training seed does" if self.pairs == 1 else f"{self.pairs} training seeds do"
            return f"{few} not tell {ours} and {theirs} apart: run {MIN_SCORES} at least"
        ends = f"{self.difference:+.1f} {what} [{self.low:+.1f}, {self.high:+.1f}]"
        few = f"; {self.pairs} training seeds are few" if self.pairs < FEW_SCORES else ""
        if self.told_apart():
            better, worse = (ours, theirs) if self.difference > 0 else (theirs, ours)
            return f"{better} is better than {worse}: {ends}{few}"
        seeds = seeds_for(self, abs(self.difference)) if self.difference else None
        more = f", and {seeds} seeds would do for this one" if seeds and seeds > self.pairs else ""
        return (
            f"{ours} and {theirs} cannot be told apart: {ends}; {self.pairs} training seeds show differences from "
            f"{self.detectable:.1f} {what} on{more}"
        )


def compare(ours: ArrayLike, theirs: ArrayLike, confidence: float = 0.95) -> Comparison:
    """Compares paired scores.

    Args:
        ours: A score for each training seed.
        theirs: Those of the other agent, in the same order.
        confidence: The share of such intervals that holds the true difference.
    """
    first, second = checked(ours), checked(theirs)
    if len(first) != len(second):
        raise ValueError(f"scores must come in pairs, got {len(first)} and {len(second)}")
    differences = first - second
    n, difference = len(differences), float(differences.mean())
    if n < MIN_SCORES:
        return Comparison(n, difference, math.nan, math.nan, math.nan, math.nan, math.nan)
    error = float(differences.std(ddof=1)) / math.sqrt(n)
    if abs(difference) < SAME and error < SAME:
        difference = error = 0.0
    half = float(stdtrit(n - 1, (1.0 + confidence) / 2.0)) * error
    p_value = 2.0 * float(stdtr(n - 1, -abs(difference) / error)) if error else float(difference == 0.0)
    detectable = _detectable(n, confidence) * error * math.sqrt(n)
    return Comparison(n, difference, difference - half, difference + half, p_value, detectable, p_value)


def correct(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same comparisons, corrected for their number (Holm 1979); those that were not made stay as they are."""
    made = sorted(
        (k for k, each in enumerate(comparisons) if not math.isnan(each.p_value)), key=lambda k: comparisons[k].p_value
    )
    corrected = list(comparisons)
    largest = 0.0
    for place, k in enumerate(made):
        largest = max(largest, min(1.0, (len(made) - place) * comparisons[k].p_value))
        corrected[k] = replace(comparisons[k], adjusted=largest)
    return corrected


def seeds_for(comparison: Comparison, difference: float, confidence: float = 0.95) -> int | None:
    """How many training seeds would show a difference with a probability of `POWER`; None where none would.

    Args:
        comparison: What is known of how differences spread.
        difference: The wished one, above 0.
        confidence: Of the intervals.
    """
    if comparison.pairs < MIN_SCORES or difference <= 0.0:
        return None
    spread = comparison.detectable / _detectable(comparison.pairs, confidence)
    low, high = MIN_SCORES - 1, MOST_PAIRS
    if _detectable(high, confidence) * spread > difference:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _detectable(middle, confidence) * spread > difference else (low, middle)
    return high


def pairwise(scores: Sequence[ArrayLike], level: float = 0.05) -> dict[tuple[int, int], Comparison]:
    """All of several agents with each other, corrected for the number of pairs.

    Args:
        scores: For each agent a score for each training seed, paired.
        level: Of all comparisons together.

    Returns:
        The comparison of agents *i* and *j*, in both directions.
    """
    pairs = [(i, j) for i in range(len(scores)) for j in range(i)]
    found = correct([compare(scores[i], scores[j], 1.0 - level) for i, j in pairs])
    whole = dict(zip(pairs, found, strict=True))
    return whole | {(j, i): each.reversed() for (i, j), each in whole.items()}


def rank(scores: Sequence[ArrayLike], level: float = 0.05) -> list[tuple[int, int]]:
    """From which to which place each of several agents may stand: those that cannot be told apart are tied.

    Args:
        scores: For each agent a score for each training seed, paired.
        level: Of all comparisons together.

    Returns:
        (best, worst) place of each, from 1.
    """
    told = {pair: each.difference for pair, each in pairwise(scores, level).items() if each.told_apart(level)}
    n = len(scores)
    losses = [sum(told.get((k, other), 0.0) < 0.0 for other in range(n)) for k in range(n)]
    wins = [sum(told.get((k, other), 0.0) > 0.0 for other in range(n)) for k in range(n)]
    return [(1 + lost, n - won) for lost, won in zip(losses, wins, strict=True)]


def _detectable(n: int, confidence: float) -> float:
    """The detectable difference of n pairs whose differences have a standard deviation of 1."""
    limit = float(stdtrit(n - 1, (1.0 + confidence) / 2.0))
    low, high = 0.0, 100.0
    for _ in range(100):
        middle = (low + high) / 2.0
        power = 1.0 - float(nctdtr(n - 1, middle * math.sqrt(n), limit))
        low, high = (middle, high) if power < POWER else (low, middle)
    return high
