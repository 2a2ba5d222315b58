"""Statistics over training seeds. A metric is one number of an episode; a statistic is one number of many."""

from __future__ import annotations

from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

MIN_SCORES = 3
"""Of fewer scores no interval is made: resampling one or two says nothing about the others."""


class Statistic(Protocol):
    """One number of many, such as `numpy.mean`."""

    def __call__(self, scores: NDArray[np.float64], axis: int) -> Any:
        """(resamples, scores) to (resamples,), along axis 1."""


@overload
def iqm(scores: ArrayLike) -> float: ...


@overload
def iqm(scores: ArrayLike, axis: int) -> NDArray[np.float64]: ...


def iqm(scores: ArrayLike, axis: int | None = None) -> float | NDArray[np.float64]:
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
    values = _checked(scores) if axis is None else np.asarray(scores, np.float64)
    along = axis or 0
    n = values.shape[along]
    middle: NDArray[np.float64] = (
        np.sort(values, axis=along).take(range(n // 4, n - n // 4), axis=along).mean(axis=along)
    )
    return float(middle) if axis is None else middle


def bootstrap_interval(
    scores: ArrayLike,
    statistic: Statistic,
    rng: np.random.Generator,
    confidence: float = 0.95,
    replications: int = 2000,
) -> tuple[float, float] | None:
    """The percentile bootstrap interval of a statistic.

    Args:
        scores: One for each training seed.
        statistic: Computed of each resample, which is drawn with replacement and has as many scores.
        rng: Draws the resamples.
        confidence: Share of the resamples' statistics that lies in the interval, in (0, 1).
        replications: Number of resamples.

    Returns:
        The lower and the upper end; None where there are fewer than `MIN_SCORES` scores.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    if replications < 1:
        raise ValueError(f"replications must be at least 1, got {replications}")
    values = _checked(scores)
    if len(values) < MIN_SCORES:
        return None
    resamples = values[rng.integers(len(values), size=(replications, len(values)))]
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(statistic(resamples, axis=1), [tail, 1.0 - tail])
    return float(low), float(high)


def _checked(scores: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or not values.size:
        raise ValueError(f"scores must be a list of at least one number, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite")
    return values
