from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from textenvs_benchmarks.statistics import bootstrap_interval, iqm


@pytest.mark.parametrize("n", range(1, 30))
def test_iqm_is_the_trimmed_mean_of_scipy(n: int) -> None:
    scores = np.random.default_rng(n).normal(50.0, 20.0, n)
    assert iqm(scores) == pytest.approx(stats.trim_mean(scores, 0.25), rel=1e-14)


@pytest.mark.parametrize("axis", [0, 1])
def test_iqm_of_many_lists(axis: int) -> None:
    scores = np.random.default_rng(1).normal(size=(7, 10))
    assert iqm(scores, axis=axis) == pytest.approx(stats.trim_mean(scores, 0.25, axis=axis), rel=1e-14)


def test_iqm_by_hand() -> None:
    assert iqm([3.0]) == 3.0
    assert iqm([1.0, 2.0, 9.0]) == 4.0  # a quarter of three is none
    assert iqm([100.0, 1.0, 2.0, -50.0]) == 1.5
    assert iqm([0.0, 4.0, 5.0, 6.0, 1000.0]) == 5.0


@pytest.mark.parametrize("scores", [[], [1.0, np.nan], [np.inf], [[1.0, 2.0]]])
def test_statistics_refuse_what_is_no_list_of_numbers(scores: list[float]) -> None:
    with pytest.raises(ValueError, match="scores must be"):
        iqm(scores)
    with pytest.raises(ValueError, match="scores must be"):
        bootstrap_interval(scores, iqm, np.random.default_rng(0))


def test_interval_is_that_of_scipy() -> None:
    scores = np.random.default_rng(1).normal(50.0, 20.0, 12)
    interval = bootstrap_interval(scores, iqm, np.random.default_rng(2), replications=20_000)
    theirs = stats.bootstrap(
        (scores,), iqm, n_resamples=20_000, method="percentile", vectorized=False, rng=np.random.default_rng(3)
    ).confidence_interval
    assert interval == pytest.approx((theirs.low, theirs.high), abs=0.7)


def test_interval_by_hand() -> None:
    assert bootstrap_interval([5.0, 5.0, 5.0], iqm, np.random.default_rng(0)) == (5.0, 5.0)
    low, high = bootstrap_interval([0.0, 0.0, 3.0], np.mean, np.random.default_rng(0), confidence=0.5) or (None, None)
    assert (low, high) == (0.0, 2.0)  # the mean is 0, 1, 2, 3 with probability 8, 12, 6, 1 in 27


def test_interval_comes_from_the_generator_alone() -> None:
    scores = [1.0, 2.0, 4.0, 8.0, 16.0]
    first, again, other = (bootstrap_interval(scores, iqm, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first == again != other


def test_interval_narrows_with_less_confidence() -> None:
    scores = np.random.default_rng(4).normal(size=10)
    wide, narrow = (bootstrap_interval(scores, iqm, np.random.default_rng(0), confidence=c) for c in (0.99, 0.5))
    assert wide is not None
    assert narrow is not None
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize("scores", [[1.0], [1.0, 2.0]])
def test_there_is_no_interval_of_one_or_two_scores(scores: list[float]) -> None:
    assert bootstrap_interval(scores, iqm, np.random.default_rng(0)) is None


def test_interval_refuses_wrong_numbers() -> None:
    for options in ({"confidence": 0.0}, {"confidence": 95.0}, {"replications": 0}):
        with pytest.raises(ValueError, match="must be"):
            bootstrap_interval([1.0, 2.0, 3.0], iqm, np.random.default_rng(0), **options)
