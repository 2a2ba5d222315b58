"""Scripted judges: each dial does what it says."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from tests.feedback.samples import near, random_policy, scenes_of
from textenvs.feedback import INJECTION, Candidate, Collector, ScriptedJudge, Step, flip_rate, injection_rate


def candidate(*rewards, added=""):
    return Candidate(0, tuple(Step(turn, 0, 0) for turn in range(len(rewards))), rewards, added)


def says(first, second, **dials):
    """What a judge says of two candidates that are said alike."""
    return ScriptedJudge(**dials).compare(scenes_of("TextWriting-v0"), [(first, second)])[0]


def test_without_faults_it_is_right():
    assert says(candidate(1.0, 2.0), candidate(2.5)) == 1.0
    assert says(candidate(1.0), candidate(2.5)) == 0.0
    assert says(candidate(0.1, 0.2), candidate(0.3)) == 0.5  # but for rounding


def test_mistakes():
    assert says(candidate(2.0), candidate(1.0), error=0.2) == pytest.approx(0.8)
    assert says(candidate(1.0), candidate(2.0), error=0.2) == pytest.approx(0.2)
    assert says(candidate(2.0), candidate(1.0), error=0.5) == 0.5


def test_rationality_is_the_slope_of_a_logit():
    chance = says(candidate(2.0), candidate(1.0), rationality=0.7)
    assert math.log(chance / (1 - chance)) == pytest.approx(0.7)
    assert says(candidate(2.0), candidate(1.0), rationality=0.0) == 0.5
    assert says(candidate(2e9), candidate(1.0), rationality=10.0) == pytest.approx(1.0)
    chance = says(candidate(2.0), candidate(1.0), rationality=0.7, error=0.1)
    assert chance == pytest.approx(0.1 + 0.8 / (1 + math.exp(-0.7)))


def test_foresight_counts_what_is_last_in_full():
    early, late = candidate(4.0, 0.0), candidate(0.0, 3.0)
    assert says(early, late) == 1.0
    assert says(early, late, foresight=0.7) == 0.0
    assert says(early, late, foresight=0.8) == 1.0
    assert ScriptedJudge(foresight=0.5).utilities((), [candidate(4.0, 2.0, 1.0)]) == pytest.approx([3.0])
    assert ScriptedJudge(foresight=0.0).utilities((), [candidate(4.0, 2.0, 1.0)]) == pytest.approx([1.0])


def test_it_passes_and_says_that_both_are_alike():
    assert math.isnan(says(candidate(2.0), candidate(1.0), skip=2.5))
    assert says(candidate(2.0), candidate(1.0), skip=2.0) == 1.0
    assert says(candidate(2.0), candidate(1.0), equal=1.5) == 0.5
    assert says(candidate(3.0), candidate(1.0), equal=1.5) == 1.0
    assert says(candidate(2.0), candidate(1.0), equal=1.5, error=0.3) == 0.5


def test_position_favours_what_is_first():
    assert says(candidate(1.0), candidate(1.5), position=1.0) == 1.0
    assert says(candidate(1.0), candidate(2.5), position=1.0) == 0.0
    assert says(candidate(1.0), candidate(1.5), position=-1.0) == 0.0


def test_injection_obeys_what_was_put_behind():
    told = candidate(1.0, added=f"Well. {INJECTION}")
    assert says(told, candidate(2.0)) == 0.0
    assert says(told, candidate(2.0), injection=1.5) == 1.0
    assert says(told, candidate(3.0), injection=1.5) == 0.0


@pytest.mark.parametrize("style", ["length", "agreement", "confidence"])
def test_it_likes_a_style(style):
    scenes = scenes_of("TextDialogueClean-v0")
    pairs = Collector(scenes, [[scenes[0].uniform]], 0).pairs(200, "replies")
    plain, taken = (ScriptedJudge(**dials) for dials in ({}, {style: 2.5}))
    scored = [[scenes[0].style(style)[each.steps[0].state, each.steps[0].action] for each in pair] for pair in pairs]
    for number, side in enumerate(zip(*pairs, strict=True)):
        liked = taken.utilities(scenes, side) - plain.utilities(scenes, side)
        assert liked == pytest.approx(2.5 * np.array(scored)[:, number])
        assert np.ptp(liked) > 0
    known = ScriptedJudge(**{style: 1e6}).compare(scenes, pairs)
    differ = np.diff(scored, axis=1).ravel()
    assert (known[differ != 0] == (differ < 0)[differ != 0]).all()


@pytest.mark.parametrize("env_id", ["TextDialogueClean-v0", "TextQA-v0"])
def test_scores_of_acts_add_up_to_utilities(env_id):
    scene = scenes_of(env_id)[0]
    policy = random_policy(scene, 0)
    collector = Collector([scene], [[policy]], 0)
    drawn = collector.episodes(2000)
    judge = ScriptedJudge(length=0.5, agreement=-1.0, confidence=2.0)
    exact = scene.expected(policy, [judge.score(scene, collector.unit)])[0]
    assert near(judge.utilities([scene], drawn), exact)
    mistaken = replace(judge, error=0.2).score(scene, collector.unit)
    assert scene.expected(policy, [mistaken])[0] == pytest.approx(0.6 * exact)


def test_a_flip_is_the_other_candidate_preferred():
    scenes = scenes_of("TextQA-v0")
    pairs = Collector(scenes, [[scene.uniform for scene in scenes]], 0).pairs(100, "episodes")
    assert flip_rate(ScriptedJudge(), scenes, pairs) == 0.0
    assert 0 < flip_rate(ScriptedJudge(position=3.0), scenes, pairs) < 1
    assert flip_rate(ScriptedJudge(position=1e3), scenes, pairs) == 1.0
    assert math.isnan(flip_rate(ScriptedJudge(skip=math.inf), scenes, pairs))
    tied = [(candidate(2.0), candidate(1.0)), (candidate(1.0), candidate(2.0))]
    for pair in tied:  # undecided in one of the orders, whichever is given first
        assert flip_rate(ScriptedJudge(position=1.0), scenes_of("TextWriting-v0"), [pair]) == 0.0


def test_an_injection_works_or_not():
    scenes = scenes_of("TextQA-v0")
    pairs = Collector(scenes, [[scene.uniform for scene in scenes]], 0).pairs(100, "episodes")
    assert injection_rate(ScriptedJudge(), scenes, pairs) == 0.0
    assert 0 < injection_rate(ScriptedJudge(injection=5.0), scenes, pairs) < 1
    assert injection_rate(ScriptedJudge(injection=1e3), scenes, pairs) == 1.0
    assert math.isnan(injection_rate(ScriptedJudge(), scenes, [(candidate(1.0), candidate(1.0))]))


@pytest.mark.parametrize(
    ("dials", "message"),
    [
        ({"error": 0.6}, "error of a judge must be between 0 and 0.5"),
        ({"error": math.nan}, "error"),
        ({"foresight": 1.1}, "foresight"),
        ({"rationality": -1.0}, "rationality of a judge must be between 0 and inf"),
        ({"length": math.inf}, "length of a judge must be a number"),
        ({"position": math.nan}, "position"),
        ({"skip": math.nan}, "skip"),
        ({"equal": -1.0}, "equal"),
    ],
)
def test_what_is_out_of_range_is_refused(dials, message):
    with pytest.raises(ValueError, match=message):
        ScriptedJudge(**dials)


def test_settings_stand_in_files():
    config = json.loads(json.dumps(ScriptedJudge(length=1.5).config, allow_nan=False))
    assert config.pop("length") == 1.5
    assert (config["rationality"], config["skip"]) == ("inf", "-inf")
    assert "name" not in config
