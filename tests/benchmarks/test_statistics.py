from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from textenvs_benchmarks.statistics import (
    area,
    iqm,
    optimality_gap,
    pass_k,
    percentile_band,
    performance_profile,
    probability_of_improvement,
    steps_to,
)


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
    for statistic in (iqm, percentile_band):
        with pytest.raises(ValueError, match="scores must be"):
            statistic(scores)


def test_optimality_gap_by_hand() -> None:
    assert optimality_gap([[90.0, 110.0], [50.0, 100.0]]) == 15.0
    assert optimality_gap([101.0, 120.0]) == 0.0
    assert optimality_gap([0.0], optimum=1.0) == 1.0


def test_probability_of_improvement_is_that_of_mann_and_whitney() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.integers(0, 6, (8, 3)).astype(float), rng.integers(0, 6, (5, 3)).astype(float)
    expected = [stats.mannwhitneyu(ours[:, k], theirs[:, k]).statistic / (8 * 5) for k in range(3)]
    assert probability_of_improvement(ours, theirs) == pytest.approx(np.mean(expected))
    assert probability_of_improvement(theirs, ours) == pytest.approx(1.0 - np.mean(expected))
    assert probability_of_improvement([1.0, 2.0], [1.0, 2.0]) == 0.5
    assert probability_of_improvement([3.0, 3.0], [1.0]) == 1.0
    with pytest.raises(ValueError, match="both need the same tasks, got 3 and 2"):
        probability_of_improvement(ours, theirs[:, :2])


def test_performance_profile_counts_what_is_above() -> None:
    scores = [[1.0, 2.0], [2.0, 3.0]]
    assert performance_profile(scores, [0.0, 1.0, 2.0, 2.5, 3.0]).tolist() == [1.0, 0.75, 0.25, 0.25, 0.0]
    rng = np.random.default_rng(1)
    many, thresholds = rng.normal(size=(6, 7)), rng.normal(size=20)
    expected = [float((many > each).mean()) for each in thresholds]
    assert performance_profile(many, thresholds) == pytest.approx(expected)


def test_percentiles_are_those_of_numpy() -> None:
    scores = np.arange(101.0)
    assert percentile_band(scores) == (5.0, 95.0)
    assert percentile_band(scores, 0.0, 50.0) == (0.0, 50.0)


def test_pass_k_by_hand() -> None:
    tries = [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]]
    assert pass_k(tries, 1) == 0.5
    assert pass_k(tries, 2) == pytest.approx((1.0 + 1.0 / 6.0) / 3.0)  # one of six pairs has both successes
    assert pass_k(tries, 4) == pytest.approx(1.0 / 3.0)
    assert pass_k([*tries, [1, 0, 1]], 4) == pytest.approx(1.0 / 3.0)  # what was tried less often is left out
    with pytest.raises(ValueError, match="nothing was tried 5 times"):
        pass_k(tries, 5)
    with pytest.raises(ValueError, match="k must be at least 1"):
        pass_k(tries, 0)


def test_pass_k_has_no_bias() -> None:
    rng = np.random.default_rng(2)
    tries = rng.random((50_000, 5)) < 0.7
    for k in (1, 2, 3):
        assert pass_k(tries, k) == pytest.approx(0.7**k, abs=0.005)


def test_curves_by_hand() -> None:
    assert area([0.0, 10.0], [0.0, 100.0]) == 50.0
    assert area([0.0, 10.0, 20.0], [0.0, 100.0, 100.0]) == 75.0
    assert steps_to([1.0, 2.0, 3.0], [10.0, 90.0, 80.0], 85.0) == 2.0
    assert math.isnan(steps_to([1.0, 2.0], [10.0, 20.0], 85.0))
    for steps in ([1.0], [2.0, 1.0]):
        with pytest.raises(ValueError, match="a curve has two points at least, and steps that grow"):
            area(steps, [1.0] * len(steps))
