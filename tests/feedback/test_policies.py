"""Policies of agents: what is exact agrees with what is played."""

import math

import numpy as np
import pytest

from tests.feedback.samples import IDS, near, random_policy, random_rewards, scenes_of
from textenvs.core.env import TextEnv
from textenvs.evaluation import load_agent
from textenvs.feedback import Rewards, best_of, learn, policy_of, softened

EACH = pytest.mark.parametrize("env_id", IDS)


def play(agent, scene, episodes):
    """Gold returns of an agent in the environment itself."""
    env = TextEnv(scene.task, obs_type=agent.obs_type)
    found = []
    for seed in range(episodes):
        observation, info = env.reset(seed=seed, options={"scenario": scene.number})
        total, ended = 0.0, False
        while not ended:
            observation, reward, ended, _, info = env.step(agent.act(observation, info))
            total += reward
        found.append(total)
    return found


def trained(env_id, name, steps=3000, **options):
    scenes = scenes_of(env_id)
    if name == "rule":
        return load_agent("rule", env_id, {})
    return learn(env_id, scenes, [scene.gold for scene in scenes], name, steps, 0, **options)


@EACH
@pytest.mark.parametrize("name", ["q_learning", "sarsa", "rule"])
def test_an_agent_earns_what_its_policy_is_worth(env_id, name):
    agent = trained(env_id, name)
    for scene in scenes_of(env_id)[:2]:
        policy = policy_of(agent, scene)
        assert policy.sum(axis=-1)[:, scene.depth < scene.horizon] == pytest.approx(1.0)
        assert not policy[:, ~scene.legal].any()
        assert near(play(agent, scene, 300), scene.expected(policy, [scene.gold])[0])


@pytest.mark.parametrize("env_id", ["TextQA-v0", "TextWriting-v0"])
def test_a_network_earns_what_its_policy_is_worth(env_id):
    pytest.importorskip("sb3_contrib", reason="the extra deep is not installed")
    agent = trained(env_id, "ppo", 1024, num_envs=8, n_steps=32)
    scene = scenes_of(env_id)[0]
    assert near(play(agent, scene, 200), scene.expected(policy_of(agent, scene), [scene.gold])[0])


class Told:
    """Acts by a table of turns and states that it reads from the features, of which the last is the turn."""

    obs_type = "features"

    def __init__(self, scene):
        self.scene, self.turns = scene, []

    def act(self, observation, info):
        self.turns.append(round(float(observation[-1]) * self.scene.horizon))
        return int(np.flatnonzero(info["action_mask"])[self.turns[-1] % 2])


def test_the_turn_stands_in_features():
    scene = scenes_of("TextQA-v0")[0]
    agent = Told(scene)
    policy = policy_of(agent, scene)
    assert set(agent.turns) == set(range(scene.horizon))
    assert near(play(agent, scene, 100), scene.expected(policy, [scene.gold])[0])


@EACH
def test_a_softened_policy_may_do_anything_that_is_possible(env_id):
    scene = scenes_of(env_id)[0]
    agent = trained(env_id, "rule")
    soft = softened(agent, scene, 0.2)
    live = scene.depth < scene.horizon
    assert (soft[live][scene.legal[live]] > 0).all()
    assert not soft[~scene.legal].any()
    assert soft[live].sum(axis=1) == pytest.approx(1.0)
    assert soft[live].max(axis=1) == pytest.approx(0.8 + 0.2 / scene.legal[live].sum(axis=1))
    assert softened(agent, scene, 1.0)[live] == pytest.approx(scene.uniform[live])


@pytest.mark.parametrize(("action", "message"), [(4, "action 4 is impossible in state 0"), ("yes", "only what agents")])
def test_what_cannot_be_a_policy_is_refused(action, message):
    class Stubborn:
        obs_type = "discrete"

        def act(self, observation, info):
            return action

    scene = scenes_of("TextWriting-v0")[0]
    assert not scene.legal[0, 4]
    for make in (policy_of, lambda agent, scene: softened(agent, scene, 0.5)):
        with pytest.raises(ValueError, match=message):
            make(Stubborn(), scene)


# -- learning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["q_learning", "ppo"])
def test_the_same_seed_learns_the_same(tmp_path, name):
    if name == "ppo":
        pytest.importorskip("sb3_contrib", reason="the extra deep is not installed")
    scenes = scenes_of("TextQA-v0")
    options = {"num_envs": 4, "n_steps": 16} if name == "ppo" else {}
    files = []
    for k, seed in enumerate((1, 1, 2)):
        learner = learn("TextQA-v0", scenes, [random_rewards(each, 0) for each in scenes], name, 256, seed, **options)
        learner.save(tmp_path / str(k))
        files.append((tmp_path / str(k)).read_bytes())
    assert files[0] == files[1] != files[2]


def test_learning_is_from_the_proxy():
    (scene,) = scenes_of("TextDialogueClean-v0")
    proxy = Rewards.of(scene.style("length"))
    learner = learn("TextDialogueClean-v0", [scene], [proxy], "q_learning", 30_000, 0)
    earned = scene.expected(policy_of(learner, scene), [proxy, scene.gold])
    assert earned[0] > scene.expected(scene.optimum, [proxy])[0]
    assert earned[1] < scene.optimal - 10


@pytest.mark.parametrize("name", ["random", "optimal"])
def test_an_agent_that_does_not_learn_is_refused(name):
    scene = scenes_of("TextQA-v0")[0]
    with pytest.raises(ValueError, match=f"{name} does not learn: take q_learning"):
        learn("TextQA-v0", [scene], [scene.gold], name, 10, 0)


# -- the best of n ---------------------------------------------------------------------------------------------------


@EACH
def test_the_best_of_one_is_the_reference_and_more_are_better(env_id):
    scene = scenes_of(env_id)[-1]
    reference = random_policy(scene, 0, turns=False)
    assert best_of(scene, scene.gold, reference, 1)[0] == pytest.approx(reference)
    golds = []
    for n in (1, 2, 4, 16, 64):
        policy = best_of(scene, scene.gold, reference, n)
        assert policy.sum(axis=2) == pytest.approx(1.0)
        met = scene.occupancy(policy)
        known = math.log(n) - (n - 1) / n
        ratio = np.log(np.where(policy > 0, policy, 1.0) / np.where(policy > 0, reference, 1.0))
        assert (policy * ratio).sum(axis=2).max() <= known + 1e-9
        assert scene.divergence(policy, reference, met) <= known * met.sum() + 1e-9
        golds.append(scene.expected(policy, [scene.gold], met)[0])
    assert golds[0] == pytest.approx(scene.expected(reference, [scene.gold])[0])
    assert golds == sorted(golds), "who knows the truth does better with more to choose from"


@pytest.mark.parametrize("ahead", [True, False])
def test_the_best_of_n_is_what_drawing_gives(ahead):
    scene = scenes_of("TextQA-v0")[0]
    reference = random_policy(scene, 0, turns=False)
    proxy = random_rewards(scene, 0)
    turn = scene.horizon - 1 if ahead else 2
    worth = proxy.now[0] + (scene.horizon - 1 - turn) * proxy.each_left[0]
    if ahead:  # of the last turn comes the end of the time alone
        worth = scene.backup.action_values(proxy, turn, np.zeros(len(reference)))[0]
    rng = np.random.default_rng(0)
    drawn = rng.choice(len(worth), size=(20_000, 3), p=reference[0])
    best = drawn[np.arange(len(drawn)), worth[drawn].argmax(axis=1)]
    shares = np.bincount(best, minlength=len(worth)) / len(best)
    found = best_of(scene, proxy, reference, 3, ahead)[turn, 0]
    assert np.abs(shares - found).max() < 4 * math.sqrt(0.25 / len(best))
