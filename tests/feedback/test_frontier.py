"""The frontier is the most that is to be had: no policy lies above it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.feedback.samples import IDS, random_policy, random_rewards, scenes_of
from textenvs.evaluation import load_agent
from textenvs.feedback import Frontier, best_of, evaluate, learn, policy_of, soft_optimum, softened

EACH = pytest.mark.parametrize("env_id", IDS)


def worth(scene, rewards, reference, penalty, policy):
    return scene.expected(policy, [rewards])[0] - penalty * scene.divergence(policy, reference)


@EACH
@pytest.mark.parametrize("penalty", [0.1, 1.0, 10.0])
def test_nothing_is_worth_more_than_the_soft_optimum(env_id, penalty):
    scene = scenes_of(env_id)[-1]
    rewards, reference = random_rewards(scene, 0), random_policy(scene, 0, turns=False)
    policy, best = soft_optimum(scene, rewards, reference, penalty)
    assert policy[:, scene.legal.any(axis=1)].sum(axis=-1) == pytest.approx(1.0)
    assert worth(scene, rewards, reference, penalty, policy) == pytest.approx(best, abs=1e-8)
    for seed in range(3):
        other = random_policy(scene, seed)
        for share in (0.01, 0.3, 1.0):
            mixed = (1.0 - share) * policy + share * other
            assert worth(scene, rewards, reference, penalty, mixed) < best
    for other in (scene.optimum, scene.uniform, reference):
        assert worth(scene, rewards, reference, penalty, other) < best


@EACH
def test_without_a_penalty_it_is_the_optimum_and_with_a_large_one_the_reference(env_id):
    scene = scenes_of(env_id)[0]
    reference = random_policy(scene, 0, turns=False)
    policy, best = soft_optimum(scene, scene.gold, reference, 0.0)
    assert best == pytest.approx(scene.optimal, abs=1e-9)
    assert scene.expected(policy, [scene.gold]) == pytest.approx([scene.optimal], abs=1e-9)
    policy, best = soft_optimum(scene, scene.gold, reference, 1e7)
    live = scene.depth < scene.horizon
    assert np.abs(policy[:, live] - reference[live]).max() < 1e-4
    assert best == pytest.approx(scene.expected(reference, [scene.gold])[0], abs=1e-3)


@pytest.fixture(scope="module", params=["TextQA-v0", "TextWriting-v0"])
def made(request):
    """Scenes, a reference, a proxy that is not gold, and policies of all kinds."""
    env_id = request.param
    scenes = scenes_of(env_id)
    rule = load_agent("rule", env_id, {})
    references = [softened(rule, scene, 0.3) for scene in scenes]
    proxies = [scene.gold.plus(0.2 * scene.style("length")) for scene in scenes]
    learned = learn(env_id, scenes, proxies, "q_learning", 3000, 0)
    policies = {
        "uniform": [scene.uniform for scene in scenes],
        "optimal": [scene.optimum for scene in scenes],
        "reference": references,
        "rule": [policy_of(rule, scene) for scene in scenes],
        "learned": [policy_of(learned, scene) for scene in scenes],
        "random": [random_policy(scene, 1) for scene in scenes],
        "perturbed": [
            0.99 * soft_optimum(scene, proxy, reference, 0.1)[0] + 0.01 * random_policy(scene, 2)
            for scene, proxy, reference in zip(scenes, proxies, references, strict=True)
        ],
    }
    for n in (2, 16):
        policies[f"best of {n}"] = [best_of(*each, n) for each in zip(scenes, proxies, references, strict=True)]
    points = {name: evaluate(scenes, each, proxies, references) for name, each in policies.items()}
    return scenes, references, proxies, points


def test_no_policy_lies_above_a_frontier(made):
    scenes, references, proxies, points = made
    of_proxy, of_gold = (Frontier(scenes, each, references) for each in (proxies, [scene.gold for scene in scenes]))
    assert max(of_proxy.excess(point, point.proxy) for point in points.values()) <= 1e-6
    assert max(of_gold.excess(point, point.gold) for point in points.values()) <= 1e-6
    assert max(of_gold.excess(point, point.gold) for point in of_proxy.points(proxies)) <= 1e-6


def test_the_points_of_a_frontier_lie_on_it_and_what_is_better_above(made):
    scenes, references, proxies, points = made
    frontier = Frontier(scenes, proxies, references)
    for point in frontier.points(proxies):
        assert frontier.excess(point, point.proxy) == pytest.approx(0.0, abs=1e-7)
        better = replace(point, proxy=point.proxy + 0.01)
        assert frontier.excess(better, better.proxy) == pytest.approx(0.01, abs=1e-7)
    assert frontier.excess(points["uniform"], points["uniform"].proxy) < -1e-3
    cheap = replace(points["optimal"], divergence=0.0)
    assert frontier.excess(cheap, frontier.penalised(0.0)) > 0.01


def test_a_smaller_penalty_buys_more(made):
    scenes, references, proxies, _ = made
    frontier = Frontier(scenes, proxies, references)
    found = frontier.points(proxies)
    assert (np.diff([point.penalty for point in found]) < 0).all()
    for name in ("divergence", "proxy"):
        steps = np.diff([getattr(point, name) for point in found])
        assert (steps[:12] > 0).all()
        assert (steps > -1e-9).all()
    start = evaluate(scenes, references, proxies, references)
    assert start.divergence == pytest.approx(0.0, abs=1e-12)
    assert frontier.scale == pytest.approx((frontier.penalised(0.0) - start.proxy) / 10.0)
    assert found[0].proxy == pytest.approx(start.proxy, abs=0.1 * frontier.scale)


def test_where_nothing_is_to_be_gained_penalties_are_as_they_are():
    scene = scenes_of("TextQA-v0")[0]
    nothing = replace(scene.gold, now=0 * scene.gold.now, timeout=0 * scene.gold.timeout)
    assert Frontier([scene], [nothing], [scene.uniform]).scale == 1.0
