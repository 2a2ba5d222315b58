"""Rewards of a task's own terms and of measures of its texts."""

import copy
import pickle

import gymnasium as gym
import numpy as np
import pytest

import textenvs
from tests.toys import Coin
from textenvs import rewards, testing
from textenvs.core import loading
from textenvs.core.composition import compose, text_terms
from textenvs.core.env import TextEnv


def episode(env, actions, seed):
    """Steps of one episode, until it ends: (reward, info)."""
    env.reset(seed=seed)
    steps = []
    for action in actions:
        _, reward, ended, _, info = env.step(action)
        steps.append((reward, info))
        if ended:
            break
    return steps


@pytest.mark.parametrize("seed", range(5))
def test_measures_of_a_draft_sum_to_those_of_its_end(seed):
    weights = {"edit_f05": 2.0, "token_f1": 1.0, "length": -0.1}
    env = gym.make("TextWriting-v0", reward=weights)
    actions = np.random.default_rng(seed).integers(5, size=30).tolist()
    steps = episode(env, actions, seed)
    draft = env.unwrapped._graph.process.draft
    changes = env.unwrapped._node.state.changes
    assert "metrics" in steps[-1][1]
    sums = {name: sum(info["reward_terms"][name] for _, info in steps) for name in (*weights, "f05")}
    final = draft.revised(changes)
    assert sums["token_f1"] == pytest.approx(
        rewards.token_f1(final, draft.right) - rewards.token_f1(draft.text, draft.right)
    )
    assert sums["edit_f05"] == pytest.approx(rewards.edit_f05(draft.text, final, draft.right) - (not draft.mistakes))
    assert sums["length"] == pytest.approx(rewards.length(final) - rewards.length(draft.text))
    for reward, info in steps:
        terms = info["reward_terms"]
        own = terms["f05"] + terms["invalid"]
        assert reward == pytest.approx(own + sum(weight * terms[name] for name, weight in weights.items()))


def test_measures_of_a_reply():
    env = gym.make("TextDialogue-v0", reward={"length": -0.5, "success": 0.0})
    _, info = env.reset(seed=1)
    said = info["choices"][6]
    _, reward, _, _, info = env.step(6)
    assert info["reward_terms"]["length"] == len(said.split())
    assert reward == -1.0 - 0.5 * len(said.split())


def test_a_batch_pays_the_same():
    kwargs = {"obs_type": "discrete", "reward": {"length": -0.5, "repetition": -1.0}}
    native = gym.make_vec("TextDialogueClean-v0", 3, **kwargs)
    sync = gym.make_vec("TextDialogueClean-v0", 3, vectorization_mode="sync", **kwargs)
    native.reset(seed=5), sync.reset(seed=5)
    actions = np.random.default_rng(0).integers(16, size=(40, 3))
    for row in actions:
        ours, theirs = native.step(row), sync.step(row)
        assert np.array_equal(ours[1], theirs[1])
        assert testing.same(ours[4]["reward_terms"], theirs[4]["reward_terms"])


def test_reference_scores_are_computed_for_the_new_reward():
    reward = {"length": -0.1}
    scores = textenvs.reference_scores("TextDialogueClean-v0", "train", reward=reward)
    own = textenvs.reference_scores("TextDialogueClean-v0", "train")
    assert scores.random < own.random
    assert scores.optimal < own.optimal
    agent = textenvs.load_agent("optimal", "TextDialogueClean-v0", {"reward": reward})
    records = textenvs.evaluate(
        agent, "TextDialogueClean-v0", split="train", episodes=300, env_kwargs={"reward": reward}
    )
    returns = np.array([record.episodic_return for record in records])
    assert abs(returns.mean() - scores.optimal) < 4 * returns.std() / len(returns) ** 0.5
    assert {"turn", "success", "length"} < set(records[0].reward_terms)


def test_reference_scores_are_withheld_with_the_reason():
    with pytest.raises(ValueError, match="too many states"):
        textenvs.reference_scores("TextWriting-v0", reward={"length": -0.1})
    with pytest.raises(ValueError, match='vectorization_mode="sync"'):
        gym.make_vec("TextWriting-v0", 2, reward={"length": -0.1}).reset(seed=0)


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        ({"rouge_l": 1.0}, "references, which the texts of this task do not have: the terms are turn, success"),
        ({"sari": 1.0}, "references"),
        ({"lenght": 1.0}, "did you mean 'length'"),
        ({"length": "much"}, "must be a number"),
        ({"length": True}, "must be a number"),
        ({"length": float("nan")}, "must be a number"),
        ("edits", "'edits'"),
        (3, "weights by term"),
    ],
)
def test_bad_rewards_are_told(reward, message):
    with pytest.raises(ValueError, match=message):
        gym.make("TextDialogue-v0", reward=reward)


def test_named_rewards():
    assert gym.make("TextWriting-v0", reward="edits").unwrapped._weights == (0.0, 1.0, 2.0, 1.0)
    with pytest.raises(ValueError, match="did you mean 'edits'"):
        gym.make("TextWriting-v0", reward="edit")


def test_a_task_without_texts_has_no_measures():
    assert text_terms(Coin()) == []
    with pytest.raises(ValueError, match="no act of this task brings forth: the terms are gain, invalid"):
        TextEnv(Coin(), reward={"length": 1.0})


def test_one_task_for_the_same_measures():
    task = textenvs.task_of("TextWriting-v0")
    assert compose(task, {"length": 1.0})[0] is compose(task, {"length": 2.0})[0]
    assert compose(task, {"f05": 1.0})[0] is task


def test_replies_in_own_words_are_measured():
    env = gym.make("TextDialogue-v0", action_type="text", reward={"length": -0.1})
    env.reset(seed=1)
    _, _, _, _, info = env.step("What kind of food would you like?")
    assert info["reward_terms"]["length"] > 3


def test_weights_may_be_of_numpy():
    assert gym.make("TextDialogue-v0", reward={"length": np.float32(0.5)}).unwrapped._weights[-1] == 0.5


def test_measures_of_no_weight_leave_the_scale():
    own = textenvs.reference_scores("TextWriting-v0", "test")
    scores = textenvs.reference_scores("TextWriting-v0", "test", reward={"token_f1": 0.0})
    assert scores.optimal == pytest.approx(own.optimal)


def test_graphs_are_let_go(monkeypatch):
    monkeypatch.setattr(loading, "NODES", 2000)
    loading.forget_graphs()
    env = gym.make("TextWriting-v0", obs_type="discrete")
    rng = np.random.default_rng(0)
    env.reset(seed=0)
    for _ in range(5000):
        if env.step(int(rng.integers(5)))[2]:
            env.reset()
    assert sum(len(graph) + loading.GRAPH for graph in loading._GRAPHS.values()) < 2 * 2000
    held = len(loading._GRAPHS)
    for _ in range(50):
        copy.deepcopy(env).reset()
    assert len(loading._GRAPHS) <= held + 50
    assert copy.deepcopy(env).unwrapped.task is env.unwrapped.task
    loading.forget_graphs()


def test_the_size_of_all_graphs_is_kept_as_they_grow(monkeypatch):
    def counted():
        return sum(len(graph) for graph in loading._GRAPHS.values())

    monkeypatch.setattr(loading, "NODES", 300)
    loading.forget_graphs()
    assert loading._SIZE.total == counted() == 0
    envs = [gym.make(name) for name in ("TextWriting-v0", "TextDialogueClean-v0", "TextQA-v0") for _ in range(2)]
    rng = np.random.default_rng(0)
    ended, let_go, begun = [True] * len(envs), 0, 0
    for _ in range(400):
        for k, env in enumerate(envs):
            if ended[k]:
                task = env.unwrapped.task
                scenario = int(rng.integers(task.n_scenarios("train")))
                new = (task, "train", scenario) not in loading._GRAPHS
                loading.load_graph(task, "train", scenario)
                held = counted() + loading.GRAPH * len(loading._GRAPHS)
                assert not new or held <= 300 or len(loading._GRAPHS) == 1
                env.reset(seed=begun, options={"scenario": scenario})
                begun += 1
            ended[k] = env.step(int(rng.integers(env.action_space.n)))[2]
            let_go += env.unwrapped._graph not in loading._GRAPHS.values()
            assert loading._SIZE.total == counted()
    assert let_go, "graphs that were let go, and are still played on, do not count"
    loading.forget_graphs()
    envs[0].reset(seed=1)
    for env in envs[1:]:
        env.reset(seed=2)
        env.step(0)
    assert loading._SIZE.total == counted() > 0
    loading.forget_graphs()
    assert loading._SIZE.total == 0


def test_a_graph_in_use_is_kept(monkeypatch):
    loading.forget_graphs()
    monkeypatch.setattr(loading, "NODES", 2000)
    used, others = gym.make("TextDialogueClean-v0"), gym.make("TextWriting-v0")
    rng = np.random.default_rng(0)
    for env in (used, others) * 200:
        env.reset(seed=0 if env is used else None)
        for _ in range(3):
            if env.step(int(rng.integers(5)))[2]:
                break
    assert loading.load_graph(used.unwrapped.task, "train", 0) is used.unwrapped._graph
    loading.forget_graphs()


def test_prices_are_kept_of_one_reward_alone():
    expected = {}
    for weight in (0.1, 0.2, 0.1):
        env = gym.make("TextDialogueClean-v0", reward={"turn": weight})
        env.reset(seed=0)
        reward = env.step(0)[1]
        assert expected.setdefault(weight, reward) == reward
    assert expected[0.1] != expected[0.2]


def test_copies_go_on():
    env = gym.make("TextWriting-v0", reward={"length": -0.1})
    env.reset(seed=2)
    env.step(0)
    again = pickle.loads(pickle.dumps(env))
    assert testing.same(env.step(0), again.step(0))
