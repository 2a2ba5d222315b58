"""Scenes: what policies earn in them, exactly."""

import numpy as np
import pytest

from tests.feedback.samples import IDS, near, random_policy, scenes_of
from tests.toys import Coin
from textenvs.core.solve import evaluate_policy
from textenvs.feedback import Collector, Scene, load_scenes, score_of
from textenvs.feedback.style import STYLES, measures_of

EACH = pytest.mark.parametrize("env_id", IDS)


@EACH
def test_random_and_optimal_are_those_of_the_solver(env_id):
    for scene in scenes_of(env_id):
        assert scene.expected(scene.uniform, [scene.gold]) == pytest.approx([scene.random], abs=1e-9)
        assert scene.expected(scene.optimum, [scene.gold]) == pytest.approx([scene.optimal], abs=1e-9)


@EACH
def test_each_term_is_what_the_solver_says_and_their_sum_is_gold(env_id):
    scene = scenes_of(env_id)[0]
    policy, names = random_policy(scene, 0), list(scene.weights)
    terms = scene.expected(policy, [scene.amounts.weighted(row) for row in np.eye(len(names))])
    for name, found in zip(names, terms, strict=True):
        only = {each: float(each == name) for each in names}
        assert found == pytest.approx(evaluate_policy(scene.task, scene.tables, policy, only), abs=1e-9)
    gold = sum(scene.weights[name] * term for name, term in zip(names, terms, strict=True))
    assert scene.expected(policy, [scene.gold]) == pytest.approx([gold], abs=1e-9)


@EACH
def test_occupancy_is_a_distribution_of_those_still_playing(env_id):
    scene = scenes_of(env_id)[0]
    met = scene.occupancy(scene.uniform)
    still = met.sum(axis=1)
    assert still[0] == pytest.approx(1.0)
    assert (np.diff(still) <= 1e-12).all()
    assert (met >= 0).all()
    assert scene.occupancy(np.broadcast_to(scene.uniform, (scene.horizon, *scene.uniform.shape))) == pytest.approx(met)
    assert (scene.depth[met[0] > 0] == 0).all()


@EACH
def test_the_best_worth_at_the_start_is_the_optimum(env_id):
    for scene in scenes_of(env_id):
        first = np.flatnonzero(scene.start()).tolist()
        best = [np.nanmax(scene.worth(0, state)) for state in first]
        assert scene.start()[first] @ best == pytest.approx(scene.optimal, abs=1e-9)
        assert (np.isnan(scene.worth(0, first[0])) == ~scene.legal[first[0]]).all()


@EACH
def test_rollouts_agree_with_what_is_exact(env_id):
    scene = scenes_of(env_id)[0]
    policy = random_policy(scene, 1)
    collector = Collector([scene], [[policy]], 0)
    episodes = collector.episodes(2000)
    assert near([each.worth * collector.unit for each in episodes], scene.expected(policy, [scene.gold])[0])
    assert near([len(each.steps) for each in episodes], scene.occupancy(policy).sum())


@EACH
def test_draws_fall_on_outcomes_with_their_probabilities(env_id):
    scene = scenes_of(env_id)[0]
    tables, n = scene.tables, 10_000
    chances = (np.arange(n) + 0.5) / n
    rows = np.flatnonzero(tables.count)
    for row in [*np.random.default_rng(0).choice(rows[:-1], 50), rows[-1]]:
        places = np.full(n, row)
        drawn = scene.outcomes(places // tables.n_actions, places % tables.n_actions, chances)
        if row == tables.n_states * tables.n_actions:
            drawn = scene.first(chances)
        span = slice(tables.start[row], tables.start[row] + tables.count[row])
        assert drawn.min() >= span.start
        counts = np.bincount(drawn - span.start, minlength=tables.count[row])
        assert np.abs(counts - n * tables.probability[span]).max() <= 1.01


@EACH
def test_what_has_ended_is_told_from_what_goes_on(env_id):
    scene = scenes_of(env_id)[0]
    tables = scene.tables
    for row in np.random.default_rng(0).choice(np.flatnonzero(tables.count[:-1]), 300).tolist():
        state, action = divmod(row, tables.n_actions)
        for outcome in range(tables.start[row], tables.start[row] + tables.count[row]):
            after = tables.states[tables.next[outcome]]
            assert scene.ended(state, action, after) == (not scene.goes_on(outcome))
    state, action = np.argwhere(~scene.legal)[0]
    assert not scene.ended(int(state), int(action), tables.states[state])


def test_the_last_turn_has_its_reward_and_an_act_that_ends_has_not():
    scene = Scene(Coin(), "train", 0, Coin.terms)
    asks, guesses = np.zeros((2, *scene.legal.shape))
    asks[:, 0] = guesses[:, 1] = 1.0
    assert scene.expected(asks, [scene.gold]) == pytest.approx([4 * -0.1 - 1.0])
    assert scene.expected(guesses, [scene.gold]) == pytest.approx([0.6 - 0.4])
    late = np.stack([asks, asks, asks, guesses])  # the prior comes back, whatever was heard
    assert scene.expected(late, [scene.gold]) == pytest.approx([3 * -0.1 + 0.2])


def test_divergence_of_a_policy_that_is_sure_counts_choices():
    for scene in scenes_of("TextQA-v0"):
        met = scene.occupancy(scene.optimum).sum(axis=0)
        assert scene.divergence(scene.optimum, scene.uniform) == pytest.approx(met @ np.log(scene.legal.sum(axis=1)))
        assert scene.divergence(scene.uniform, scene.uniform) == pytest.approx(0.0, abs=1e-12)
        assert scene.divergence(random_policy(scene, 3), scene.uniform) > 0


def test_styles_are_of_the_replies():
    scene = scenes_of("TextWriting-v0")[0]
    assert tuple(measures_of(scene.task.tone)) == STYLES
    for name, measure in measures_of(scene.task.tone).items():
        style = scene.style(name)
        assert not style[~scene.legal].any()
        state, action = np.argwhere(scene.legal)[7]
        assert style[state, action] == measure(scene.replies(state)[action])


def test_a_situation_says_what_is_shown():
    qa, dialogue = scenes_of("TextQA-v0")[0], scenes_of("TextDialogueClean-v0")[0]
    assert qa.process.shown in qa.context(0)
    assert qa.process.note(qa.tables.states[0]) in qa.context(0)
    assert dialogue.context(0) == dialogue.process.note(dialogue.tables.states[0])


def test_scenes_are_found_by_number_and_weights():
    assert [scene.number for scene in load_scenes("TextQA-v0", "test", (5, 2))] == [5, 2]
    plain, other = scenes_of("TextQA-v0")[0], load_scenes("TextQA-v0", "train", 1, reward={"act": 0.0})[0]
    assert other.optimal > plain.optimal
    assert (other.gold.now != plain.gold.now).any()
    with pytest.raises(ValueError, match="tain"):
        load_scenes("TextQA-v0", "tain")


def test_scores_run_from_random_to_optimal():
    scenes = scenes_of("TextQA-v0")
    assert score_of(scenes, np.mean([scene.random for scene in scenes])) == pytest.approx(0.0)
    assert score_of(scenes, np.mean([scene.optimal for scene in scenes])) == pytest.approx(100.0)
