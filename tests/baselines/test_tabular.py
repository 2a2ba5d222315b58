import json

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

import textenvs
from textenvs.evaluation import load_agent
from textenvs_baselines.q_learning import QLearningAgent
from textenvs_baselines.sarsa import SarsaAgent
from textenvs_baselines.schedule import Config, Explorer

ID = "TextDialogueClean-v0"
LEARNERS = [QLearningAgent, SarsaAgent]
both = pytest.mark.parametrize("learner", LEARNERS)


class Identity(gym.Env):
    """The right action is the observation's number; ten a episode; some actions are masked."""

    observation_space = spaces.Discrete(5)
    action_space = spaces.Discrete(5)

    def __init__(self, masked=False):
        self.masked = masked

    def info(self):
        mask = np.ones(5, np.int8)
        if self.masked:
            mask[(self.number + 1) % 5] = 0
        return {"action_mask": mask} if self.masked else {}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.number, self.turn = int(self.np_random.integers(5)), 0
        return self.number, self.info()

    def step(self, action):
        assert not self.masked or self.info()["action_mask"][action], "a masked action was taken"
        reward = float(action == self.number)
        self.number, self.turn = int(self.np_random.integers(5)), self.turn + 1
        return self.number, reward, False, self.turn == 10, self.info()


@both
@pytest.mark.parametrize("masked", [False, True])
def test_an_identity_task_is_learned(learner, masked):
    agent = learner("", {}, discount=0.5)
    training = agent.train(Identity(masked), 5000, seed=0)
    assert training.steps == 5000
    for number in range(5):
        mask = np.ones(5, np.int8)
        assert agent.act(number, {"action_mask": mask}) == number
        assert agent.act(number, {}) == number
        mask[number] = 0
        assert agent.act(number, {"action_mask": mask}) != number


@both
def test_a_vector_environment_is_learned_too(learner):
    agent = learner("", {}, discount=0.5)
    training = agent.train(gym.vector.SyncVectorEnv([Identity] * 6), 6000, seed=0)
    assert 6000 <= training.steps < 6012
    assert all(agent.act(number, {}) == number for number in range(5))
    assert len(training.curve) == pytest.approx(600, abs=12)


@both
@pytest.mark.parametrize(
    ("env_id", "kwargs", "settings", "steps", "good"),
    [
        ("FrozenLake-v1", {"is_slippery": False}, {"discount": 0.95, "step_size_floor": 0.2}, 40_000, 1.0),
        ("CliffWalking-v1", {"max_episode_steps": 200}, {"discount": 1.0, "step_size_floor": 0.2}, 60_000, -25.0),
    ],
)
def test_textbook_environments(learner, env_id, kwargs, settings, steps, good):
    agent = learner("", {}, epsilon_start=1.0, **settings)
    agent.train(gym.make(env_id, **kwargs), steps, seed=1)
    env = gym.make(env_id, **kwargs)
    observation, info = env.reset(seed=0)
    total, ended = 0.0, False
    while not ended:
        observation, reward, terminated, truncated, info = env.step(agent.act(observation, info))
        total += reward
        ended = terminated or truncated
    assert total >= good


@both
def test_native_vector_environment(learner):
    agent = learner(ID, {})
    training = agent.train(gym.make_vec(ID, 16, obs_type="discrete"), 60_000, seed=0)
    records = textenvs.evaluate(agent, ID, split="train", episodes=300)
    score = textenvs.reference_scores(ID).normalise(np.mean([record.episodic_return for record in records]))
    assert score > 80
    steps = [step for step, _ in training.curve]
    assert steps == sorted(steps)
    early, late = (np.mean([value for _, value in part]) for part in (training.curve[:200], training.curve[-200:]))
    assert late > early + 10


@both
def test_the_same_seed_gives_the_same_table(learner):
    tables = []
    for seed in (3, 3, 4):
        agent = learner(ID, {})
        agent.train(gym.make(ID, obs_type="discrete"), 3000, seed=seed)
        tables.append(agent.values)
    assert tables[0] == tables[1] != tables[2]


@both
def test_saved_and_loaded(learner, tmp_path):
    agent = learner(ID, {}, epsilon_start=0.7)
    agent.train(gym.make(ID, obs_type="discrete"), 3000, seed=0)
    agent.save(tmp_path / "table.npz")
    again = learner.load(tmp_path / "table.npz", ID, {})
    assert (again.values, again.counts, again.config) == (agent.values, agent.counts, agent.config)
    content = (tmp_path / "table.npz").read_bytes()
    agent.save(tmp_path / "table2.npz")
    assert (tmp_path / "table2.npz").read_bytes() == content, "the same table, other bytes"


@both
def test_a_corrupt_table_is_one_clear_error(learner, tmp_path):
    agent = learner(ID, {})
    agent.train(gym.make(ID, obs_type="discrete"), 500, seed=0)
    path = tmp_path / "table.npz"
    agent.save(path)
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for size in rng.integers(0, len(content), 20):
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match="train it again"):
            learner.load(path, ID, {})
    path.write_bytes(b"\x80\x04not a table")
    with pytest.raises(ValueError, match="is not a saved"):
        learner.load(path, ID, {})
    np.savez(path, values=np.array([{"a": 1}], dtype=object), counts=0, meta=json.dumps({}))
    with pytest.raises(ValueError, match="is not a saved"):
        learner.load(path, ID, {})
    with pytest.raises(ValueError, match="no such file"):
        learner.load(tmp_path / "nothing.npz", ID, {})
    other = SarsaAgent if learner is QLearningAgent else QLearningAgent
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not a saved"):
        other.load(path, ID, {})


def test_bad_input():
    with pytest.raises(ValueError, match="unknown setting"):
        QLearningAgent(ID, {}, step_sise=1)
    for settings in (
        {"discount": "abc"},
        {"epsilon_start": 7},
        {"initial": float("nan")},
        {"step_size": 0},
        {"step_size": 2},
    ):
        with pytest.raises(ValueError, match="must be"):
            QLearningAgent(ID, {}, **settings)
    with pytest.raises(ValueError, match="cannot be made like this"):
        load_agent("rule", ID, varian=1)
    agent = QLearningAgent(ID, {})
    with pytest.raises(ValueError, match="learned nothing yet"):
        agent.act(0, {})
    for obs_type in ("text", "features"):
        with pytest.raises(ValueError, match='obs_type="discrete"'):
            agent.train(gym.make(ID, obs_type=obs_type), 10)
    with pytest.raises(ValueError, match='action_type="choice"'):
        agent.train(gym.make(ID, obs_type="discrete", action_type="text"), 10)
    with pytest.raises(ValueError, match='obs_type="discrete"'):
        agent.train(gym.vector.SyncVectorEnv([lambda: gym.make(ID)] * 2), 10)
    with pytest.raises(ValueError, match="NEXT_STEP"):
        agent.train(gym.make_vec(ID, 2, obs_type="discrete", autoreset_mode="SameStep"), 10)
    with pytest.raises(ValueError, match="did you mean 'q_learning'"):
        load_agent("qlearning", ID)


def test_the_step_size_of_each_update():
    assert [Config().size_of_update(n) for n in (1, 2, 10_000)] == [1.0, 2**-0.8, 0.03]
    always = Config(step_size=0.5, step_size_power=0)
    assert {always.size_of_update(n) for n in (1, 2, 3, 10_000)} == {0.5}
    assert Config(step_size=0.5, step_size_power=1).size_of_update(4) == 0.125
    assert "step_size" not in QLearningAgent(ID, {}).config, "records and tables are as they were before there was one"
    assert QLearningAgent(ID, {}, step_size=0.5).config["step_size"] == 0.5


def test_exploration_follows_its_schedule():
    values = [[0.0, 1.0, 0.0, 0.0]]
    explorer = Explorer(Config(epsilon_start=1.0, epsilon_end=0.0, exploration=0.5), 100_000, 0, values)
    chosen = np.array([explorer.choose(step, 0, [0, 1, 2, 3]) for step in range(100_000)])
    assert np.mean(chosen[:5000] == 1) == pytest.approx(0.25 + 0.75 * 0.05, abs=0.03)
    assert np.mean(chosen[22_500:27_500] == 1) == pytest.approx(0.5 + 0.5 * 0.25, abs=0.03)
    assert (chosen[50_000:] == 1).all()
    again = Explorer(Config(epsilon_start=1.0, epsilon_end=0.0, exploration=0.5), 100_000, 0, values)
    assert [again.choose(step, 0, [0, 1, 2, 3]) for step in (7, 3, 7)] == chosen[[7, 3, 7]].tolist()


def scores(learner, env_id, steps, seeds):
    """(seeds,) normalised scores on train and on test."""
    found = {"train": [], "test": []}
    for seed in range(seeds):
        agent = learner(env_id, {})
        agent.train(gym.make(env_id, obs_type="discrete"), steps, seed=seed)
        for split, line in found.items():
            records = textenvs.evaluate(agent, env_id, split=split, episodes=2000, seed=5)
            mean = np.mean([record.episodic_return for record in records])
            line.append(textenvs.reference_scores(env_id, split).normalise(mean))
    return np.sort(found["train"]), np.sort(found["test"])


def interquartile_mean(values):
    cut = len(values) // 4
    return values[cut : len(values) - cut].mean()


@pytest.mark.slow
@pytest.mark.parametrize("env_id", [env_id for env_id in textenvs.IDS if env_id.startswith("TextDialogue")])
@pytest.mark.parametrize(
    ("learner", "steps", "least"),
    [
        (QLearningAgent, 200_000, 95),
        (SarsaAgent, 200_000, 90),
        (SarsaAgent, 1_000_000, 90),
    ],
)
def test_learners_reach_their_scores(env_id, learner, steps, least):
    rule = load_agent("rule", env_id)
    rule.train(gym.make(env_id), 20_000, seed=0)
    records = textenvs.evaluate(rule, env_id, split="train", episodes=2000, seed=5)
    by_rule = textenvs.reference_scores(env_id).normalise(np.mean([r.episodic_return for r in records]))
    train, test = map(interquartile_mean, scores(learner, env_id, steps, 5 if steps < 1_000_000 else 3))
    assert train >= least
    assert test >= 90
    if learner is QLearningAgent or steps == 1_000_000:
        assert train >= by_rule
