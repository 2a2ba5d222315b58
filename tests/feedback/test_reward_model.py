"""The reward model: the maximum of its likelihood, and what is made of it."""

import pickle

import numpy as np
import pytest
from scipy.optimize import minimize

import textenvs
from tests.feedback.samples import scenes_of
from textenvs.feedback import Collector, RewardModel, ScriptedJudge, fit_bradley_terry, label_pairs
from textenvs.feedback.encoders import make_encoder


def synthetic(n, size, seed=0, error=0.0):
    """Differences, true weights, and labels that a Boltzmann judge draws, some of them turned."""
    rng = np.random.default_rng(seed)
    differences, true = rng.normal(size=(n, size)), rng.normal(size=size)
    labels = (rng.random(n) < 1 / (1 + np.exp(-differences @ true))).astype(float)
    turned = rng.random(n) < error
    return differences, true, np.where(turned, 1.0 - labels, labels)


def cosine(first, second):
    return first @ second / np.sqrt((first @ first) * (second @ second))


def test_weights_are_found_again():
    differences, true, labels = synthetic(40_000, 5)
    found = fit_bradley_terry(differences, labels, 1e-3)
    information = differences.T @ (differences * 0.25)
    assert (np.abs(found - true) < 6.0 * np.sqrt(np.diag(np.linalg.inv(information))) * 1.5).all()
    assert np.abs(found - true).max() < 0.1


@pytest.mark.parametrize(("n", "size"), [(300, 7), (7, 7), (20, 60)])
@pytest.mark.parametrize("penalty", [0.1, 3.0])
def test_it_is_the_maximum_that_scipy_finds(n, size, penalty):
    differences, _, labels = synthetic(n, size)
    rng = np.random.default_rng(1)
    labels = np.where(rng.random(n) < 0.5, rng.random(n), labels)
    for counts in (None, rng.integers(4, size=n).astype(float)):
        weighed = np.ones(n) if counts is None else counts

        def loss(w, weighed=weighed):
            z = differences @ w
            return (weighed * (np.logaddexp(0, z) - labels * z)).sum() + penalty / 2 * w @ w

        def slope(w, weighed=weighed):
            z = differences @ w
            return differences.T @ (weighed * (1 / (1 + np.exp(-z)) - labels)) + penalty * w

        best = minimize(loss, np.zeros(size), jac=slope, method="L-BFGS-B", options={"ftol": 1e-16, "gtol": 1e-10})
        found = fit_bradley_terry(differences, labels, penalty, counts)
        assert found == pytest.approx(best.x, abs=1e-5)
        assert np.abs(slope(found)).max() < 1e-7


def test_pairs_that_count_twice_are_pairs_that_are_there_twice():
    differences, _, labels = synthetic(50, 4)
    twice = fit_bradley_terry(np.vstack([differences] * 2), np.tile(labels, 2), 1.0)
    assert fit_bradley_terry(differences, labels, 1.0, np.full(50, 2.0)) == pytest.approx(twice, abs=1e-8)


def test_mistakes_of_both_kinds_shrink_weights_and_keep_their_direction():
    differences, true, labels = synthetic(40_000, 6, error=0.25)
    found = fit_bradley_terry(differences, labels, 1.0)
    assert cosine(found, true) > 0.99
    assert found @ found < 0.5 * true @ true


def test_far_apart_pairs_do_not_overflow():
    differences = np.array([[1e4], [1e4], [-1e4]])
    found = fit_bradley_terry(differences, np.array([1.0, 1.0, 0.0]), 1e-6)
    assert np.isfinite(found).all()
    assert found[0] > 0


# -- of scenes -------------------------------------------------------------------------------------------------------


def judged(env_id, number, unit="episodes", **dials):
    scenes = scenes_of(env_id)
    pairs = Collector(scenes, [[scene.uniform for scene in scenes]], 1).pairs(number, unit)
    return scenes, label_pairs(ScriptedJudge(**dials), scenes, pairs, 0)


def test_what_is_wanted_is_learned_from_episodes():
    scenes, preferences = judged("TextQA-v0", 2000, rationality=1.0)
    model = RewardModel.fit(scenes, preferences, "terms", penalty=0.1)
    assert model.unit == "episodes"
    score = model.score(scenes, [each for pair in preferences for each in pair.pair])[0]
    worth = [each.worth for pair in preferences for each in pair.pair]
    assert np.corrcoef(score, worth)[0, 1] > 0.95
    rewards = [model.rewards(scene) for scene in scenes]
    for scene, each in zip(scenes, rewards, strict=True):
        assert scene.expected(scene.optimum, [each])[0] > scene.expected(scene.uniform, [each])[0]


@pytest.mark.parametrize("env_id", ["TextDialogueClean-v0", "TextQA-v0"])
@pytest.mark.parametrize("encoder", ["terms", "features"])
def test_the_best_reply_of_each_situation_is_worth_nothing_at_once(env_id, encoder):
    scenes, preferences = judged(env_id, 200, "replies")
    model = RewardModel.fit(scenes, preferences, encoder)
    assert model.unit == "replies"
    scene = scenes[0]
    rewards, told = model.rewards(scene), make_encoder(encoder, scene.task).rewards(scene, model.weights[0])
    worth = np.where(scene.legal, rewards.now, -np.inf)
    assert worth.max(axis=1) == pytest.approx(0.0, abs=1e-12)
    assert worth[scene.legal].min() < -0.1
    assert np.array_equal(rewards.each_left, told.each_left)
    assert np.array_equal(rewards.timeout, told.timeout)


def test_replies_keep_their_order():
    scenes, preferences = judged("TextDialogueClean-v0", 300, "replies")
    model = RewardModel.fit(scenes, preferences)
    rewards = model.rewards(scenes[0])
    for each in preferences:
        (one,), (other,) = (candidate.steps for candidate in each.pair)
        worth = rewards.now + (scenes[0].horizon - one.turn - 1) * rewards.each_left
        first, second = model.score(scenes, each.pair)[0]
        assert worth[one.state, one.action] - worth[other.state, other.action] == pytest.approx(
            first - second, abs=1e-9
        )


def test_an_ensemble_agrees_more_with_more_pairs_and_caution_takes_off():
    spreads = []
    for number in (30, 1000):
        scenes, preferences = judged("TextQA-v0", number, rationality=0.5)
        model = RewardModel.fit(scenes, preferences, "terms", members=8, seed=3)
        chances, spread = model.prefers(scenes, [each.pair for each in judged("TextQA-v0", 50)[1]])
        assert ((chances >= 0) & (chances <= 1)).all()
        spreads.append(spread.mean())
    assert 0 < spreads[1] < 0.5 * spreads[0]
    plain, careful = (model.rewards(scenes[0], caution) for caution in (0.0, 2.0))
    assert (careful.now <= plain.now).all()
    assert (careful.now < plain.now).any()
    alone = RewardModel.fit(scenes, preferences, "terms")
    assert (alone.rewards(scenes[0], 2.0).now == alone.rewards(scenes[0]).now).all()


def test_the_same_seed_fits_the_same():
    scenes, preferences = judged("TextQA-v0", 60)
    fits = [RewardModel.fit(scenes, preferences, "ngrams", members=2, seed=seed).weights for seed in (0, 0, 1)]
    assert (fits[0] == fits[1]).all()
    assert (fits[0] != fits[2]).any()


def test_pairs_on_which_the_judge_passes_are_left_out():
    scenes, preferences = judged("TextQA-v0", 100, skip=0.0)
    kept = [each for each in preferences if each.label == each.label]
    assert 0 < len(kept) < len(preferences)
    assert (RewardModel.fit(scenes, preferences).weights == RewardModel.fit(scenes, kept).weights).all()
    with pytest.raises(ValueError, match="no pair of which the judge says anything"):
        RewardModel.fit(scenes, [each for each in preferences if each.label != each.label])


@pytest.mark.parametrize("settings", [{"penalty": 0.0}, {"penalty": float("nan")}, {"members": 0}])
def test_what_is_out_of_range_is_refused(settings):
    scenes, preferences = judged("TextQA-v0", 10)
    with pytest.raises(ValueError, match="penalty must be a number above 0, and members 1 at least"):
        RewardModel.fit(scenes, preferences, **settings)


# -- its file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    scenes, preferences = judged("TextDialogueClean-v0", 20)
    model = RewardModel.fit(scenes, preferences, "terms", members=2)
    model.save(tmp_path / "model.npz")
    return model, tmp_path / "model.npz"


def test_it_comes_back(saved):
    model, path = saved
    again = RewardModel.load(path, textenvs.task_of("TextDialogue-v0"))
    assert (again.weights == model.weights).all()
    assert (again.encoder, again.unit, again.terms) == (model.encoder, model.unit, model.terms)
    before = path.read_bytes()
    again.save(path)
    assert RewardModel.load(path, textenvs.task_of("TextDialogue-v0")).weights.tobytes() == model.weights.tobytes()
    assert len(path.read_bytes()) == len(before)


@pytest.mark.parametrize("env_id", ["TextQA-v0", "TextWriting-v0"])
def test_a_model_of_another_task_is_refused(saved, env_id):
    with pytest.raises(ValueError, match=r"holds no reward model for this task \(it judges another task\): fit it"):
        RewardModel.load(saved[1], textenvs.task_of(env_id))


def test_a_damaged_file_is_refused(saved, tmp_path):
    model, path = saved
    whole = path.read_bytes()
    with np.load(path) as file:
        meta = file["meta"]

    def stored(weights, meta=meta):
        np.savez(path, weights=weights, meta=meta)

    damages = [
        lambda: path.write_bytes(b""),
        lambda: path.write_bytes(b"text"),
        lambda: path.write_bytes(whole[: len(whole) // 2]),
        lambda: path.write_bytes(pickle.dumps({"weights": 1})),
        lambda: stored(np.array([[None]], dtype=object)),
        lambda: stored(model.weights[:, :-1]),
        lambda: stored(model.weights[0]),
        lambda: stored(np.full_like(model.weights, np.nan)),
        lambda: stored(model.weights, np.array("{")),
        lambda: stored(model.weights, np.array("[]")),
        lambda: stored(model.weights, np.array('{"format": "textenvs-reward-model/2"}')),
        lambda: stored(model.weights, np.array(str(meta).replace("terms", "words", 1))),
        lambda: stored(model.weights, np.array(str(meta).replace("episodes", "words"))),
    ]
    for damage in damages:
        damage()
        with pytest.raises(ValueError, match=r"holds no reward model for this task .*fit it again"):
            RewardModel.load(path, textenvs.task_of("TextDialogue-v0"))
    with pytest.raises(FileNotFoundError):
        RewardModel.load(tmp_path / "none.npz", textenvs.task_of("TextDialogue-v0"))
