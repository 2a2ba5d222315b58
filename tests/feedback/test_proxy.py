"""A proxy in place of gold: the same rewards in the environment, in a batch, in a wrapper and in the tables."""

import copy
import pickle

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import RecordEpisodeStatistics

import textenvs  # noqa: F401
from tests.feedback.samples import IDS, random_policy, random_rewards, scenes_of
from textenvs.core.env import TextEnv
from textenvs.core.solve import evaluate_policy
from textenvs.core.vector import TextVectorEnv
from textenvs.evaluation import load_agent
from textenvs.feedback import ProxyReward, ProxyTask, penalised

EACH = pytest.mark.parametrize("env_id", IDS)


class Given:
    """A proxy of random rewards."""

    def rewards(self, scene):
        return random_rewards(scene, 1)


def task_of(*scenes):
    return ProxyTask(scenes, [random_rewards(scene, 1) for scene in scenes])


def play(env, number, actions, seed, reset_options):
    """All that an environment gives in an episode: observations, rewards, infos."""
    observation, info = env.reset(seed=seed, options=reset_options)
    found = [(observation, 0.0, info)]
    for action in actions:
        observation, reward, ended, _, info = env.step(int(action))
        found.append((observation, reward, info))
        if ended:
            break
    return found


@EACH
@pytest.mark.parametrize("obs_type", ["discrete", "features", "text"])
def test_environment_batch_and_wrapper_give_the_same(env_id, obs_type):
    number = IDS[env_id] - 1
    scene = scenes_of(env_id)[number]
    rng = np.random.default_rng(0)
    task = task_of(scene)
    single = TextEnv(task, obs_type=obs_type)
    batch = TextVectorEnv(task, 12, obs_type=obs_type, autoreset_mode="Disabled")
    wrapped = ProxyReward(gym.make(env_id, obs_type=obs_type), Given())
    actions = rng.integers(scene.tables.n_actions, size=(scene.horizon, 12))  # impossible ones among them
    actions[:, :4] = [[4 if env_id == "TextWriting-v0" else 0]]  # some play until the time is up, or nearly
    observations, _ = batch.reset(seed=7)
    rows = [[observations[row]] for row in range(12)]
    gains = [[0.0] for _ in range(12)]
    ended = np.zeros(12, dtype=bool)
    for acts in actions:
        if ended.all():
            break
        observations, rewards, terminated, _, _ = batch.step(acts)
        for row in np.flatnonzero(~ended):
            rows[row].append(observations[row])
            gains[row].append(rewards[row])
        ended |= terminated
        if ended.any() and not ended.all():
            batch.reset(options={"reset_mask": ended.copy()})
    for row in range(12):
        alone = play(single, number, actions[:, row], 7 + row, None)
        other = play(wrapped, number, actions[:, row], 7 + row, {"scenario": number})
        assert [gain for _, gain, _ in alone] == [gain for _, gain, _ in other] == gains[row]
        for (seen, _, _), (also, _, _), third in zip(alone, other, rows[row], strict=True):
            assert np.array_equal(seen, also)
            assert np.array_equal(seen, third)
    assert len({len(each) for each in gains}) > 1 or env_id == "TextWriting-v0"


@EACH
def test_rewards_are_those_of_the_state_the_act_and_the_turn(env_id):
    scene = scenes_of(env_id)[0]
    rewards, task = random_rewards(scene, 1), task_of(scene)
    env = TextEnv(task, obs_type="discrete")
    rng = np.random.default_rng(0)
    timeouts = 0
    for seed in range(40):
        _, info = env.reset(seed=seed)
        ended, turn = False, 0
        while not ended:
            impossible = rng.random() < (0.95 if seed % 2 else 0.3) and not info["action_mask"].all()
            action = int(rng.choice(np.flatnonzero(info["action_mask"] != impossible)))
            state = scene.numbers[env.state]
            _, gained, ended, _, info = env.step(action)
            left = scene.horizon - turn - 1
            expected = rewards.now[state, action] + left * rewards.each_left[state, action]
            if impossible:
                expected = rewards.now[scene.legal].min()
            if left == 0 and not scene.ended(state, action, env.state):
                expected += rewards.timeout[scene.numbers[env.state]]
                timeouts += 1
            assert gained == pytest.approx(expected, abs=1e-12)
            turn += 1
    assert timeouts


@EACH
def test_the_tables_are_worth_what_the_scene_says(env_id):
    scenes = scenes_of(env_id)
    task = task_of(*scenes)
    assert task.n_scenarios("train") == task.n_scenarios("test") == len(scenes)
    for number, scene in enumerate(scenes):
        policy = random_policy(scene, 2)
        tables = task.compiled("train", number)
        expected = scene.expected(policy, [random_rewards(scene, 1)])[0]
        assert evaluate_policy(task, tables, policy) == pytest.approx(expected, abs=1e-9)
        assert tables.payoffs[0] == task.invalid


def test_nothing_tells_gold():
    scene = scenes_of("TextQA-v0")[0]
    env = TextEnv(task_of(scene), obs_type="discrete")
    inside = RecordEpisodeStatistics(gym.make("TextQA-v0", obs_type="discrete"))
    for proxied, told in ((env, {"proxy"}), (ProxyReward(inside, Given()), set())):
        _, info = proxied.reset(seed=0)
        ended = False
        while not ended:
            assert info.keys() <= {"action_mask", "choices", "reward_terms", "metrics"}
            assert info.get("reward_terms", {}).keys() == told
            _, _, ended, _, info = proxied.step(int(np.flatnonzero(info["action_mask"])[-1]))
        assert not info.get("metrics")
        assert "episode" not in info
    with pytest.raises(ValueError, match="reward term"):
        TextEnv(ProxyTask([scene], [scene.gold]), reward={"answer": 1.0})


def test_free_sentences_are_choices_and_whole_texts_are_no_reward():
    scene = scenes_of("TextWriting-v0")[0]
    task = task_of(scene)
    env = TextEnv(task, obs_type="discrete", action_type="text")
    env.reset(seed=0)
    state = scene.numbers[env.state]
    rewards = random_rewards(scene, 1)
    _, reward, *_ = env.step(scene.replies(state)[0])
    left = scene.horizon - 1
    assert reward == pytest.approx(rewards.now[state, 0] + left * rewards.each_left[state, 0])
    with pytest.raises(ValueError, match="length"):
        TextEnv(task, reward={"length": 1.0})


@EACH
def test_a_wrapper_keeps_gold_for_whoever_watches(env_id):
    env = ProxyReward(gym.make(env_id, obs_type="discrete"), Given())
    plain = gym.make(env_id, obs_type="discrete")
    rng = np.random.default_rng(0)
    golds, proxies = [], []
    for seed in range(8):
        _, info = env.reset(seed=seed)
        plain.reset(seed=seed)
        gold = proxy = 0.0
        ended = False
        while not ended:
            action = int(rng.choice(np.flatnonzero(info["action_mask"])))
            _, reward, ended, _, info = env.step(action)
            proxy += reward
            gold += plain.step(action)[1]
        golds.append(gold)
        proxies.append(proxy)
    assert env.gold_returns == pytest.approx(golds)
    assert env.proxy_returns == pytest.approx(proxies)
    assert len(set(golds)) > 1 or env_id == "TextDialogueClean-v0"


def test_an_episode_that_is_cut_short_is_noted():
    env = ProxyReward(gym.make("TextQA-v0", obs_type="discrete", max_episode_steps=2), Given())
    _, info = env.reset(seed=0, options={"scenario": 1})
    for _ in range(2):
        _, _, _, truncated, info = env.step(int(np.flatnonzero(info["action_mask"])[0]))
    assert truncated
    assert len(env.gold_returns) == 1


@EACH
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_gymnasium_finds_no_fault(env_id):
    env = ProxyReward(gym.make(env_id, obs_type="features"), Given())
    check_env(env, skip_render_check=True)
    again = gym.make(env.spec)
    assert again.reset(seed=1)[0] == pytest.approx(env.reset(seed=1)[0])
    assert again.step(0)[1] == env.step(0)[1]


@pytest.mark.parametrize("make", [lambda: gym.make("CartPole-v1"), lambda: gym.make("TextQA-v0", action_type="text")])
def test_other_environments_are_refused(make):
    with pytest.raises(ValueError, match='action_type="choice"'):
        ProxyReward(make(), Given())


def test_the_tables_teach_what_the_environment_teaches():
    pytest.importorskip("numba", reason="the extra fast is not installed")

    class Slow(TextEnv):
        """Is not learned from its tables."""

    for env_id in ("TextDialogueClean-v0", "TextQA-v0"):
        task = task_of(scenes_of(env_id)[0])
        learned = []
        for kind in (TextEnv, Slow):
            agent = load_agent("q_learning", env_id, {})
            training = agent.train(kind(task, obs_type="discrete"), 4000, 5)
            learned.append((agent.values, agent.counts, training.curve))
        assert learned[0] == learned[1]


def test_a_task_can_be_copied():
    task = task_of(scenes_of("TextQA-v0")[0])
    for again in (copy.deepcopy(task), pickle.loads(pickle.dumps(task))):
        assert again.invalid == task.invalid
        assert again.n_actions == task.n_actions


def test_a_penalty_is_the_divergence_of_a_policy_that_is_sure():
    for scene in scenes_of("TextQA-v0"):
        reference = random_policy(scene, 0, turns=False)
        rewards = penalised(scene.gold, scene, reference, 0.3)
        expected = scene.optimal - 0.3 * scene.divergence(scene.optimum, reference)
        assert scene.expected(scene.optimum, [rewards]) == pytest.approx([expected])
        assert penalised(scene.gold, scene, reference, 0.0) is scene.gold
        assert np.isfinite(rewards.now).all()
