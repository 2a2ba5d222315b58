"""Measures against values by hand and against SciPy."""

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.feedback.samples import scenes_of
from textenvs.feedback import Candidate, Point, Preference, Step
from textenvs.feedback.measures import (
    agreement,
    calibration_error,
    decided,
    gained,
    goodhart_gap,
    kappa,
    leaning,
    length_bias,
    rank_correlation,
)


def preference(label, first, second, steps=((), ())):
    pair = tuple(Candidate(0, step, (worth,)) for step, worth in zip(steps, (first, second), strict=True))
    return Preference(pair, label, label, "ab", "by hand")


MIXED = [
    preference(1.0, 2.0, 1.0),
    preference(0.0, 2.0, 1.0),
    preference(0.0, -3.0, 1.0),
    preference(0.5, 2.0, 1.0),
    preference(math.nan, 2.0, 1.0),
    preference(1.0, 1.0, 1.0),
]


def test_agreement_is_of_what_is_decided():
    said, true = decided(MIXED)
    assert said.tolist() == [1, 0, 0]
    assert true.tolist() == [1, 1, 0]
    assert agreement(MIXED) == pytest.approx(2 / 3)
    assert math.isnan(agreement(MIXED[3:]))


def test_a_judge_leans_to_the_better_side_more_often_than_its_labels_are_right():
    leans = [(0.8, 1.0), (0.6, 1.0), (0.9, -1.0), (0.5, 1.0), (math.nan, 1.0), (0.7, 0.0)]
    judged = [
        Preference((Candidate(0, (), (margin,)), Candidate(0, (), (0.0,))), chance, 0.0, "ab", "by hand")
        for chance, margin in leans
    ]
    assert leaning(judged) == pytest.approx(2 / 3)
    assert agreement(judged) == pytest.approx(1 / 5), "labels are what was drawn"
    assert math.isnan(leaning(judged[3:]))


def test_kappa_is_what_is_beyond_chance():
    said = [1] * 25 + [0] * 25  # the example of 50 proposals: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no
    true = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    assert kappa(said, true) == pytest.approx(0.4)
    assert kappa([1, 0], [1, 0]) == 1.0
    assert kappa([1, 0], [0, 1]) == -1.0
    assert kappa([1, 1, 0, 0], [1, 0, 1, 0]) == pytest.approx(0.0)
    assert math.isnan(kappa([1, 1], [1, 1]))
    assert math.isnan(kappa([], []))


def test_calibration_error_by_hand():
    assert calibration_error([0.8] * 10, [1] * 8 + [0] * 2) == pytest.approx(0.0, abs=1e-12)
    assert calibration_error([0.95, 0.05], [0, 0]) == pytest.approx((0.95 + 0.05) / 2)
    assert calibration_error([0.11, 0.19], [1, 0]) == pytest.approx(0.35)  # of one bin: |0.15 - 0.5|
    assert calibration_error([1.0], [1]) == 0.0
    assert calibration_error([0.95, 1.0], [1, 0]) == pytest.approx(0.475)  # the last bin holds 1
    assert calibration_error([0.1, 0.9], [0.5, 0.5], bins=1) == pytest.approx(0.0)
    assert math.isnan(calibration_error([], []))


def test_length_bias_counts_what_is_longer_and_not_better():
    scene = scenes_of("TextWriting-v0")[0]
    lengths = scene.style("length")
    state = next(s for s in range(len(lengths)) if len(set(lengths[s][scene.legal[s]])) > 1)
    legal = np.flatnonzero(scene.legal[state])
    short, long = (int(legal[pick(lengths[state][legal])]) for pick in (np.argmin, np.argmax))
    shown = ((Step(0, state, long),), (Step(0, state, short),))

    def judged(*labels):  # the shorter is better, then the longer
        return [preference(label, *worth, shown) for label, worth in zip(labels, ((0.0, 1.0), (1.0, 0.0)), strict=True)]

    assert length_bias([scene], judged(1.0, 1.0)) == 1.0
    assert length_bias([scene], judged(0.0, 1.0)) == 0.0
    assert length_bias([scene], judged(0.0, 0.0)) == -1.0
    assert length_bias([scene], judged(1.0, 0.0)) == 0.0, "always wrong is not biased"
    assert math.isnan(length_bias([scene], judged(1.0, 1.0)[:1]))
    assert math.isnan(length_bias([scene], [preference(1.0, 1.0, 0.0, (shown[0], shown[0]))]))
    assert math.isnan(length_bias([scene], []))


def test_rank_correlation_is_spearmans_also_with_equals():
    rng = np.random.default_rng(0)
    for _ in range(20):
        first = rng.integers(5, size=30)
        second = first + rng.integers(5, size=30)
        assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert math.isnan(rank_correlation([1, 1], [1, 2]))
    assert math.isnan(rank_correlation([1], [1]))


def test_the_gap_is_what_gold_did_not_see():
    assert gained(3.0, 1.0, 5.0) == 50.0
    assert math.isnan(gained(3.0, 1.0, 1.0))
    start, point = Point(0.0, 0.0, 10.0), Point(1.0, 4.0, 8.0)
    assert goodhart_gap(point, start, 5.0, 20.0) == pytest.approx(80.0 + 20.0)
