from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from textenvs_benchmarks.intervals import coverage, interval, nested_interval, stratified_interval
from textenvs_benchmarks.statistics import iqm, optimality_gap


def test_of_many_scores_it_is_the_percentile_interval_of_scipy() -> None:
    scores = np.random.default_rng(1).normal(50.0, 20.0, 400)
    found = interval(scores, np.random.default_rng(2), np.mean, replications=20_000)
    theirs = stats.bootstrap(
        (scores,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(3)
    ).confidence_interval
    assert found == pytest.approx((theirs.low, theirs.high), abs=0.1)


def test_of_a_mean_it_is_about_the_t_interval() -> None:
    scores = np.random.default_rng(3).normal(50.0, 20.0, 12)
    low, high = interval(scores, np.random.default_rng(2), np.mean, replications=50_000)
    theirs = stats.t.interval(0.95, 11, loc=scores.mean(), scale=stats.sem(scores))
    assert high - low == pytest.approx(theirs[1] - theirs[0], rel=0.06)


def test_by_hand() -> None:
    assert interval([5.0, 5.0, 5.0], np.random.default_rng(0)) == (5.0, 5.0)
    assert interval([0.0, 1.0, 2.0, 3.0, 4.0], np.random.default_rng(0), np.max) == pytest.approx((1.0, 4.0), abs=1.0)


def test_the_trimmed_mean_of_few_scores_has_at_least_its_t_interval() -> None:
    scores = [10.0, 12.0, 17.0]
    low, high = interval(scores, np.random.default_rng(0))
    theirs = stats.t.interval(0.95, 2, loc=13.0, scale=stats.sem(scores))  # a quarter of three is none
    assert (low, high) == pytest.approx(theirs)


def test_it_comes_from_the_generator_alone() -> None:
    scores = np.random.default_rng(9).normal(size=12)
    first, again, other = (interval(scores, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first == again != other


def test_it_narrows_with_less_confidence() -> None:
    scores = np.random.default_rng(4).normal(size=10)
    wide, narrow = (interval(scores, np.random.default_rng(0), confidence=each) for each in (0.99, 0.5))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize("scores", [[1.0], [1.0, 2.0]])
def test_there_is_none_of_one_or_two_scores(scores: list[float]) -> None:
    rng = np.random.default_rng(0)
    assert interval(scores, rng) is None
    assert nested_interval([scores] * len(scores), rng) is None
    assert stratified_interval(np.ones((len(scores), 3)), rng, optimality_gap) is None


def test_wrong_numbers_are_refused() -> None:
    for options in ({"confidence": 0.0}, {"confidence": 95.0}, {"replications": 0}):
        with pytest.raises(ValueError, match="must be"):
            interval([1.0, 2.0, 3.0], np.random.default_rng(0), **options)
    with pytest.raises(ValueError, match="scores must be"):
        interval([1.0, np.nan, 3.0], np.random.default_rng(0))


def test_nested_holds_the_spread_of_episodes_where_all_trainings_are_alike() -> None:
    rng = np.random.default_rng(5)
    runs = [rng.normal(50.0, 30.0, 100) for _ in range(5)]
    low, high = nested_interval(runs, np.random.default_rng(0))
    narrow_low, narrow_high = interval([run.mean() for run in runs], np.random.default_rng(0))
    assert high - low > narrow_high - narrow_low
    constant = [np.full(10, 7.0)] * 4
    assert nested_interval(constant, np.random.default_rng(0)) == (7.0, 7.0)


def test_stratified_resamples_each_task_by_itself() -> None:
    scores = np.tile([0.0, 100.0], (5, 1))  # the runs of a task are all alike, so nothing can vary
    low, high = stratified_interval(scores, np.random.default_rng(0), optimality_gap)
    assert (low, high) == (50.0, 50.0)


@pytest.mark.parametrize(
    ("kind", "n", "least", "most"),
    [
        ("normal", 20, 93.0, 97.0),
        ("skewed", 20, 93.0, 97.0),
        ("failing", 20, 93.0, 97.0),
        ("normal", 5, 91.0, 97.0),
        ("normal", 3, 93.0, 98.0),
    ],
)
def test_it_covers_what_it_claims(kind: str, n: int, least: float, most: float) -> None:
    """The whole table stands in docs/statistics.md; 600 trials have a standard error of 0.9 points."""

    def draw(rng: np.random.Generator, size: int):
        if kind == "normal":
            return rng.normal(70.0, 10.0, size)
        if kind == "skewed":
            return 100.0 * rng.beta(8.0, 1.5, size)
        return np.where(rng.random(size) < 0.2, rng.normal(10.0, 8.0, size), rng.normal(90.0, 4.0, size))

    rng = np.random.default_rng(n)
    truth = iqm(draw(rng, 400_000))
    found = 100.0 * coverage(draw, truth, n, rng, lambda scores, rng: interval(scores, rng, replications=500), 600)
    assert least - 1.8 < found < most + 1.8
