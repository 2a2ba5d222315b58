"""Intervals of statistics over training seeds, by a bootstrap that few seeds do not fool.

The plain percentile bootstrap is too narrow for few scores. Here its percentiles are moved outwards by what a t
interval is wider than a normal one (Hesterberg 2015, "expanded percentile interval"), and below `WIDE` scores it is
joined with the t interval of the trimmed mean (Tukey and McLaughlin 1963). `docs/statistics.md` has the coverage of
all, measured by `coverage`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtrit

from textenvs_benchmarks.statistics import Scores, checked, iqm

MIN_SCORES = 3
"""Of fewer scores no interval is made: resampling one or two says nothing about the others."""
FEW_SCORES = 10
"""Of fewer scores an interval is flagged."""
WIDE = 5
"""Of fewer scores the interval is joined with that of the trimmed mean."""
REPLICATIONS = 2000


class Statistic(Protocol):
    """One number of many, such as `numpy.mean`."""

    def __call__(self, scores: Scores, axis: int) -> Any:
        """(resamples, scores) to (resamples,), along axis 1."""


def interval(
    scores: ArrayLike,
    rng: np.random.Generator,
    statistic: Statistic = iqm,
    confidence: float = 0.95,
    replications: int = REPLICATIONS,
) -> tuple[float, float] | None:
    """The interval of a statistic over training seeds.

    Args:
        scores: One for each training seed.
        rng: Draws the resamples.
        statistic: Computed of each resample, which is drawn with replacement and has as many scores.
        confidence: The share of such intervals that holds the true value, in (0, 1).
        replications: Number of resamples.

    Returns:
        The lower and the upper end; None where there are fewer than `MIN_SCORES` scores.
    """
    _check(confidence, replications)
    values = checked(scores)
    n = len(values)
    if n < MIN_SCORES:
        return None
    resamples = values[rng.integers(n, size=(replications, n))]
    low, high = _ends(statistic(resamples, axis=1), confidence, n)
    if n < WIDE and statistic is iqm:
        middle, half = iqm(values), _half_width(values, confidence)
        low, high = min(low, middle - half), max(high, middle + half)
    return low, high


def nested_interval(
    runs: Sequence[ArrayLike],
    rng: np.random.Generator,
    statistic: Statistic = iqm,
    confidence: float = 0.95,
    replications: int = REPLICATIONS,
) -> tuple[float, float] | None:
    """The interval of a statistic of mean scores, resampling training seeds and then episodes of each.

    It is the wider of the two: the spread over seeds has the noise of their episodes in it already.

    Args:
        runs: Scores of the episodes of each training seed.
        rng: Draws the resamples.
        statistic: Computed of the means of each resample.
        confidence: The share of such intervals that holds the true value, in (0, 1).
        replications: Number of resamples.
    """
    _check(confidence, replications)
    episodes = [checked(run) for run in runs]
    n = len(episodes)
    if n < MIN_SCORES:
        return None
    means = np.empty((replications, n))
    for k, run in enumerate(rng.integers(n, size=(replications, n)).T):
        for number in range(n):
            drawn = run == number
            values = episodes[number]
            means[drawn, k] = values[rng.integers(len(values), size=(int(drawn.sum()), len(values)))].mean(axis=1)
    return _ends(statistic(means, axis=1), confidence, n)


def mean_interval(scores: ArrayLike, confidence: float = 0.95) -> tuple[float, float] | None:
    """The t interval of a mean, as for means over several tasks: of these, few are enough to be spread normally.

    Args:
        scores: One for each training seed.
        confidence: The share of such intervals that holds the true value, in (0, 1).

    Returns:
        The lower and the upper end; None where there are fewer than `MIN_SCORES` scores.
    """
    _check(confidence, 1)
    values = checked(scores)
    n = len(values)
    if n < MIN_SCORES:
        return None
    half = float(stdtrit(n - 1, (1.0 + confidence) / 2.0)) * float(values.std(ddof=1)) / math.sqrt(n)
    return float(values.mean()) - half, float(values.mean()) + half


def stratified_interval(
    scores: ArrayLike,
    rng: np.random.Generator,
    statistic: Callable[[Scores], ArrayLike],
    confidence: float = 0.95,
    replications: int = REPLICATIONS,
) -> tuple[Any, Any] | None:
    """The interval of a statistic over several tasks, resampling the runs of each task by themselves.

    Args:
        scores: Matrix of scores: a row for each run, a column for each task.
        rng: Draws the resamples.
        statistic: Of a matrix, such as `optimality_gap`; it may have several values, such as `performance_profile`,
            each of which has its own ends then.
        confidence: The share of such intervals that holds the true value, in (0, 1).
        replications: Number of resamples.
    """
    _check(confidence, replications)
    values = checked(scores, matrix=True)
    runs, tasks = values.shape
    if runs < MIN_SCORES:
        return None
    columns = np.arange(tasks)
    drawn = [statistic(values[rng.integers(runs, size=(runs, tasks)), columns]) for _ in range(replications)]
    return _ends(np.asarray(drawn), confidence, runs)


def coverage(
    draw: Callable[[np.random.Generator, int], Scores],
    truth: float,
    n: int,
    rng: np.random.Generator,
    make: Callable[[Scores, np.random.Generator], tuple[float, float] | None],
    trials: int,
) -> float:
    """The share of simulated experiments whose interval holds the true value.

    Args:
        draw: Draws so many scores.
        truth: What the statistic is of all scores that can be drawn.
        n: Scores of an experiment.
        rng: Draws all.
        make: Makes the interval.
        trials: Number of experiments.
    """
    held = 0
    for _ in range(trials):
        ends = make(draw(rng, n), rng)
        held += ends is not None and ends[0] <= truth <= ends[1]
    return held / trials


def _ends(drawn: Any, confidence: float, n: int) -> tuple[Any, Any]:
    """The percentiles of resampled statistics, moved outwards."""
    tail = ndtr(math.sqrt(n / (n - 1)) * stdtrit(n - 1, (1.0 - confidence) / 2.0))
    low, high = np.quantile(drawn, [tail, 1.0 - tail], axis=0)
    return (float(low), float(high)) if np.ndim(low) == 0 else (low, high)


def _half_width(values: Scores, confidence: float) -> float:
    """Half of the t interval of the interquartile mean, by the winsorised variance."""
    n = len(values)
    cut = n // 4
    ordered = np.sort(values)
    spread = float(np.clip(values, ordered[cut], ordered[n - cut - 1]).std(ddof=1))
    error = spread / ((1.0 - 2.0 * cut / n) * math.sqrt(n))
    return float(stdtrit(max(n - 2 * cut - 1, 1), (1.0 + confidence) / 2.0)) * error


def _check(confidence: float, replications: int) -> None:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    if replications < 1:
        raise ValueError(f"replications must be at least 1, got {replications}")
