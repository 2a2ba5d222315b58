"""What is shown to judges, and what an encoder tells of it."""

import numpy as np
import pytest

from tests.feedback.samples import IDS, random_policy, scenes_of
from textenvs.core.mdp import Payoff
from textenvs.core.payoffs import amounts
from textenvs.feedback import ENCODERS, Collector
from textenvs.feedback.encoders import make_encoder

EACH = pytest.mark.parametrize("env_id", IDS)


def collector_of(env_id, seed=0):
    scenes = scenes_of(env_id)
    return Collector(scenes, [[scene.uniform for scene in scenes], [random_policy(scene, 0) for scene in scenes]], seed)


def earned(scene, steps):
    """The gold return of an episode, from the payoffs themselves."""
    tables, weights, total = scene.tables, np.array(list(scene.weights.values())), 0.0
    for step in steps:
        payoff: Payoff = tables.payoffs[tables.payoff[step.outcome]]
        total += weights @ amounts(payoff, scene.horizon - step.turn - 1)
    if not payoff.terminated:
        total += weights @ tables.payoffs[tables.timeout[tables.next[step.outcome]]].terms
    return total


@EACH
def test_episodes_are_possible_and_earn_what_they_say(env_id):
    scenes = scenes_of(env_id)
    collector = collector_of(env_id)
    drawn = collector.episodes(60)
    for first, second in zip(drawn[::2], drawn[1::2], strict=True):
        assert first.scene == second.scene
    for episode in drawn:
        scene = scenes[episode.scene]
        assert [step.turn for step in episode.steps] == list(range(len(episode.steps)))
        for step, following in zip(episode.steps, episode.steps[1:], strict=False):
            assert scene.legal[step.state, step.action]
            assert scene.tables.next[step.outcome] == following.state
            assert scene.goes_on(step.outcome)
        assert len(episode.steps) == scene.horizon or not scene.goes_on(episode.steps[-1].outcome)
        assert len(episode.rewards) == len(episode.steps)
        assert episode.worth * collector.unit == pytest.approx(earned(scene, episode.steps))


@EACH
def test_replies_are_two_in_one_situation_and_worth_what_follows(env_id):
    scenes = scenes_of(env_id)
    collector = collector_of(env_id)
    pairs = collector.pairs(40, "replies")
    assert len(pairs) == 40
    for first, second in pairs:
        (one,), (other,) = first.steps, second.steps
        assert (first.scene, one.state, one.turn) == (second.scene, other.state, other.turn)
        assert one.action != other.action
        for each in (first, second):
            worth = scenes[each.scene].worth(one.turn, one.state)[each.steps[0].action]
            assert each.worth * collector.unit == pytest.approx(worth)
    scene = scenes[first.scene]
    if one.turn == scene.horizon - 1:
        assert first.rewards[0] == 0.0


def test_the_same_seed_draws_the_same():
    draw = {seed: collector_of("TextQA-v0", seed).pairs(10, "episodes") for seed in (1, 2)}
    assert draw[1] == collector_of("TextQA-v0", 1).pairs(10, "episodes") != draw[2]


def test_coverage_grows_up_to_all_that_can_be_met():
    scenes = scenes_of("TextWriting-v0")
    collector = Collector(scenes, [[scene.optimum for scene in scenes]], 0)
    assert collector.coverage() == (0.0, 0.0)
    collector.episodes(300)
    known, needed = collector.coverage()
    assert known < needed == pytest.approx(1.0)
    spread = Collector(scenes, [[scene.uniform for scene in scenes]], 0)
    spread.episodes(300)
    assert spread.coverage()[0] > known


# -- encoders --------------------------------------------------------------------------------------------------------


def summed(scene, rewards, candidate):
    """What an episode earns under a reward of states and actions."""
    total = 0.0
    for step in candidate.steps:
        left = scene.horizon - step.turn - 1
        total += rewards.now[step.state, step.action] + left * rewards.each_left[step.state, step.action]
    if left == 0 and step.outcome >= 0 and scene.goes_on(step.outcome):
        total += rewards.timeout[scene.tables.next[step.outcome]]
    return total


@EACH
@pytest.mark.usefixtures("drawn_embeddings")
@pytest.mark.parametrize("name", ENCODERS)
def test_numbers_by_weights_are_the_rewards_of_the_steps(env_id, name):
    scenes = scenes_of(env_id)
    encoder = make_encoder(name, scenes[0].task)
    collector = collector_of(env_id, 5)
    drawn = collector.episodes(60) + [each for pair in collector.pairs(20, "replies") for each in pair]
    told = encoder.encode(scenes, drawn)
    assert told.shape == (len(drawn), encoder.size)
    for seed in range(2):
        weights = np.random.default_rng(seed).normal(size=encoder.size)
        rewards = [encoder.rewards(scene, weights) for scene in scenes]
        expected = [summed(scenes[each.scene], rewards[each.scene], each) for each in drawn]
        assert told @ weights == pytest.approx(np.array(expected), abs=1e-9)


def test_the_gold_weights_on_terms_are_gold():
    for env_id in IDS:
        scene = scenes_of(env_id)[0]
        encoder = make_encoder("terms", scene.task)
        rewards = encoder.rewards(scene, np.array([*scene.weights.values(), 0.0, 0.0, 0.0]))
        for name in ("now", "each_left", "timeout"):
            assert getattr(rewards, name) == pytest.approx(getattr(scene.gold, name))


def test_words_of_a_situation_are_told_apart_by_the_action():
    scene = scenes_of("TextWriting-v0")[0]
    encoder = make_encoder("ngrams", scene.task)
    weights = np.random.default_rng(0).normal(size=encoder.size)
    now = encoder.rewards(scene, weights).now
    assert not now[~scene.legal].any()
    assert len(np.unique(now[scene.legal & (scene.depth < scene.horizon)[:, None]])) > 100


def test_an_unknown_encoder_is_refused():
    with pytest.raises(ValueError, match="did you mean 'features'"):
        make_encoder("feature", scenes_of("TextQA-v0")[0].task)
