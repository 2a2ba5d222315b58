"""Statistics: one number of many scores. A score is one number of a training, or of an episode.

A matrix of scores has a row for each run (a training seed) and a column for each task. Intervals are in `intervals`,
comparisons of two agents in `comparison`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scores = NDArray[np.float64]


@overload
def iqm(scores: ArrayLike) -> float: ...


@overload
def iqm(scores: ArrayLike, axis: int) -> Scores: ...


def iqm(scores: ArrayLike, axis: int | None = None) -> float | Scores:
    """The interquartile mean: of the middle half of the scores (Agarwal et al. 2021).

    A quarter of the scores, rounded down, is left out at either end, as `scipy.stats.trim_mean(scores, 0.25)` does.

    Args:
        scores: A list of scores, or an array of lists.
        axis: Along which the lists lie; None for a single one.

    Returns:
        A float for a single list, an array for several.

    Raises:
        ValueError: If there are no scores in a list, or one is not finite.
    """
    values = checked(scores) if axis is None else np.asarray(scores, np.float64)
    along = axis or 0
    n = values.shape[along]
    middle: Scores = np.sort(values, axis=along).take(range(n // 4, n - n // 4), axis=along).mean(axis=along)
    return float(middle) if axis is None else middle


def optimality_gap(scores: ArrayLike, optimum: float = 100.0) -> float:
    """How far scores are below the optimum, on average; what lies above it does not make up for that.

    Args:
        scores: Scores, of any shape.
        optimum: The score of the optimal policy.
    """
    return float(np.maximum(optimum - checked(scores, matrix=True), 0.0).mean())


def probability_of_improvement(ours: ArrayLike, theirs: ArrayLike) -> float:
    """The probability that a run of one agent scores more than one of another, on a task drawn at random.

    A tie counts one half: it is the Mann-Whitney U divided by the number of pairs, averaged over tasks.

    Args:
        ours: A matrix of scores, or a list for a single task.
        theirs: The same of the other agent, with as many tasks.
    """
    first, second = (np.atleast_2d(checked(each, matrix=True)) for each in (ours, theirs))
    if np.ndim(ours) == 1:
        first, second = first.T, second.T
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"both need the same tasks, got {first.shape[1]} and {second.shape[1]}")
    differences = first[:, None, :] - second[None, :, :]
    return float(((differences > 0).mean() + (differences >= 0).mean()) / 2.0)


def performance_profile(scores: ArrayLike, thresholds: ArrayLike) -> Scores:
    """The share of all runs on all tasks that score more than each threshold (Dolan and More 2002)."""
    values = checked(scores, matrix=True).ravel()
    at_most = np.searchsorted(np.sort(values), np.asarray(thresholds, np.float64), side="right")
    return np.asarray(1.0 - at_most / len(values), np.float64)


def percentile_band(scores: ArrayLike, low: float = 5.0, high: float = 95.0) -> tuple[float, float]:
    """Between which scores most runs lie: two percentiles."""
    ends = np.percentile(checked(scores), [low, high])
    return float(ends[0]), float(ends[1])


def pass_k(successes: Sequence[ArrayLike], k: int) -> float:
    """The probability that k tries at the same thing all succeed, without bias from few tries (as in tau-bench).

    Args:
        successes: For each thing whether each try at it has succeeded; the k are drawn from them without replacement.
            Things that were tried less often are left out.
        k: At least 1.

    Raises:
        ValueError: If nothing was tried so often.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    tries = [np.asarray(each, np.float64) for each in successes]
    counts = np.array([[len(each), each.sum()] for each in tries if len(each) >= k])
    if not len(counts):
        raise ValueError(f"nothing was tried {k} times")
    n, good = counts.T[:, :, None]
    drawn = np.arange(k)
    return float((np.maximum(good - drawn, 0.0) / (n - drawn)).prod(axis=1).mean())


def area(steps: ArrayLike, scores: ArrayLike) -> float:
    """The area under a learning curve divided by its steps: the mean score while learning, by the trapezoidal rule."""
    x, y = checked(steps), checked(scores)
    if len(x) != len(y) or len(x) < 2 or (np.diff(x) <= 0.0).any():
        raise ValueError("a curve has two points at least, and steps that grow")
    return float(np.trapezoid(y, x) / (x[-1] - x[0]))


def steps_to(steps: ArrayLike, scores: ArrayLike, threshold: float) -> float:
    """The first step at which a learning curve is at a threshold; NaN if it never is."""
    x, y = checked(steps), checked(scores)
    reached = np.flatnonzero(y >= threshold)
    return float(x[reached[0]]) if len(reached) else float("nan")


def checked(scores: ArrayLike, matrix: bool = False) -> Scores:
    """Scores as an array.

    Raises:
        ValueError: If there are none, or one is not finite, or it is not a list (or, if that may be, a matrix).
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim not in ((1, 2) if matrix else (1,)) or not values.size:
        raise ValueError(f"scores must be a list of at least one number, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite")
    return values
